import type { DatabaseSync } from 'node:sqlite';
import type { Timers } from '../transport/timers.ts';
import type { SessionEvent } from '../session/event.ts';
import type { Privacy } from '../session/privacy.ts';
import { Retries } from './retries.ts';
import { SHORT_WAIT_MS, LONG_WAIT_MS, setBusyTimeout } from './database.ts';
import { Kinds } from './kinds.ts';
import { microseconds } from './operation-row.ts';
import { recordEvent, type RecordTo } from './record-event.ts';
import { storeInFile, storeInMemory, type StoreLocation } from './location.ts';
import { HEARTBEAT_MS, writeProcess, type ProcessAbout, type ProcessFigures } from './process-row.ts';
import { Pruning } from './pruning.ts';
import { readerOf, type StoreReader } from './reader.ts';
import { NOTHING_REMEMBERED, remembered, type Remembered } from './remembered.ts';
import { PendingWrites } from './pending-writes.ts';
import { Sources, type Asked } from './sources.ts';
import { StoreWriter } from './writer.ts';

export interface StoreOptions {
  path: string;
  /** The file is kept below this size. */
  maxBytes: number;
  /** Older rows are deleted. */
  days: number;
  server: string;
  privacy: Privacy;
  /** What is written about this process, again and again; undefined: nothing. */
  process?: { about: ProcessAbout; figures(): ProcessFigures } | undefined;
  timers: Timers;
  /** How far the wall clock is ahead of ours, in milliseconds. */
  skew(): number;
  /** Prints a line for people. */
  say(line: string): void;
  /** Called with the number of operations that will not be in the store. */
  onLost(operations: number): void;
}

/** The local record: a sink of session events. It never throws, and nothing waits for it. */
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
  /** Writes what is pending, and closes the file. */
  close(): void;
}

/** So many pending operations are written at once; their transaction takes 10 ms. */
const BATCH_OPERATIONS = 4_000;
/** How long a row waits for others that can be written with it. */
const FLUSH_EVERY_MS = 1_000;
/** While there are other writes, the row of this process is written with one of them so often. */
const PROCESS_ROW_EVERY_MS = 2_000;
/** An upstream that comes and goes must not fill the disk with writes. */
const ANNOUNCE_AFTER_MS = 500;
/** How often the store checks that its file is still there. */
const FILE_CHECK_EVERY_MS = 30_000;

/** Opens or creates the store. If that fails, a message says so, and the store takes nothing. */
export function openStore(options: StoreOptions): Store {
  return new WrittenStore(options, storeInFile(options.path));
}

/** A store that lasts as long as the process, and its reader. */
export function openMemoryStore(options: Omit<StoreOptions, 'path'>): { store: Store; reader: StoreReader } {
  let reader: StoreReader | undefined;
  const location = storeInMemory((db) => {
    reader = readerOf(db, 'memory', () => microseconds(options.timers.now() + options.skew()));
  });
  const store = new WrittenStore({ ...options, path: location.path }, location);
  if (reader === undefined) throw new Error('a store in memory is opened at once');
  return { store, reader };
}

interface OpenStore {
  db: DatabaseSync;
  writer: StoreWriter;
  pruning: Pruning;
  isCurrent(): boolean;
}

class WrittenStore implements Store {
  remembered: Remembered = NOTHING_REMEMBERED;
  readonly #options: StoreOptions;
  readonly #pending: PendingWrites;
  readonly #retries: Retries;
  readonly #recordTo: RecordTo;
  readonly #location: StoreLocation;
  readonly #sources = new Sources();
  #opened: OpenStore | undefined;
  #cancelFlush: (() => void) | undefined;
  #cancelHeartbeat: (() => void) | undefined;
  #fileCheckedAt = 0;
  #processRowAt = Number.NEGATIVE_INFINITY;

  constructor(options: StoreOptions, location: StoreLocation) {
    this.#options = options;
    this.#location = location;
    this.#pending = new PendingWrites((operations) => this.#lose(operations));
    const { skew, privacy } = options;
    const count = (client: string, what: string): void => this.#count(client, what);
    this.#recordTo = { pending: this.#pending, kinds: new Kinds(), privacy, skew, nowUs: () => this.#nowUs(), count };
    this.#retries = new Retries(options);
    this.#retries.run(() => this.#open());
    this.#heartbeat();
  }

  get off(): boolean {
    return this.#retries.off;
  }

  ask(sources: Asked): void {
    this.#sources.set(sources);
  }

  take(event: SessionEvent): void {
    if (this.#retries.off) {
      if (event.kind === 'operation-ended' && !event.operation.withheld) this.#options.onLost(1);
      return;
    }
    if (!recordEvent(event, this.#recordTo)) return;
    if (this.#pending.operations >= BATCH_OPERATIONS && this.#retries.waitMs === 0) this.flush();
    else this.#schedule();
  }

  flush(): void {
    this.#write(SHORT_WAIT_MS);
  }

  /** @param timeoutMs how long to wait for other processes */
  #write(timeoutMs: number): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    if (this.#retries.off || this.#pending.isEmpty) return;
    if (this.#retries.waitMs > 0) {
      this.#schedule();
      return;
    }
    const written = this.#retries.run(() => {
      const { db, writer, pruning } = this.#open();
      setBusyTimeout(db, timeoutMs);
      this.#sources.write(writer, this.#pending.batch(), this.#nowUs());
      this.#pending.clear();
      setBusyTimeout(db, SHORT_WAIT_MS);
      const pruned = pruning.round();
      if (pruned > 0) this.#count('', 'pruned', pruned);
      if (this.#options.timers.now() - this.#processRowAt >= PROCESS_ROW_EVERY_MS) this.#writeProcessRow(db, false);
    });
    if (written) return;
    if (this.#retries.off) this.#giveUp();
    else this.#schedule();
  }

  close(): void {
    this.#retries.beforeLast();
    this.#write(LONG_WAIT_MS);
    if (this.#pending.operations > 0) this.#lose(this.#pending.operations);
    this.#pending.clear();
    this.#cancelHeartbeat?.();
    const opened = this.#opened;
    if (opened !== undefined && this.#options.process !== undefined && this.#retries.waitMs === 0)
      this.#retries.run(() => this.#writeProcessRow(opened.db, true));
    this.#retries.end();
    this.#giveUp();
  }

  announce(): void {
    this.#processRowAt = Number.NEGATIVE_INFINITY;
    this.#cancelHeartbeat?.();
    this.#cancelHeartbeat = this.#options.timers.after(ANNOUNCE_AFTER_MS, () => this.#heartbeat());
  }

  /** Writes regularly that this process runs, even if nothing happens. */
  #heartbeat(): void {
    const { process: processInfo, timers } = this.#options;
    if (processInfo === undefined || this.#retries.off) return;
    if (this.#retries.waitMs === 0 && timers.now() - this.#processRowAt >= HEARTBEAT_MS - PROCESS_ROW_EVERY_MS)
      this.#retries.run(() => this.#writeProcessRow(this.#open().db, false));
    this.#cancelHeartbeat = timers.after(HEARTBEAT_MS, () => this.#heartbeat());
  }

  #writeProcessRow(db: DatabaseSync, ended: boolean): void {
    const processInfo = this.#options.process;
    if (processInfo === undefined) return;
    this.#processRowAt = this.#options.timers.now();
    writeProcess(db, processInfo.about, processInfo.figures(), this.#nowUs(), ended);
  }

  #schedule(): void {
    this.#cancelFlush ??= this.#options.timers.after(Math.max(FLUSH_EVERY_MS, this.#retries.waitMs), () =>
      this.flush(),
    );
  }

  #count(client: string, what: string, number = 1): void {
    this.#pending.count(this.#nowUs(), client, what, number);
  }

  #nowUs(): number {
    return microseconds(this.#options.timers.now() + this.#options.skew());
  }

  #lose(operations: number): void {
    this.#options.onLost(operations);
    this.#retries.lost(operations);
    this.#count('', 'not-stored', operations);
  }

  /** The open store. Opens it if it is not open yet, or if its file is no longer the one at the path. */
  #open(): OpenStore {
    const { maxBytes, days, timers, skew, server, privacy } = this.#options;
    if (this.#opened !== undefined && timers.now() - this.#fileCheckedAt < FILE_CHECK_EVERY_MS) return this.#opened;
    this.#fileCheckedAt = timers.now();
    if (this.#opened !== undefined) {
      if (this.#opened.isCurrent()) return this.#opened;
      this.#close();
    }
    const { db, isCurrent } = this.#location.open();
    try {
      const pruning = new Pruning({ db, maxBytes, days, now: () => timers.now() + skew(), elapsed: timers.now });
      pruning.round();
      this.remembered = remembered(db, server, this.#nowUs());
      this.#sources.opened(this.remembered);
      setBusyTimeout(db, SHORT_WAIT_MS);
      this.#opened = { db, writer: new StoreWriter({ db, server, privacy, skew }), pruning, isCurrent };
      return this.#opened;
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** Ends the store: nothing will be written any more. */
  #giveUp(): void {
    this.#cancelFlush?.();
    if (this.#pending.operations > 0) this.#options.onLost(this.#pending.operations);
    this.#pending.clear();
    this.#close();
  }

  #close(): void {
    const opened = this.#opened;
    this.#opened = undefined;
    opened?.db.close();
  }
}
