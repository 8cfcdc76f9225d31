import { clientsUrl } from '../run/served-servers.ts';
import { DEFAULTS } from '../settings/command-settings.ts';

import { readProxyConfig } from '../settings/config-file.ts';
import type { ConfigCheck } from '../settings/read-settings.ts';
import { SERVER_OPTIONS, type ProxyConfig, type ServerConfig } from '../settings/server-config.ts';
import { SIGNAL_NAMES } from '../settings/signals.ts';
import { addressText } from '../transport/names.ts';
import type { Out } from './terminal/out.ts';
import { table, type Column } from './terminal/table.ts';
import { prose } from './terminal/text.ts';

export interface ConfigCheckSurroundings {
  out: Out;
  /** Prints a line for people, beside what the command prints. */
  tell(line: string): void;
}

/** A server as it would be served. */
interface ServerRow {
  name: string;
  /** Where clients connect. */
  url: string;
  upstream: string;
  /** Options that are not at their defaults, as they would be written. */
  options: Readonly<Record<string, string>>;
}

/** `mcpspan config check FILE`: what mcpspan would do with it. Returns the exit code: 2 where there are problems. */
export function checkConfig(
  { file, source, problems, json }: ConfigCheck,
  { out, tell }: ConfigCheckSurroundings,
): number {
  const read = readProxyConfig(file, source);
  const all = [...problems, ...(read.ok ? [] : read.problems)];
  if (!read.ok || all.length > 0) {
    if (json) out.write(jsonOf({ file, problems: all }));
    else for (const problem of all) tell(`mcpspan: ${problem}`);
    return 2;
  }
  const { config, notes } = read;
  const rows = config.servers.map((server) => rowOf(server, config));
  const others = processLines(config);
  if (json) {
    out.write(jsonOf({ file, problems: [], notes, servers: rows, ...Object.fromEntries(others) }));
    return 0;
  }
  out.write(table(COLUMNS, rows, out));
  const width = Math.max(...others.map(([what]) => what.length));
  out.write(`\n${others.map(([what, value]) => `${what.padEnd(width)}  ${value ?? 'off'}\n`).join('')}`);
  out.write(`\n${prose([...notes, `Nothing is wrong with it. To run it: mcpspan --config ${file}`], out)}`);
  return 0;
}

const COLUMNS: readonly Column<ServerRow>[] = [
  { title: 'server', side: 'left', cell: ({ name }) => name },
  { title: 'clients connect at', side: 'left', cell: ({ url }) => url },
  { title: 'upstream', side: 'left', cell: ({ upstream }) => upstream },
  {
    title: 'options',
    side: 'left',
    cell: ({ options }) =>
      Object.entries(options)
        .map(([name, value]) => `${name}: ${value}`)
        .join('; '),
    least: 7,
  },
];

function rowOf(server: ServerConfig, { 'tls-cert': cert }: ProxyConfig): ServerRow {
  const changed = SERVER_OPTIONS.flatMap((name) => {
    if (name === 'upstream' || name === 'name') return [];
    const [value, usual] = [textOf(server[name]), textOf(DEFAULTS[name])];
    return value === usual ? [] : [[name, value] as const];
  });
  return {
    name: server.name,
    url: clientsUrl({ config: server, index: 0, revision: 0 }, server.listen, cert !== undefined),
    upstream: server.upstream.href,
    options: Object.fromEntries(changed),
  };
}

/** As it would be written in a file. */
const textOf = (value: boolean | number | string | readonly string[] | undefined): string =>
  typeof value === 'object' ? value.join(',') || 'none' : String(value);

/** What the process does beside its servers; undefined: it does not. */
function processLines({ page, health, store, signals }: ProxyConfig): (readonly [string, string | undefined])[] {
  return [
    ['page', page && `http://${addressText(page)}`],
    ['health', health && `http://${addressText(health)}`],
    ['store', store],
    ...SIGNAL_NAMES.map((name) => [name, signals[name]?.target] as const),
  ];
}

const jsonOf = (value: unknown): string => `${JSON.stringify(value, (_, each: unknown) => each ?? null, 2)}\n`;
