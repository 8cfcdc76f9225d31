import type { SessionEvent } from '../session/event.ts';
import { storeInFile, storeInMemory } from './location.ts';
import { microseconds } from './operation-row.ts';
import { readerOf, type StoreReader } from './reader.ts';
import type { Remembered } from './remembered.ts';
import type { ServerStoreOptions } from './server-store.ts';
import type { Asked } from './sources.ts';
import { StoreFile, type StoreFileOptions } from './store-file.ts';

/** A file with one server. */
export interface StoreOptions extends StoreFileOptions, ServerStoreOptions {}

/** The local record of one server: a sink of session events. It never throws, and nothing waits for it. */
export interface Store {
  take(event: SessionEvent): void;
  /** It takes nothing, now and later. */
  readonly off: boolean;
  /** What earlier runs learned about the clients and tools of this server. */
  readonly remembered: Remembered;
  /** Sets what each write asks others for. */
  ask(sources: Asked): void;
  /** Writes soon what the process says of itself: something of it has changed. */
  announce(): void;
  /** Writes what is pending. */
  flush(): void;
  /** Writes what is pending. Other servers of the file go on; the file of one server is closed. */
  close(): void;
}

/** Opens or creates a store for several servers. If that fails, a message says so, and the store takes nothing. */
export const openStoreFile = (options: StoreFileOptions): StoreFile =>
  new StoreFile(options, storeInFile(options.path));

/** A store for several servers that lasts as long as the process, and its reader. */
export function openMemoryFile(options: Omit<StoreFileOptions, 'path'>): { file: StoreFile; reader: StoreReader } {
  let reader: StoreReader | undefined;
  const location = storeInMemory((db) => {
    reader = readerOf(db, 'memory', () => microseconds(options.timers.now() + options.skew()));
  });
  const file = new StoreFile({ ...options, path: location.path }, location);
  if (reader === undefined) throw new Error('a store in memory is opened at once');
  return { file, reader };
}

/** Opens or creates the store of one server. */
export const openStore = (options: StoreOptions): Store => onlyServer(openStoreFile(options), options);

/** A store of one server that lasts as long as the process, and its reader. */
export function openMemoryStore(options: Omit<StoreOptions, 'path'>): { store: Store; reader: StoreReader } {
  const { file, reader } = openMemoryFile(options);
  return { store: onlyServer(file, options), reader };
}

/** The one server of a file, which is closed with it. */
function onlyServer(file: StoreFile, options: ServerStoreOptions): Store {
  const server = file.server(options);
  return {
    take: (event) => server.take(event),
    get off() {
      return server.off;
    },
    get remembered() {
      return server.remembered;
    },
    ask: (sources) => server.ask(sources),
    announce: () => server.announce(),
    flush: () => server.flush(),
    close: () => file.close(),
  };
}
