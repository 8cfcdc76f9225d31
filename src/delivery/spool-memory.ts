import type { SentSignal } from './senders.ts';
import { roomFor, Shelf, type Shelved } from './spool-shelf.ts';
import { SIGNALS, type Batch, type OnDropped, type Spool, type Waiting } from './spool.ts';

interface Kept extends Shelved {
  batch: Batch;
}

/** A spool that ends with its process. */
export class MemorySpool implements Spool {
  readonly durable = false;
  readonly #shelf = new Shelf<Kept>();
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
    if (this.#closed || roomFor(size) > this.#maxBytes) return false;
    const sequence = this.#next();
    this.#shelf.add({ id: `memory ${sequence}`, signal: batch.signal, items: batch.items, size, sequence, batch });
    while (this.#shelf.room > this.#maxBytes) this.#drop();
    return true;
  }

  oldest(signal: SentSignal): Waiting | undefined {
    const kept = this.#shelf.first(signal);
    if (kept !== undefined) this.#shelf.hold(kept);
    return kept;
  }

  done(id: string): void {
    this.#shelf.take(id);
  }

  items(signal: SentSignal): number {
    return this.#shelf.items(signal);
  }

  bytes(signal: SentSignal): number {
    return this.#shelf.bytes(signal);
  }

  close(): void {
    this.#closed = true;
    for (const signal of SIGNALS) {
      const items = this.#shelf.items(signal);
      if (items > 0) this.#onDropped(signal, items);
    }
    this.#shelf.removeWhere(() => true);
  }

  #drop(): void {
    const kept = this.#shelf.last();
    if (kept === undefined) return;
    this.#shelf.take(kept.id);
    this.#onDropped(kept.signal, kept.items);
  }
}
