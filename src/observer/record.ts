import { TIMERS } from '../transport/timers.ts';
import type { ObserverSetup } from './setup.ts';
import type { Store, StoreOptions } from '../store/store.ts';
import type { SdkOptions } from '../telemetry/sdk.ts';
import type { RecordAccess } from '../viewer/open-page.ts';

/* What is kept outside of the process, or for as long as it runs: what waits to be delivered, and the local record. */

const MEGABYTE_BYTES = 1_048_576;
const DEFAULT_SPOOL_MEMORY_MB = 64;
const DEFAULT_SPOOL_DISK_MB = 256;
/** Of a record in memory: about 20 000 operations, which take 50 ms to add up. */
const MAX_MEMORY_RECORD_BYTES = MEGABYTE_BYTES;

/** Where undelivered telemetry waits, as the options say; undefined: nowhere. */
export function spoolOf({ spool, 'spool-max-mb': most }: ObserverSetup['settings']): SdkOptions['spool'] {
  if (spool === 'off') return undefined;
  if (spool === 'memory')
    return { where: { kind: 'memory' }, maxBytes: (most ?? DEFAULT_SPOOL_MEMORY_MB) * MEGABYTE_BYTES };
  return {
    where: { kind: 'directory', path: spool.path },
    maxBytes: (most ?? DEFAULT_SPOOL_DISK_MB) * MEGABYTE_BYTES,
  };
}

/** The local record, and how it is read: by its path, or here. */
export interface LocalRecord {
  store: Store;
  readBy: RecordAccess;
}

/**
 * The local record: a file, or, where there is none and a page wants something to show, memory. Undefined: none is kept.
 * SQLite is loaded only where there is one.
 */
export async function openRecord(
  { store: path, 'store-max-mb': most, 'store-days': days, page }: ObserverSetup['settings'],
  options: Omit<StoreOptions, 'path' | 'maxBytes' | 'days' | 'timers'>,
): Promise<LocalRecord | undefined> {
  if (path === undefined && page === undefined) return undefined;
  const { openMemoryStore, openStore } = await import('../store/store.ts');
  if (path !== undefined) {
    const store = openStore({ ...options, path, maxBytes: most * MEGABYTE_BYTES, days, timers: TIMERS });
    if (!store.off || page === undefined) return { store, readBy: { path } };
  }
  const { store, reader } = openMemoryStore({ ...options, maxBytes: MAX_MEMORY_RECORD_BYTES, days, timers: TIMERS });
  return { store, readBy: reader };
}
