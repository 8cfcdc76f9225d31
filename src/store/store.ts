import type { DatabaseSync } from 'node:sqlite';
import type { Timers } from '../delivery/timers.ts';
import type { ClientState } from '../session/clients.ts';
import type { SessionEvent } from '../session/event.ts';
import type { Privacy } from '../session/privacy.ts';
import { Attempts } from './attempts.ts';
import { SHORT_WAIT_MS, LONG_WAIT_MS, waitForOthers } from './database.ts';
import { Kinds } from './kinds.ts';
import { microseconds, rowOf } from './operation-row.ts';
import { fileAt, inMemory, type Place } from './location.ts';
import { HEARTBEAT_MS, writeProcess, type ProcessAbout, type ProcessFigures } from './process-row.ts';
import { Pruning } from './pruning.ts';
import { readerOf, type StoreReader } from './reader.ts';
import { NOTHING_REMEMBERED, remembered, type Remembered } from './remembered.ts';
import { Waiting } from './waiting.ts';
import { StoreWriter } from './writer.ts';

export interface StoreOptions {
  path: string;
  /** The file is kept below this. */
  maxBytes: number;
  /** What is older is forgotten. */
  days: number;
  server: string;
  privacy: Privacy;
  /** What is told of us, again and again; undefined: nothing. */
  process?: { about: ProcessAbout; figures(): ProcessFigures } | undefined;
  timers: Timers;
  /** What the wall clock is ahead of ours, in milliseconds. */
  skew(): number;
  /** A line for people. */
  say(line: string): void;
  /** So many operations will not be in the store. */
  onLost(operations: number): void;
}

/** The local record: a sink of session events. Nothing it does throws, and nothing waits for it. */
export interface Store {
  take(event: SessionEvent): void;
  /** Nothing is taken, and nothing will be. */
  readonly off: boolean;
  /** What is known from earlier runs about the clients and tools of this server. */
  readonly remembered: Remembered;
  /** Who to ask what clients are like, whenever something is written. */
  ask(clients: () => Iterable<ClientState>): void;
  /** Writes what waits. */
  flush(): void;
  /** Writes what waits, and lets go of the file. */
  close(): void;
}

/** Operations of one transaction, which takes 10 ms. */
const BATCH_OPERATIONS = 4_000;
/** The longest that anything waits for others to be written with it, in milliseconds. */
const FLUSH_EVERY_MS = 1_000;
/** While something is written, what we say of ourselves is written with it so often, in milliseconds. */
const SOON_MS = 2_000;
/** How often it is made sure that the file is still there, in milliseconds. */
const LOOK_EVERY_MS = 30_000;

/** Opens or makes the store; where that cannot be, it is said, and nothing is taken. */
export function openStore(options: StoreOptions): Store {
  return new WrittenStore(options, fileAt(options.path));
}

/** A store for as long as the process runs, and who reads it. */
export function openMemoryStore(options: Omit<StoreOptions, 'path'>): { store: Store; reader: StoreReader } {
  let reader: StoreReader | undefined;
  const { timers, skew } = options;
  const place = inMemory((db) => {
    reader = readerOf(db, 'memory', () => microseconds(timers.now() + skew()));
  });
  const store = new WrittenStore({ ...options, path: place.path }, place);
  if (reader === undefined) throw new Error('a store in memory is opened at once');
  return { store, reader };
}

interface OpenStore {
  db: DatabaseSync;
  writer: StoreWriter;
  pruning: Pruning;
  stands(): boolean;
}

class WrittenStore implements Store {
  remembered: Remembered = NOTHING_REMEMBERED;
  readonly #options: StoreOptions;
  readonly #waiting: Waiting;
  readonly #attempts: Attempts;
  readonly #kinds = new Kinds();
  readonly #place: Place;
  #opened: OpenStore | undefined;
  #clients: () => Iterable<ClientState> = () => [];
  #cancelFlush: (() => void) | undefined;
  #cancelBeat: (() => void) | undefined;
  #lookedAt = 0;
  #beatAt = Number.NEGATIVE_INFINITY;

  constructor(options: StoreOptions, place: Place) {
    this.#options = options;
    this.#place = place;
    this.#waiting = new Waiting((operations) => this.#lose(operations));
    this.#attempts = new Attempts(options);
    this.#attempts.run(() => this.#open());
    this.#beat();
  }

  get off(): boolean {
    return this.#attempts.off;
  }

  ask(clients: () => Iterable<ClientState>): void {
    this.#clients = clients;
  }

  take(event: SessionEvent): void {
    if (this.#attempts.off) {
      if (event.kind === 'operation-ended' && !event.operation.withheld) this.#options.onLost(1);
      return;
    }
    if (!this.#keep(event)) return;
    if (this.#waiting.operations >= BATCH_OPERATIONS && this.#attempts.wait === 0) this.flush();
    else this.#schedule();
  }

  flush(): void {
    this.#write(SHORT_WAIT_MS);
  }

  /** @param patience how long others are waited for, in milliseconds */
  #write(patience: number): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    if (this.#attempts.off || this.#waiting.isEmpty) return;
    if (this.#attempts.wait > 0) {
      this.#schedule();
      return;
    }
    const written = this.#attempts.run(() => {
      const { db, writer, pruning } = this.#open();
      waitForOthers(db, patience);
      writer.write({ ...this.#waiting.batch(), clients: this.#clients() }, this.#nowUs());
      this.#waiting.clear();
      waitForOthers(db, SHORT_WAIT_MS);
      const pruned = pruning.round();
      if (pruned > 0) this.#count('', 'pruned', pruned);
      if (this.#options.timers.now() - this.#beatAt >= SOON_MS) this.#tell(db, false);
    });
    if (written) return;
    if (this.#attempts.off) this.#giveUp();
    else this.#schedule();
  }

  close(): void {
    this.#attempts.beforeLast();
    this.#write(LONG_WAIT_MS);
    if (this.#waiting.operations > 0) this.#lose(this.#waiting.operations);
    this.#waiting.clear();
    this.#cancelBeat?.();
    const opened = this.#opened;
    if (opened !== undefined && this.#options.process !== undefined && this.#attempts.wait === 0)
      this.#attempts.run(() => this.#tell(opened.db, true));
    this.#attempts.end();
    this.#giveUp();
  }

  /** Tells that we run, though nothing happens. */
  #beat(): void {
    const { process: told, timers } = this.#options;
    if (told === undefined || this.#attempts.off) return;
    if (this.#attempts.wait === 0 && timers.now() - this.#beatAt >= HEARTBEAT_MS - SOON_MS)
      this.#attempts.run(() => this.#tell(this.#open().db, false));
    this.#cancelBeat = timers.after(HEARTBEAT_MS, () => this.#beat());
  }

  #tell(db: DatabaseSync, ended: boolean): void {
    const told = this.#options.process;
    if (told === undefined) return;
    this.#beatAt = this.#options.timers.now();
    writeProcess(db, told.about, told.figures(), this.#nowUs(), ended);
  }

  #schedule(): void {
    this.#cancelFlush ??= this.#options.timers.after(Math.max(FLUSH_EVERY_MS, this.#attempts.wait), () => this.flush());
  }

  /** Returns whether there is something to write. */
  #keep(event: SessionEvent): boolean {
    const { skew, privacy } = this.#options;
    const waiting = this.#waiting;
    switch (event.kind) {
      case 'operation-ended':
        if (event.operation.withheld) this.#count(event.operation.clientLabel, 'withheld');
        else waiting.addOperation(rowOf(event.operation, skew(), this.#kinds, privacy));
        return true;
      case 'session-opened':
      case 'session-used':
        waiting.addSession(event.session);
        return true;
      case 'session-ended':
        waiting.addSession(event.session, { atUs: microseconds(event.at + skew()), reason: event.reason });
        return true;
      case 'client-changed': {
        const { at, clientLabel, what, before, after } = event;
        waiting.addChange({ atUs: microseconds(at + skew()), client: clientLabel, what, before, after });
        return true;
      }
      case 'tools-listed':
        waiting.addTools({ atUs: microseconds(event.at + skew()), tools: event.tools });
        return true;
      case 'handshake-avoidable':
        this.#count(event.clientLabel, 'handshake-avoidable');
        return true;
      case 'http-rejected':
        this.#count(event.clientLabel, `http-${event.status}`);
        return true;
      case 'anomaly':
        this.#count('', `anomaly-${event.what}`);
        return true;
      case 'segment-opened':
      case 'notified':
      case 'cancelled':
      case 'http-exchange':
      case 'stream-opened':
      case 'stream-closed':
      case 'forwarded':
      case 'client-seen':
        return false;
    }
  }

  #count(client: string, what: string, number = 1): void {
    this.#waiting.count(this.#nowUs(), client, what, number);
  }

  #nowUs(): number {
    const { timers, skew } = this.#options;
    return microseconds(timers.now() + skew());
  }

  #lose(operations: number): void {
    this.#options.onLost(operations);
    this.#attempts.lost(operations);
    this.#count('', 'not-stored', operations);
  }

  /** The store as it is open, opened if it is not, or no longer what stands at its path. */
  #open(): OpenStore {
    const { maxBytes, days, timers, skew, server, privacy } = this.#options;
    const { now } = timers;
    if (this.#opened !== undefined && now() - this.#lookedAt < LOOK_EVERY_MS) return this.#opened;
    this.#lookedAt = now();
    if (this.#opened !== undefined) {
      if (this.#opened.stands()) return this.#opened;
      this.#close();
    }
    const { db, stands } = this.#place.open();
    try {
      const pruning = new Pruning({ db, maxBytes, days, now: () => now() + skew(), elapsed: now });
      pruning.round();
      this.remembered = remembered(db, server);
      waitForOthers(db, SHORT_WAIT_MS);
      this.#opened = { db, writer: new StoreWriter({ db, server, privacy, skew }), pruning, stands };
      return this.#opened;
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** Nothing will be written any more. */
  #giveUp(): void {
    this.#cancelFlush?.();
    if (this.#waiting.operations > 0) this.#options.onLost(this.#waiting.operations);
    this.#waiting.clear();
    this.#close();
  }

  #close(): void {
    const opened = this.#opened;
    this.#opened = undefined;
    opened?.db.close();
  }
}
