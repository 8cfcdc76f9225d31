import type { SentSignal } from './senders.ts';
import { SIGNALS } from './spool.ts';

export interface Shelved {
  id: string;
  signal: SentSignal;
  items: number;
  /** Bytes. */
  size: number;
  sequence: number;
}

/** A block on disk; and no batch is so small that a million of them would be nothing. */
const BLOCK_BYTES = 4_096;

/** What a batch of so many bytes takes of the bound. */
export function roomFor(size: number): number {
  return Math.max(1, Math.ceil(size / BLOCK_BYTES)) * BLOCK_BYTES;
}

interface Row<Entry> {
  entries: Map<string, Entry>;
  items: number;
  bytes: number;
  newest: number;
  unordered: boolean;
  /** Is being sent: not to be thrown out while there is another. */
  held: string | undefined;
}

/** What waits, oldest first, and what it adds up to. */
export class Shelf<Entry extends Shelved> {
  readonly #rows: Record<SentSignal, Row<Entry>> = { spans: emptyRow(), logs: emptyRow() };
  #room = 0;

  get room(): number {
    return this.#room;
  }

  items(signal: SentSignal): number {
    return this.#rows[signal].items;
  }

  bytes(signal: SentSignal): number {
    return this.#rows[signal].bytes;
  }

  add(entry: Entry): void {
    const row = this.#rows[entry.signal];
    const unordered = entry.sequence < row.newest;
    row.entries.set(entry.id, entry);
    row.newest = Math.max(row.newest, entry.sequence);
    row.items += entry.items;
    row.bytes += entry.size;
    this.#room += roomFor(entry.size);
    if (unordered) row.unordered = true;
  }

  first(signal: SentSignal): Entry | undefined {
    return this.#inOrder(signal).entries.values().next().value;
  }

  hold({ signal, id }: Entry): void {
    this.#rows[signal].held = id;
  }

  take(id: string): Entry | undefined {
    for (const signal of SIGNALS) {
      const row = this.#rows[signal];
      const entry = row.entries.get(id);
      if (entry === undefined) continue;
      row.entries.delete(id);
      row.items -= entry.items;
      row.bytes -= entry.size;
      this.#room -= roomFor(entry.size);
      if (row.held === id) row.held = undefined;
      return entry;
    }
    return undefined;
  }

  /** The one to throw out when there is no room: the oldest that is not being sent, else the oldest. */
  last(): Entry | undefined {
    const free = SIGNALS.map((signal) => this.#oldestFree(signal)).filter((entry) => entry !== undefined);
    const from = free.length > 0 ? free : SIGNALS.map((signal) => this.first(signal));
    let oldest: Entry | undefined;
    for (const entry of from) {
      if (entry !== undefined && (oldest === undefined || entry.sequence < oldest.sequence)) oldest = entry;
    }
    return oldest;
  }

  /** Removes all those that are meant. */
  removeWhere(meant: (entry: Entry) => boolean): void {
    const found = SIGNALS.flatMap((signal) => [...this.#rows[signal].entries.values()].filter(meant));
    for (const { id } of found) this.take(id);
  }

  /** Sorted only after older ones came in, which were left behind by someone else or waited elsewhere. */
  #inOrder(signal: SentSignal): Row<Entry> {
    const row = this.#rows[signal];
    if (row.unordered) {
      row.entries = new Map([...row.entries].toSorted(([, a], [, b]) => a.sequence - b.sequence));
      row.unordered = false;
    }
    return row;
  }

  #oldestFree(signal: SentSignal): Entry | undefined {
    const { entries, held } = this.#inOrder(signal);
    for (const entry of entries.values()) if (entry.id !== held) return entry;
    return undefined;
  }
}

function emptyRow<Entry>(): Row<Entry> {
  return { entries: new Map(), items: 0, bytes: 0, newest: 0, unordered: false, held: undefined };
}
