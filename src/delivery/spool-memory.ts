import type { SentSignal } from './senders.ts';
import { diskBytesFor, SpoolIndex, type SpoolEntry } from './spool-index.ts';
import { SIGNALS, type Batch, type OnDropped, type Spool, type SpooledBatch } from './spool.ts';

interface MemoryEntry extends SpoolEntry {
  batch: Batch;
  isLeftBehind: false;
}

/** A spool in memory, which ends with its process. */
export class MemorySpool implements Spool {
  readonly durable = false;
  readonly #index = new SpoolIndex<MemoryEntry>();
  readonly #maxBytes: number;
  readonly #onDropped: OnDropped;
  readonly #next: () => number;
  #closed = false;

  constructor(maxBytes: number, onDropped: OnDropped, next: () => number) {
    this.#maxBytes = maxBytes;
    this.#onDropped = onDropped;
    this.#next = next;
  }

  put(batch: Batch): boolean {
    const size = batch.bytes.byteLength;
    if (this.#closed || diskBytesFor(size) > this.#maxBytes) return false;
    const sequence = this.#next();
    this.#index.add({
      id: `memory ${sequence}`,
      signal: batch.signal,
      items: batch.items,
      size,
      sequence,
      batch,
      isLeftBehind: false,
    });
    while (this.#index.diskBytes > this.#maxBytes) this.#drop();
    return true;
  }

  oldest(signal: SentSignal): SpooledBatch | undefined {
    const entry = this.#index.first(signal);
    if (entry !== undefined) this.#index.hold(entry);
    return entry;
  }

  startsWithLeftBehind(): boolean {
    return false;
  }

  done(id: string): void {
    this.#index.take(id);
  }

  items(signal: SentSignal): number {
    return this.#index.items(signal);
  }

  bytes(signal: SentSignal): number {
    return this.#index.bytes(signal);
  }

  close(): void {
    this.#closed = true;
    for (const signal of SIGNALS) {
      const items = this.#index.items(signal);
      if (items > 0) this.#onDropped(signal, items);
    }
    this.#index.removeWhere(() => true);
  }

  #drop(): void {
    const entry = this.#index.nextToDrop();
    if (entry === undefined) return;
    this.#index.take(entry.id);
    this.#onDropped(entry.signal, entry.items);
  }
}
