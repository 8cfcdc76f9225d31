import { isTwice, memberOf, type TableValue, type TextValue, type Value } from './value.ts';

/** A server in a configuration file. */
export interface ServerEntry {
  name: string;
  /** The project that it belongs to, in a file that has several. */
  project: string | undefined;
  /** The command that starts it; or why mcpspan leaves it as it is. */
  runs: Runs | { obstacle: string };
}

export interface Runs {
  command: TextValue;
  /** Its key, beside which the arguments go if there are none yet. */
  key: { start: number; end: number };
  args: Arguments | undefined;
}

export interface Arguments {
  start: number;
  end: number;
  items: readonly TextValue[];
  /** Where its key begins, and what stands beside it in the table. */
  keyStart: number;
  previousEnd: number | undefined;
  nextStart: number | undefined;
}

/** Where a client keeps its servers: the name of the table, and of a table of projects that have such a table each. */
export interface ServerTables {
  servers: string;
  projects?: string;
}

/** The servers in a file, in its order. Returns a sentence where the file is not what this client writes. */
export function serversIn(root: TableValue, { servers, projects }: ServerTables): ServerEntry[] | string {
  const found = entriesOf(root, servers, undefined);
  if (typeof found === 'string' || projects === undefined) return found;
  const table = memberOf(root, projects)?.value;
  if (table?.kind !== 'table') return found;
  for (const { name, value } of table.members) {
    const more = value.kind === 'table' ? entriesOf(value, servers, name) : [];
    if (typeof more === 'string') return more;
    found.push(...more);
  }
  return found;
}

function entriesOf(table: TableValue, servers: string, project: string | undefined): ServerEntry[] | string {
  if (isTwice(table, servers)) return `has '${servers}' twice`;
  const member = memberOf(table, servers);
  if (member === undefined) return [];
  const { value } = member;
  if (value.kind !== 'table') return `has '${servers}', but it is no table of servers`;
  return value.members.map((server) => ({
    name: server.name,
    project,
    runs: isTwice(value, server.name) ? { obstacle: 'its name is there twice' } : runsOf(server.value),
  }));
}

/** Members with which a client does something of its own to the command. */
const OTHER_MEANINGS: Readonly<Record<string, string>> = {
  dev: 'VS Code watches and debugs it by its command (`dev`)',
  sandboxEnabled: 'it runs in a sandbox, where mcpspan could not write its record',
};
const URLS = ['url', 'httpUrl', 'serverUrl'];

function runsOf(server: Value): Runs | { obstacle: string } {
  if (server.kind !== 'table') return { obstacle: 'it is no table' };
  for (const name of ['command', 'args']) if (isTwice(server, name)) return { obstacle: `it has '${name}' twice` };
  const command = memberOf(server, 'command');
  const url = URLS.map((name) => memberOf(server, name)?.value).find((value) => value !== undefined);
  if (command === undefined) return { obstacle: url === undefined ? 'it has no command' : overHttp(url) };
  if (url !== undefined) return { obstacle: 'it has both a command and a URL' };
  for (const [name, why] of Object.entries(OTHER_MEANINGS)) {
    const value = memberOf(server, name)?.value;
    if (value !== undefined && !(value.kind === 'other' && value.plain === false)) return { obstacle: why };
  }
  const { value } = command;
  if (value.kind !== 'text') return { obstacle: 'its command is no text' };
  if (value.plain.trim() === '') return { obstacle: 'its command is empty' };
  const key = { start: command.start, end: command.keyEnd };
  const member = memberOf(server, 'args');
  if (member === undefined) return { command: value, key, args: undefined };
  const args = member.value;
  if (args.kind !== 'list') return { obstacle: "its 'args' are no list" };
  const items = args.items.filter((item) => item.kind === 'text');
  if (items.length < args.items.length) return { obstacle: "not all of its 'args' are texts" };
  const at = server.members.indexOf(member);
  const beside = { previousEnd: server.members[at - 1]?.end, nextStart: server.members[at + 1]?.start };
  return { command: value, key, args: { start: args.start, end: args.end, items, keyStart: member.start, ...beside } };
}

/** A proxy for it would have to run all the time, so it is the user who decides. */
function overHttp(url: Value): string {
  const parsed = url.kind === 'text' ? URL.parse(url.plain) : null;
  if (parsed === null) return 'it has a URL, not a command';
  // A query may hold a key.
  const shown = `${parsed.protocol}//${parsed.host}${parsed.pathname}`;
  return `it is reached by URL; run mcpspan --upstream ${shown} and give the client http://127.0.0.1:4100${parsed.pathname}`;
}

/** The words of the command line that a client runs. */
export const wordsOf = ({ command, args }: Runs): string[] => [
  command.plain,
  ...(args?.items ?? []).map(({ plain }) => plain),
];
