import type { StoreReader } from '../store/reader.ts';
import { plain } from '../reading/plain.ts';
import { addressText, isWildcard, type Address } from '../transport/names.ts';
import { TIMERS } from '../transport/timers.ts';
import { version } from '../version.ts';
import { messageOf } from '../transport/error-text.ts';

/** How a store is read: a file by its path, one in memory by its own reader. */
export type RecordAccess = { path: string } | StoreReader;

export interface PageSettings {
  page: Address;
  'page-token': string | undefined;
  'trace-link': string | undefined;
  /** What readers of the page must know about its data. */
  notice?: string | undefined;
}

export interface OpenPage {
  /** The address for people, without the token. */
  url: string;
  close(): void;
}

/**
 * Opens the page over a store. Rejects where it cannot listen on the address.
 * @param wallClock milliseconds since the epoch
 */
export async function startPageOver(
  readBy: RecordAccess,
  { page: { host, port }, 'page-token': token, 'trace-link': traceLink, notice }: PageSettings,
  wallClock: () => number,
): Promise<OpenPage> {
  const [{ startPage }, { askByThread, askDirectly }, { traceTemplate }] = await Promise.all([
    import('./page-server.ts'),
    import('./asker.ts'),
    import('./trace-link.ts'),
  ]);
  const about = { version, notice, traceLink: traceLink === undefined ? undefined : traceTemplate(traceLink) };
  const asker =
    'path' in readBy
      ? askByThread({ path: readBy.path, about }, wallClock, TIMERS)
      : askDirectly(readBy, about, wallClock);
  const page = await startPage({ host, port, token, asker });
  const reachable = isWildcard(host) ? 'localhost' : host;
  return { url: `http://${addressText({ host: reachable, port: page.port })}`, close: page.close };
}

/** Opens the page where one is wanted. A failure is only said: traffic needs no page. */
export async function openPage(
  readBy: RecordAccess | undefined,
  settings: Omit<PageSettings, 'page'> & { page: Address | undefined },
  { say, wallClock }: { say(line: string): void; wallClock(): number },
): Promise<OpenPage | undefined> {
  const { page } = settings;
  if (readBy === undefined || page === undefined) return undefined;
  const wanted = { ...settings, page };
  try {
    return await startPageOver(readBy, wanted, wallClock);
  } catch (error) {
    say(await pageTrouble(error, wanted, readBy, wallClock));
    return undefined;
  }
}

/** Why there is no page, and what to do. */
export async function pageTrouble(
  error: unknown,
  { page }: Pick<PageSettings, 'page'>,
  readBy: RecordAccess,
  wallClock: () => number,
): Promise<string> {
  const where = addressText(page);
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    const holder = await holderOf(page, readBy, wallClock);
    return `there is no page: ${where} is in use${holder === undefined ? '' : ` by ${holder}`}; choose another with --page HOST:PORT, or see all that share a store with mcpspan page`;
  }
  if (code === 'EACCES')
    return `there is no page: no permission to listen on ${where}; choose a port from 1024 on with --page`;
  return `there is no page: ${messageOf(error)}`;
}

/** Who has the port of a page; undefined: the system does not say. */
async function holderOf({ port }: Address, readBy: RecordAccess, wallClock: () => number): Promise<string | undefined> {
  const { portHolder } = await import('./port-holder.ts');
  const holder = portHolder(port);
  if (holder === undefined) return undefined;
  const { pid, words } = holder;
  const servers = 'path' in readBy ? await serversOf(pid, readBy.path, wallClock) : undefined;
  if (servers !== undefined) return `the mcpspan of ${plain(servers)} (pid ${pid})`;
  const [program = '', script = ''] = words;
  const ours = /[\\/](mcpspan(\.cjs)?|cli\.(js|ts))$/.test(script) ? 'another mcpspan' : undefined;
  return `${ours ?? plain(program.replace(/^.*[\\/]/, ''))} (pid ${pid})`;
}

/** The servers that an mcpspan process watches, as the record has them. */
async function serversOf(pid: number, path: string, wallClock: () => number): Promise<string | undefined> {
  const { openReader } = await import('../store/reader.ts');
  const opened = openReader(path, wallClock);
  if (opened.kind === 'trouble') return undefined;
  using reader = opened.reader;
  const { namesInWords, wholeProcesses } = await import('../reading/upstream-health.ts');
  const its = wholeProcesses(reader.processes()).find(({ latest }) => latest.running && latest.pid === pid);
  return its && namesInWords(its.servers.map(({ server }) => server));
}
