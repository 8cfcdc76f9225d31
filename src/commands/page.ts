import type { PageConfig } from '../settings/config.ts';
import { pageTrouble, startPageOver } from '../viewer/open-page.ts';

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
  { store, ...settings }: PageConfig,
  { tell, stopped, wallClock }: PageSurroundings,
): Promise<number> {
  let page;
  try {
    page = await startPageOver({ path: store }, settings, wallClock);
  } catch (error) {
    tell(`mcpspan: ${await pageTrouble(error, settings, { path: store }, wallClock)}`);
    return 2;
  }
  tell('mcpspan page');
  tell(`  page      ${page.url}`);
  tell(`  store     ${store}`);
  tell('Ctrl-C ends it.');
  await stopped;
  page.close();
  return 0;
}
