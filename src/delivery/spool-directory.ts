import type { SentSignal } from './senders.ts';
import { SpoolFiles, type SpoolFilesOptions } from './spool-files.ts';
import { MemorySpool } from './spool-memory.ts';
import { createSequence, SIGNALS, type Batch, type Spool, type SpooledBatch } from './spool.ts';
import type { Timers } from '../transport/timers.ts';

export interface DirectorySpoolOptions extends Omit<SpoolFilesOptions, 'now'> {
  timers: Timers;
}

/** How often we show others on the same path that we live, and check on them. */
const ROUND_MS = 5_000;
/** The most that is kept in memory while the disk refuses. */
const MAX_IN_MEMORY_BYTES = 16 * 1_024 * 1_024;

/**
 * A spool that outlives its process: the next process that opens the same folder takes over what is left there. Batches
 * that the disk refuses are kept in memory until the disk takes them.
 */
export class DirectorySpool implements Spool {
  readonly #options: DirectorySpoolOptions;
  readonly #files: SpoolFiles;
  readonly #memory: MemorySpool;
  readonly #next: () => number;
  readonly #maxMemoryBytes: number;
  #said = false;
  #closed = false;
  #cancelRound: () => void;

  constructor(options: DirectorySpoolOptions) {
    const { maxBytes, onDropped, timers } = options;
    this.#options = options;
    this.#next = createSequence(timers.now);
    this.#maxMemoryBytes = Math.min(maxBytes, MAX_IN_MEMORY_BYTES);
    this.#memory = new MemorySpool(this.#maxMemoryBytes, onDropped, this.#next);
    this.#files = new SpoolFiles({ ...options, now: timers.now });
    this.#sayRefusal();
    this.#cancelRound = timers.after(ROUND_MS, () => this.#round());
  }

  get durable(): boolean {
    return this.#files.refusal === undefined;
  }

  put(batch: Batch): boolean {
    if (this.#closed) return false;
    const sequence = this.#next();
    if (this.#files.write({ id: `file ${sequence}`, batch, sequence, isLeftBehind: false })) return true;
    this.#sayRefusal();
    return this.#memory.put(batch);
  }

  oldest(signal: SentSignal): SpooledBatch | undefined {
    const [onDisk, inMemory] = [this.#files.oldest(signal), this.#memory.oldest(signal)];
    if (onDisk === undefined || inMemory === undefined) return onDisk ?? inMemory;
    return onDisk.sequence < inMemory.sequence ? onDisk : inMemory;
  }

  startsWithLeftBehind(signal: SentSignal): boolean {
    return this.#files.startsWithLeftBehind(signal);
  }

  done(id: string): void {
    this.#files.done(id);
    this.#memory.done(id);
  }

  items(signal: SentSignal): number {
    return this.#files.items(signal) + this.#memory.items(signal);
  }

  bytes(signal: SentSignal): number {
    return this.#files.bytes(signal) + this.#memory.bytes(signal);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelRound();
    this.#moveToDisk();
    this.#memory.close();
    this.#files.release();
  }

  #round(): void {
    this.#files.look();
    this.#moveToDisk();
    this.#cancelRound = this.#options.timers.after(ROUND_MS, () => this.#round());
  }

  #moveToDisk(): void {
    for (const signal of SIGNALS) {
      for (let inMemory = this.#memory.oldest(signal); inMemory !== undefined; inMemory = this.#memory.oldest(signal)) {
        if (!this.#files.write(inMemory)) return;
        this.#memory.done(inMemory.id);
      }
    }
  }

  #sayRefusal(): void {
    const { refusal } = this.#files;
    if (refusal === undefined || this.#said) return;
    this.#said = true;
    const maxMegabytes = Math.ceil(this.#maxMemoryBytes / 1_024 / 1_024);
    this.#options.say(
      `the spool ${this.#options.path} cannot be written (${refusal}): memory keeps up to ${maxMegabytes} MB instead`,
    );
  }
}
