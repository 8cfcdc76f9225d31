import type { SessionEvent } from '../session/event.ts';
import type { Privacy } from '../session/privacy.ts';
import { Kinds } from './kinds.ts';
import { PendingWrites } from './pending-writes.ts';
import type { PendingRoom } from './pending-room.ts';
import { processRow, type ProcessAbout, type ProcessFigures } from './process-row.ts';
import { recordEvent, type RecordTo } from './record-event.ts';
import { NOTHING_REMEMBERED, remembered, type Remembered } from './remembered.ts';
import { Sources, type Asked } from './sources.ts';
import { StoreWriter, type OpenFile } from './writer.ts';

export interface ServerStoreOptions {
  server: string;
  privacy: Privacy;
  /** What is written about this process and this server, again and again; undefined: nothing. */
  process?: { about: ProcessAbout; figures(): ProcessFigures } | undefined;
}

/** What a server's part asks of the file. */
export interface FileOfServer {
  readonly off: boolean;
  readonly room: PendingRoom;
  /** How far the wall clock is ahead of ours, in milliseconds. */
  skew(): number;
  /** Microseconds, by the wall clock. */
  nowUs(): number;
  /** Something waits to be written. */
  took(): void;
  /** One more operation will not be in the file, because its server takes nothing. */
  late(): void;
  /** So many operations will not be in the file, because they had to wait. */
  lost(operations: number): void;
  announce(): void;
  flush(): void;
}

/** The part of one server in a store: what waits of it, and what the file knows of it. */
export class ServerStore {
  remembered: Remembered = NOTHING_REMEMBERED;
  /** When its row was written, by the timers' clock. */
  rowAt = Number.NEGATIVE_INFINITY;
  readonly #options: ServerStoreOptions;
  readonly #file: FileOfServer;
  readonly #pending: PendingWrites;
  readonly #recordTo: RecordTo;
  readonly #sources = new Sources();
  #writer: StoreWriter | undefined;
  #closed = false;

  constructor(options: ServerStoreOptions, file: FileOfServer) {
    this.#options = options;
    this.#file = file;
    this.#pending = new PendingWrites(file.room, (operations) => this.#lose(operations));
    const { skew, nowUs } = file;
    const count = (client: string, what: string): void => this.#pending.count(nowUs(), client, what, 1);
    this.#recordTo = { pending: this.#pending, kinds: new Kinds(), privacy: options.privacy, skew, nowUs, count };
  }

  get name(): string {
    return this.#options.server;
  }

  get off(): boolean {
    return this.#closed || this.#file.off;
  }

  /** It takes nothing more. */
  get closed(): boolean {
    return this.#closed;
  }

  get hasProcess(): boolean {
    return this.#options.process !== undefined;
  }

  get isEmpty(): boolean {
    return this.#pending.isEmpty;
  }

  ask(sources: Asked): void {
    this.#sources.set(sources);
  }

  take(event: SessionEvent): void {
    if (this.off) {
      if (event.kind === 'operation-ended' && !event.operation.withheld) this.#file.late();
    } else if (recordEvent(event, this.#recordTo)) this.#file.took();
  }

  announce(): void {
    if (this.off || !this.hasProcess) return;
    this.rowAt = Number.NEGATIVE_INFINITY;
    this.#file.announce();
  }

  flush(): void {
    this.#file.flush();
  }

  /** What cannot be written now is written when the file can be. */
  close(): void {
    if (this.#closed) return;
    this.end();
    this.#file.flush();
  }

  /** It takes nothing more; the file writes what waits. */
  end(): void {
    this.#closed = true;
  }

  /**
   * The file is open: reads what it knows of this server, unless that was done.
   * @throws what SQLite throws
   */
  open(file: OpenFile): void {
    if (this.#writer !== undefined) return;
    const { server, privacy } = this.#options;
    this.remembered = remembered(file.db, server, this.#file.nowUs());
    this.#sources.opened(this.remembered);
    this.#writer = new StoreWriter({ file, server, privacy, skew: this.#file.skew });
  }

  /** The file was closed, and may be opened again. */
  fileClosed(): void {
    this.#writer = undefined;
  }

  /** Writes what waits, in a transaction of the file. @throws what SQLite throws */
  write(nowUs: number): void {
    if (this.#writer !== undefined) this.#sources.write(this.#writer, this.#pending.batch(), nowUs);
  }

  committed(): void {
    this.#writer?.committed(this.#pending.batch());
    this.#sources.committed();
    this.#pending.clear();
  }

  rolledBack(): void {
    this.#writer?.rolledBack();
  }

  /** @throws what SQLite throws */
  writeRow({ statements }: OpenFile, nowUs: number): void {
    const { process } = this.#options;
    if (process !== undefined)
      statements.process.run(...processRow(process.about, process.figures(), nowUs, this.#closed));
  }

  /** Gives up what waits. Returns how many operations that were. */
  drop(): number {
    const { operations } = this.#pending;
    this.#pending.clear();
    return operations;
  }

  #lose(operations: number): void {
    this.#file.lost(operations);
    this.#pending.count(this.#file.nowUs(), '', 'not-stored', operations);
  }
}
