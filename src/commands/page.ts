import type { PageConfig } from '../settings/config.ts';
import { pageText } from '../settings/page-address.ts';
import { openReader } from '../store/reader.ts';
import { addressText, type Address } from '../transport/names.ts';
import { pageTrouble, startPageOver } from '../viewer/open-page.ts';
import { portHolder } from '../viewer/port-holder.ts';
import { plain } from '../reading/plain.ts';
import { namesInWords, wholeProcesses } from '../reading/upstream-health.ts';
import { ownOrDemo } from './demo/own-or-demo.ts';

export interface PageSurroundings {
  /** A line for people. */
  tell(line: string): void;
  /** Resolves when it is to end. */
  stopped: Promise<void>;
  /** Milliseconds since the epoch. */
  wallClock(): number;
}

/** `mcpspan page`: the page over the local store, of every mcpspan that writes to it. Resolves with the exit code. */
export async function showPage(
  { store: own, isOwnStore, ...settings }: PageConfig,
  { tell, stopped, wallClock }: PageSurroundings,
): Promise<number> {
  const store = isOwnStore ? ownOrDemo(own, wallClock, tell) : own;
  let page;
  try {
    page = await startPageOver({ path: store }, settings, wallClock);
  } catch (error) {
    const servers = serversWithPage(settings.page, store, wallClock);
    if (servers !== undefined) {
      tell(
        `mcpspan: the page is open already, by the mcpspan of ${plain(servers)}: http://${addressText(settings.page)}`,
      );
      return 0;
    }
    tell(`mcpspan: ${await pageTrouble(error, settings, { path: store }, wallClock)}`);
    return 2;
  }
  tell('mcpspan page');
  tell(`  page      ${pageText(page.url, settings['page-token'])}`);
  tell(`  store     ${store}`);
  tell('Ctrl-C ends it.');
  await stopped;
  page.close();
  return 0;
}

/** The servers whose mcpspan has this port for its page, if it writes to the same store; undefined: the system does not say. */
function serversWithPage({ port }: Address, store: string, wallClock: () => number): string | undefined {
  const pid = portHolder(port)?.pid;
  const opened = openReader(store, wallClock);
  if (pid === undefined || opened.kind === 'trouble') return undefined;
  using reader = opened.reader;
  const its = wholeProcesses(reader.processes()).find(({ latest }) => latest.running && latest.pid === pid)?.servers;
  // Else clients connect there.
  if (its === undefined || its.some(({ address }) => URL.parse(address)?.port === String(port))) return undefined;
  return namesInWords(its.map(({ server }) => server));
}
