import { SIGNAL_NAMES } from '../settings/signals.ts';
import type { ProcessAbout, ProcessFigures } from '../store/process-row.ts';
import { TIMERS } from '../transport/timers.ts';
import type { Store, StoreOptions } from '../store/store.ts';
import type { RecordAccess } from '../viewer/open-page.ts';
import { originOf, type ObserverData } from './setup.ts';

const MEGABYTE_BYTES = 1_048_576;
/** The size of a record in memory: about 20 000 operations, which take 50 ms to add up. */
const MAX_MEMORY_RECORD_BYTES = MEGABYTE_BYTES;

/** The local record, and how to read it: by its path, or in memory. */
export interface LocalRecord {
  store: Store;
  readBy: RecordAccess;
}

export interface RecordOptions extends Pick<StoreOptions, 'privacy' | 'skew' | 'say' | 'onLost'> {
  /** The process's own counters. */
  figures(): ProcessFigures;
  /** When the process started, in milliseconds since the epoch. */
  startedAt: number;
}

/**
 * Opens the local record: a file, or memory if there is no file but a page. Undefined: there is neither.
 * SQLite is loaded only if there is a record.
 */
export async function openRecord(
  data: ObserverData,
  { figures, startedAt, ...more }: RecordOptions,
): Promise<LocalRecord | undefined> {
  const { name: server, store: path, 'store-max-mb': maxMb, 'store-days': days, page } = data.settings;
  if (path === undefined && page === undefined) return undefined;
  const { openMemoryStore, openStore } = await import('../store/store.ts');
  const options = { ...more, server, days, timers: TIMERS, process: { about: aboutProcess(data, startedAt), figures } };
  if (path !== undefined) {
    const store = openStore({ ...options, path, maxBytes: maxMb * MEGABYTE_BYTES });
    if (!store.off || page === undefined) return { store, readBy: { path } };
  }
  const { store, reader } = openMemoryStore({ ...options, maxBytes: MAX_MEMORY_RECORD_BYTES });
  return { store, readBy: reader };
}

/** What the record contains about the process that writes it. */
function aboutProcess({ server, instance, version, settings }: ObserverData, startedAt: number): ProcessAbout {
  const exports: Record<string, string> = {};
  for (const name of SIGNAL_NAMES) {
    const target = settings.signals[name]?.target;
    if (target !== undefined) exports[name] = target;
  }
  const about = { instance, pid: process.pid, server: settings.name, version, exports, startedAt };
  if (server.kind === 'stdio') return { ...about, transport: 'stdio', address: '', upstream: '' };
  return { ...about, transport: 'http', address: server.address, upstream: originOf(server.upstream) };
}
