import type { Timers } from '../transport/timers.ts';
import { SHORT_WAIT_MS, LONG_WAIT_MS, inTransaction, setBusyTimeout } from './database.ts';
import type { StoreLocation } from './location.ts';
import { microseconds } from './operation-row.ts';
import { PendingRoom } from './pending-room.ts';
import { HEARTBEAT_MS } from './process-row.ts';
import { Pruning } from './pruning.ts';
import { Retries } from './retries.ts';
import { ServerStore, type FileOfServer, type ServerStoreOptions } from './server-store.ts';
import { prepareStatements } from './statements.ts';
import { hourOf, type OpenFile } from './writer.ts';

export interface StoreFileOptions {
  path: string;
  /** The file is kept below this size. */
  maxBytes: number;
  /** Older rows are deleted. */
  days: number;
  timers: Timers;
  /** How far the wall clock is ahead of ours, in milliseconds. */
  skew(): number;
  /** Prints a line for people. */
  say(line: string): void;
  /** Called with the number of operations that will not be in the store. */
  onLost(operations: number): void;
}

/** So many pending operations of all servers are written at once; their transaction takes 10 ms. */
const BATCH_OPERATIONS = 4_000;
/** How long a row waits for others that can be written with it. */
const FLUSH_EVERY_MS = 1_000;
/** While there are other writes, the rows of this process are written with one of them so often. */
const PROCESS_ROW_EVERY_MS = 2_000;
/** An upstream that comes and goes must not fill the disk with writes. */
const ANNOUNCE_AFTER_MS = 500;
/** How often the store checks that its file is still there. */
const FILE_CHECK_EVERY_MS = 30_000;

interface OpenStore extends OpenFile {
  pruning: Pruning;
  isCurrent(): boolean;
}

/**
 * The local record of all servers of a process: one connection, however many there are, since each has a page cache of
 * 2 MB. It never throws, and nothing waits for it. If the file cannot be used, a message says so once.
 */
export class StoreFile {
  readonly #options: StoreFileOptions;
  readonly #location: StoreLocation;
  readonly #retries: Retries;
  readonly #room = new PendingRoom();
  /** Also those that were closed, until all of them is written. */
  readonly #servers = new Set<ServerStore>();
  readonly #asServersSeeIt: FileOfServer;
  #opened: OpenStore | undefined;
  #cancelFlush: (() => void) | undefined;
  #cancelHeartbeat: (() => void) | undefined;
  #announced = false;
  #closed = false;
  #fileCheckedAt = 0;
  /** What was deleted to make room, and is not counted in the file yet. It is not one server's. */
  #pruned = 0;

  constructor(options: StoreFileOptions, location: StoreLocation) {
    this.#options = options;
    this.#location = location;
    this.#retries = new Retries(options);
    const retries = this.#retries;
    this.#asServersSeeIt = {
      get off() {
        return retries.off;
      },
      room: this.#room,
      skew: options.skew,
      nowUs: () => this.#nowUs(),
      took: () => this.#took(),
      late: () => options.onLost(1),
      lost: (operations) => this.#lost(operations),
      announce: () => this.#announce(),
      flush: () => this.flush(),
    };
    this.#attempt(() => void this.#open());
  }

  /** It takes nothing, now and later. */
  get off(): boolean {
    return this.#retries.off;
  }

  /** Adds a server. It remembers at once what earlier runs learned of it. */
  server(options: ServerStoreOptions): ServerStore {
    const server = new ServerStore(options, this.#asServersSeeIt);
    if (this.off) return server;
    this.#servers.add(server);
    this.#room.servers = this.#servers.size;
    if (this.#retries.waitMs === 0) this.#attempt(() => void this.#open());
    if (server.hasProcess) this.#heartbeat();
    return server;
  }

  /** Writes what is pending of all servers. */
  flush(): void {
    this.#write(SHORT_WAIT_MS);
  }

  /** Closes all servers, writes what is pending, and closes the file. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const server of this.#servers) server.end();
    this.#retries.beforeLast();
    this.#write(LONG_WAIT_MS);
    for (const server of this.#servers) {
      const operations = server.drop();
      if (operations > 0) this.#lost(operations);
    }
    this.#retries.end();
    this.#giveUp();
  }

  /** @param timeoutMs how long to wait for other processes */
  #write(timeoutMs: number): void {
    this.#cancelFlush?.();
    this.#cancelFlush = undefined;
    if (this.off || !this.#hasWork()) return;
    if (this.#retries.waitMs > 0) {
      this.#schedule();
      return;
    }
    const written = this.#attempt(() => {
      const opened = this.#open();
      setBusyTimeout(opened.db, timeoutMs);
      this.#writeBatches(opened);
      setBusyTimeout(opened.db, SHORT_WAIT_MS);
      this.#pruned += opened.pruning.round();
      this.#writeRows(opened, PROCESS_ROW_EVERY_MS);
    });
    if (written) this.#forgetClosed();
    else if (!this.off) this.#schedule();
  }

  #hasWork(): boolean {
    if (this.#pruned > 0) return true;
    for (const server of this.#servers) if (!server.isEmpty || server.closed) return true;
    return false;
  }

  /**
   * All or nothing, in one transaction: each one writes the last page of each table anew. A hundred servers with five calls
   * per second each write 166 KB per second so, and 2 MB with a transaction for each. @throws what SQLite throws
   */
  #writeBatches(file: OpenFile): void {
    const servers = [...this.#servers].filter(({ isEmpty }) => !isEmpty);
    if (servers.length === 0 && this.#pruned === 0) return;
    const nowUs = this.#nowUs();
    try {
      inTransaction(file.db, 'BEGIN IMMEDIATE', () => {
        for (const server of servers) server.write(nowUs);
        if (this.#pruned > 0) file.statements.count.run(hourOf(nowUs), '', '', 'pruned', this.#pruned);
      });
    } catch (error) {
      for (const server of servers) server.rolledBack();
      file.markedUs = Number.NEGATIVE_INFINITY;
      throw error;
    }
    for (const server of servers) server.committed();
    this.#pruned = 0;
  }

  /** Writes the rows of this process that are older than this, and those of servers that were closed. */
  #writeRows(file: OpenFile, olderThanMs: number): void {
    const now = this.#options.timers.now();
    // The youngest of each name: it has taken over the row.
    const owners = new Map<string, ServerStore>();
    for (const server of this.#servers) if (!server.closed) owners.set(server.name, server);
    const due = [...this.#servers].filter((server) => {
      if (!server.hasProcess || (owners.get(server.name) ?? server) !== server) return false;
      return server.closed || now - server.rowAt >= olderThanMs;
    });
    if (due.length === 0) return;
    const nowUs = this.#nowUs();
    inTransaction(file.db, 'BEGIN IMMEDIATE', () => {
      for (const server of due) server.writeRow(file, nowUs);
    });
    for (const server of due) server.rowAt = now;
  }

  /** Writes regularly that this process runs, even if nothing happens. */
  #heartbeat(): void {
    this.#cancelHeartbeat?.();
    this.#announced = false;
    const due = HEARTBEAT_MS - PROCESS_ROW_EVERY_MS;
    if (!this.off && this.#retries.waitMs === 0) this.#attempt(() => this.#writeRows(this.#open(), due));
    if (this.off) return;
    this.#cancelHeartbeat = this.#options.timers.after(HEARTBEAT_MS, () => this.#heartbeat());
  }

  #announce(): void {
    if (this.#announced) return;
    this.#announced = true;
    this.#cancelHeartbeat?.();
    this.#cancelHeartbeat = this.#options.timers.after(ANNOUNCE_AFTER_MS, () => this.#heartbeat());
  }

  #took(): void {
    if (this.#room.operations >= BATCH_OPERATIONS && this.#retries.waitMs === 0) this.flush();
    else this.#schedule();
  }

  /** All of them is written. */
  #forgetClosed(): void {
    for (const server of this.#servers) if (server.closed) this.#servers.delete(server);
    this.#room.servers = this.#servers.size;
  }

  #schedule(): void {
    this.#cancelFlush ??= this.#options.timers.after(Math.max(FLUSH_EVERY_MS, this.#retries.waitMs), () =>
      this.flush(),
    );
  }

  #nowUs(): number {
    return microseconds(this.#options.timers.now() + this.#options.skew());
  }

  #lost(operations: number): void {
    this.#options.onLost(operations);
    this.#retries.lost(operations);
  }

  /** Returns whether it worked. If it never will, the store ends. */
  #attempt(act: () => void): boolean {
    const worked = this.#retries.run(act);
    if (this.off) this.#giveUp();
    return worked;
  }

  /** The open store. Opens it if it is not open yet, or if its file is no longer the one at the path. */
  #open(): OpenStore {
    const opened = this.#current() ?? this.#openAnew();
    for (const server of this.#servers) server.open(opened);
    return opened;
  }

  #current(): OpenStore | undefined {
    const now = this.#options.timers.now();
    if (this.#opened === undefined || now - this.#fileCheckedAt < FILE_CHECK_EVERY_MS) return this.#opened;
    this.#fileCheckedAt = now;
    if (!this.#opened.isCurrent()) this.#closeFile();
    return this.#opened;
  }

  #openAnew(): OpenStore {
    const { maxBytes, days, timers, skew } = this.#options;
    this.#fileCheckedAt = timers.now();
    const { db, isCurrent } = this.#location.open();
    try {
      const pruning = new Pruning({ db, maxBytes, days, now: () => timers.now() + skew(), elapsed: timers.now });
      pruning.round();
      const statements = prepareStatements(db);
      setBusyTimeout(db, SHORT_WAIT_MS);
      this.#opened = { db, statements, markedUs: Number.NEGATIVE_INFINITY, pruning, isCurrent };
      return this.#opened;
    } catch (error) {
      db.close();
      throw error;
    }
  }

  /** Ends the store: nothing will be written any more. */
  #giveUp(): void {
    this.#cancelFlush?.();
    this.#cancelHeartbeat?.();
    let operations = 0;
    for (const server of this.#servers) operations += server.drop();
    if (operations > 0) this.#options.onLost(operations);
    this.#servers.clear();
    this.#closeFile();
  }

  #closeFile(): void {
    const opened = this.#opened;
    this.#opened = undefined;
    for (const server of this.#servers) server.fileClosed();
    opened?.db.close();
  }
}
