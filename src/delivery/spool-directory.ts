import type { SentSignal } from './senders.ts';
import { SpoolFiles, type SpoolFilesOptions } from './spool-files.ts';
import { MemorySpool } from './spool-memory.ts';
import { createSequence, SIGNALS, type Batch, type Spool, type Waiting } from './spool.ts';
import type { Timers } from '../transport/timers.ts';

export interface DirectorySpoolOptions extends Omit<SpoolFilesOptions, 'now'> {
  timers: Timers;
}

/** How often others on the same path are shown that we live, and looked at, in milliseconds. */
const ROUND_MS = 5_000;
/** Kept in memory while the disk refuses. */
const MAX_IN_MEMORY_BYTES = 16 * 1_024 * 1_024;

/**
 * A spool that outlives its process: the next one to look at the same folder takes over what was left. What the disk
 * refuses is kept in memory until it does not.
 */
export class DirectorySpool implements Spool {
  readonly #options: DirectorySpoolOptions;
  readonly #files: SpoolFiles;
  readonly #memory: MemorySpool;
  readonly #next: () => number;
  readonly #maxInMemory: number;
  #said = false;
  #closed = false;
  #cancelRound: () => void;

  constructor(options: DirectorySpoolOptions) {
    const { maxBytes, onDropped, timers } = options;
    this.#options = options;
    this.#next = createSequence(timers.now);
    this.#maxInMemory = Math.min(maxBytes, MAX_IN_MEMORY_BYTES);
    this.#memory = new MemorySpool(this.#maxInMemory, onDropped, this.#next);
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
    if (this.#files.write({ id: `file ${sequence}`, batch, sequence })) return true;
    this.#sayRefusal();
    return this.#memory.put(batch);
  }

  oldest(signal: SentSignal): Waiting | undefined {
    const [filed, kept] = [this.#files.oldest(signal), this.#memory.oldest(signal)];
    if (filed === undefined || kept === undefined) return filed ?? kept;
    return filed.sequence < kept.sequence ? filed : kept;
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
      for (let kept = this.#memory.oldest(signal); kept !== undefined; kept = this.#memory.oldest(signal)) {
        if (!this.#files.write(kept)) return;
        this.#memory.done(kept.id);
      }
    }
  }

  #sayRefusal(): void {
    const { refusal } = this.#files;
    if (refusal === undefined || this.#said) return;
    this.#said = true;
    const most = Math.ceil(this.#maxInMemory / 1_024 / 1_024);
    this.#options.say(
      `the spool ${this.#options.path} cannot be written (${refusal}): memory keeps up to ${most} MB instead`,
    );
  }
}
