import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DemoConfig } from '../../settings/config.ts';
import type { ClientFigures } from '../../store/client-figures.ts';
import { openReader } from '../../store/reader.ts';

/** How the name of its temporary folder begins. */
export const DEMO_FOLDER = 'mcpspan-demo-';

/** The store that a demo writes and that its table reads. */
export interface DemoStore extends Disposable {
  path: string;
}

/** Opens a temporary store, unless the options name one: simulated clients do not belong in the record of real ones. */
export function openDemoStore({ store }: Pick<DemoConfig, 'store'>): DemoStore {
  if (typeof store === 'object') return { path: store.path, [Symbol.dispose]: () => undefined };
  const folder = mkdtempSync(join(tmpdir(), DEMO_FOLDER));
  return { path: join(folder, 'store.db'), [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

/**
 * What each client did at these servers since a time (milliseconds since the epoch), or why that cannot be read.
 * @param wallClock milliseconds since the epoch
 */
export function clientsSince(
  since: number,
  servers: readonly string[],
  { path }: Pick<DemoStore, 'path'>,
  wallClock: () => number,
): readonly ClientFigures[] | { trouble: string } {
  const opened = openReader(path, wallClock);
  if (opened.kind === 'trouble') return { trouble: opened.sentence };
  using reader = opened.reader;
  // Some figures are kept per hour, so they include clients that did nothing since.
  const active = ({ server, sessions, operations }: ClientFigures): boolean =>
    servers.includes(server) && sessions + operations > 0;
  return reader.clients({ since }).filter(active);
}
