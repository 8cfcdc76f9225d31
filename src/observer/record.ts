import { SIGNAL_NAMES } from '../settings/signals.ts';
import type { Privacy } from '../session/privacy.ts';
import type { ProcessAbout, ProcessFigures } from '../store/process-row.ts';
import { TIMERS } from '../transport/timers.ts';
import type { Store } from '../store/store.ts';
import type { StoreFile, StoreFileOptions } from '../store/store-file.ts';
import type { RecordAccess } from '../viewer/open-page.ts';
import { originOf, type ObserverData, type ServerPlace } from './setup.ts';

const MEGABYTE_BYTES = 1_048_576;
/** The size of a record in memory: about 20 000 operations, which take 50 ms to add up. */
const MAX_MEMORY_RECORD_BYTES = MEGABYTE_BYTES;

/** The local record, and how to read it: by its path, or in memory. */
export interface LocalRecord {
  readBy: RecordAccess;
  /** The record as it takes the events of one server. */
  storeOf(server: RecordedServer): Store;
  close(): void;
}

export interface RecordedServer {
  name: string;
  place(): ServerPlace;
  privacy: Privacy;
  /** What is known of it now, besides the figures of the process. */
  figures(): ProcessFigures;
}

export interface RecordOptions extends Pick<StoreFileOptions, 'skew' | 'say' | 'onLost'> {
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
  const { store: path, 'store-max-mb': maxMb, 'store-days': days, page } = data.settings;
  if (path === undefined && page === undefined) return undefined;
  const { openMemoryFile, openStoreFile } = await import('../store/store.ts');
  const options = { ...more, days, timers: TIMERS };
  const recordIn = (file: StoreFile, readBy: RecordAccess): LocalRecord => ({
    readBy,
    storeOf: ({ name, place, privacy, figures: ofServer }) =>
      file.server({
        server: name,
        privacy,
        process: {
          get about() {
            return aboutProcess(data, startedAt, name, place());
          },
          figures: () => ({ ...figures(), ...ofServer() }),
        },
      }),
    close: () => file.close(),
  });
  if (path !== undefined) {
    const file = openStoreFile({ ...options, path, maxBytes: maxMb * MEGABYTE_BYTES });
    if (!file.off || page === undefined) return recordIn(file, { path });
  }
  const { file, reader } = openMemoryFile({ ...options, maxBytes: MAX_MEMORY_RECORD_BYTES });
  return recordIn(file, reader);
}

/** What the record contains about the process that writes it. */
function aboutProcess(
  { instance, version, settings }: ObserverData,
  startedAt: number,
  name: string,
  place: ServerPlace,
): ProcessAbout {
  const exports: Record<string, string> = {};
  for (const signal of SIGNAL_NAMES) {
    const target = settings.signals[signal]?.target;
    if (target !== undefined) exports[signal] = target;
  }
  const about = { instance, pid: process.pid, server: name, version, exports, startedAt };
  if (place.kind === 'stdio') return { ...about, transport: 'stdio', address: '', upstream: '' };
  if (place.kind === 'spans') return { ...about, transport: 'spans', address: place.address, upstream: '' };
  return { ...about, transport: 'http', address: place.address, upstream: urlOf(place) };
}

/** With its path, where clients ask for another one. */
const urlOf = ({ upstream, path }: ServerPlace & { kind: 'http' }): string =>
  `${originOf(upstream)}${path === upstream.path ? '' : upstream.path}`;
