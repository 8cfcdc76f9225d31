import { isDeepStrictEqual } from 'node:util';
import { isOwnServer } from '../../settings/own-server.ts';
import type { ClientFile } from './client-files.ts';
import { edited, unwrapEdits, wrapEdits, type Edit } from './edit.ts';
import { serversIn, wordsOf, type Runs, type ServerEntry } from './server-entry.ts';
import { plainOf, type Format, type TableValue } from './value.ts';
import { wrappedFrom, type Wrapper } from './wrapper.ts';

/** What becomes of one server. */
export interface ServerPlan {
  name: string;
  project: string | undefined;
  action: 'wrap' | 'unwrap' | 'leave';
  /** Why it is left as it is. */
  reason: string | undefined;
}

/** What becomes of one file. */
export interface FilePlan {
  file: ClientFile;
  servers: ServerPlan[];
  before: string;
  after: string;
  edits: Edit[];
}

export interface Means {
  /** What is put before commands; undefined: what is there is taken away. */
  wrapper: Wrapper | undefined;
  /** Paths at which a mcpspan is, or was. */
  scripts: ReadonlySet<string>;
  platform: NodeJS.Platform;
}

/** Says what to do with a file, or why nothing can be done. It changes nothing. */
export function planFile(file: ClientFile, before: string, means: Means): FilePlan | string {
  const text = withoutMark(before);
  const { format, tables } = file;
  const root = format.read(text);
  if (typeof root === 'string') return root;
  const entries = serversIn(root, tables);
  if (typeof entries === 'string') return entries;
  const planned = entries.map((entry) => planServer(entry, text, format, means));
  const edits = planned.flatMap((one) => one.edits);
  const after = edited(before, edits);
  const fault = edits.length === 0 ? undefined : faultIn(withoutMark(after), root, entries, file, means);
  if (fault !== undefined) return `could not be edited (${fault}); please report it with the file`;
  return { file, before, after, edits, servers: planned.map(({ plan }) => plan) };
}

/** The text with a space for a byte order mark, so that places in it stay. */
const withoutMark = (text: string): string => text.replace(/^\uFEFF/, ' ');

function planServer(
  entry: ServerEntry,
  text: string,
  format: Format,
  means: Means,
): { plan: ServerPlan; edits: Edit[] } {
  const { name, project, runs } = entry;
  const leave = (reason: string) => ({ plan: { name, project, action: 'leave' as const, reason }, edits: [] });
  const { wrapper, scripts, platform } = means;
  if ('obstacle' in runs) return leave(wrapper === undefined ? NOT_WRAPPED : runs.obstacle);
  const words = wordsOf(runs);
  const from = wrappedFrom(words, scripts);
  if (wrapper === undefined) {
    if (from === undefined) return leave(NOT_WRAPPED);
    const count = from + (isBatchCall(words.slice(from)) ? BATCH_CALL.length : 0);
    const bare = words.slice(0, from).some((word) => word.startsWith(NAME_OF_BARE));
    return {
      plan: { name, project, action: 'unwrap', reason: undefined },
      edits: unwrapEdits(text, runs, count, bare),
    };
  }
  if (from !== undefined) return leave('it is wrapped already');
  if (isOwnServer(words)) return leave('it is mcpspan mcp, which is not recorded');
  if (isBatchCall(words)) return leave(`it begins with ${BATCH_CALL.join(' ')}, which mcpspan writes itself`);
  if (wrapper.byPath && !/^(cmd\0\/c\0)?npx(\0|$)/i.test(words.join('\0')))
    return leave('its client may not find npx: npm install --global mcpspan, then mcpspan install');
  const before = [
    ...wrapper.words,
    ...nameOption(name, runs),
    '--',
    ...(needsBatchCall(words[0] ?? '', platform) ? BATCH_CALL : []),
  ];
  return { plan: { name, project, action: 'wrap', reason: undefined }, edits: wrapEdits(text, runs, before, format) };
}

const NOT_WRAPPED = 'it is not wrapped';

const NAME_OF_BARE = '--name=';

/**
 * The name of the server, as an option. The form with `=` says that it had no list of arguments, so that `uninstall`
 * knows it after the client has written its file anew.
 */
function nameOption(name: string, { args }: Runs): string[] {
  if (args === undefined || name.startsWith('-')) return [`${NAME_OF_BARE}${name.trim() === '' ? 'server' : name}`];
  return name.trim() === '' ? [] : ['--name', name];
}

/** Windows runs scripts such as npx only so. Clients do it by themselves; mcpspan leaves it to the command line. */
const BATCH_CALL = ['cmd.exe', '/d', '/c'];
const isBatchCall = (words: readonly string[]): boolean =>
  words.length > BATCH_CALL.length && BATCH_CALL.every((word, index) => words[index] === word);
const needsBatchCall = (program: string, platform: NodeJS.Platform): boolean =>
  platform === 'win32' && (/\.(cmd|bat)$/i.test(program) || /^(npx|npm|pnpm|pnpx|yarn|bunx)$/i.test(program));

/** Reads the result again: each command must be what was meant, and all else as it was. Returns what is not. */
function faultIn(
  after: string,
  root: TableValue,
  entries: readonly ServerEntry[],
  { format, tables }: ClientFile,
  { wrapper, scripts }: Means,
): string | undefined {
  const again = format.read(after);
  if (typeof again === 'string') return again;
  const found = serversIn(again, tables);
  if (typeof found === 'string') return found;
  const bare = ({ runs }: ServerEntry): readonly string[] => {
    if ('obstacle' in runs) return [];
    const words = wordsOf(runs);
    const own = words.slice(wrappedFrom(words, scripts) ?? 0);
    return isBatchCall(own) ? own.slice(BATCH_CALL.length) : own;
  };
  if (!isDeepStrictEqual(found.map(bare), entries.map(bare))) return 'a command became another';
  const wrapped = (entry: ServerEntry): boolean =>
    !('obstacle' in entry.runs) && wrappedFrom(wordsOf(entry.runs), scripts) !== undefined;
  if (wrapper === undefined && found.some(wrapped)) return 'a wrapped command is left';
  const others = (table: TableValue, of: readonly ServerEntry[]): unknown => {
    const known = new Set(of.flatMap(({ runs }) => ('obstacle' in runs ? [] : [runs.key.start])));
    return plainOf(withoutCommands(table, known));
  };
  return isDeepStrictEqual(others(again, found), others(root, entries)) ? undefined : 'something else changed too';
}

/** The file without the commands and arguments of servers, which are known by where the keys of their commands begin. */
function withoutCommands(table: TableValue, keys: ReadonlySet<number>): TableValue {
  const isServer = table.members.some(({ name, start }) => name === 'command' && keys.has(start));
  return {
    kind: 'table',
    members: table.members
      .filter(({ name }) => !isServer || (name !== 'command' && name !== 'args'))
      .map((member) =>
        member.value.kind === 'table' ? { ...member, value: withoutCommands(member.value, keys) } : member,
      ),
  };
}
