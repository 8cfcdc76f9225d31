import { TIMERS } from './delivery/timers.ts';
import type { ObserverSetup } from './observer-setup.ts';
import type { Store, StoreOptions } from './store/store.ts';
import type { SdkOptions } from './telemetry/sdk.ts';

/* What is kept outside of the process: what waits to be delivered, and the local record. */

const MEGABYTE = 1_048_576;
const MEGABYTES_IN_MEMORY = 64;
const MEGABYTES_ON_DISK = 256;

/** Where undelivered telemetry waits, as the options say; undefined: nowhere. */
export function spoolOf({ spool, 'spool-max-mb': most }: ObserverSetup['settings']): SdkOptions['spool'] {
  if (spool === 'off') return undefined;
  if (spool === 'memory') return { where: { kind: 'memory' }, mostBytes: (most ?? MEGABYTES_IN_MEMORY) * MEGABYTE };
  return { where: { kind: 'directory', path: spool.path }, mostBytes: (most ?? MEGABYTES_ON_DISK) * MEGABYTE };
}

/** The local record; undefined: none is kept. SQLite is loaded only where there is one. */
export async function openLocalStore(
  { store: path, 'store-max-mb': most, 'store-days': days }: ObserverSetup['settings'],
  options: Omit<StoreOptions, 'path' | 'mostBytes' | 'days' | 'timers'>,
): Promise<Store | undefined> {
  if (path === undefined) return undefined;
  const { openStore } = await import('./store/store.ts');
  return openStore({ ...options, path, mostBytes: most * MEGABYTE, days, timers: TIMERS });
}
