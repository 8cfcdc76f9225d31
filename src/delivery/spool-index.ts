import type { SentSignal } from './senders.ts';
import { SIGNALS } from './spool.ts';

export interface SpoolEntry {
  id: string;
  signal: SentSignal;
  items: number;
  size: number;
  sequence: number;
}

/** A block on disk. Counting blocks also gives the smallest batch a weight, so that a million of them are not free. */
const BLOCK_BYTES = 4_096;

/** How much of the bound a batch of so many bytes takes. */
export function diskBytesFor(size: number): number {
  return Math.max(1, Math.ceil(size / BLOCK_BYTES)) * BLOCK_BYTES;
}

interface SignalEntries<Entry> {
  entries: Map<string, Entry>;
  items: number;
  bytes: number;
  newest: number;
  unordered: boolean;
  /** The batch that is being sent. It is not dropped while there is another. */
  beingSent: string | undefined;
}

/** The list of the batches that wait, oldest first, and their totals. */
export class SpoolIndex<Entry extends SpoolEntry> {
  readonly #bySignal: Record<SentSignal, SignalEntries<Entry>> = { spans: noEntries(), logs: noEntries() };
  #diskBytes = 0;

  get diskBytes(): number {
    return this.#diskBytes;
  }

  items(signal: SentSignal): number {
    return this.#bySignal[signal].items;
  }

  bytes(signal: SentSignal): number {
    return this.#bySignal[signal].bytes;
  }

  add(entry: Entry): void {
    const list = this.#bySignal[entry.signal];
    const unordered = entry.sequence < list.newest;
    list.entries.set(entry.id, entry);
    list.newest = Math.max(list.newest, entry.sequence);
    list.items += entry.items;
    list.bytes += entry.size;
    this.#diskBytes += diskBytesFor(entry.size);
    if (unordered) list.unordered = true;
  }

  first(signal: SentSignal): Entry | undefined {
    return this.#inOrder(signal).entries.values().next().value;
  }

  hold({ signal, id }: Entry): void {
    this.#bySignal[signal].beingSent = id;
  }

  take(id: string): Entry | undefined {
    for (const signal of SIGNALS) {
      const list = this.#bySignal[signal];
      const entry = list.entries.get(id);
      if (entry === undefined) continue;
      list.entries.delete(id);
      list.items -= entry.items;
      list.bytes -= entry.size;
      this.#diskBytes -= diskBytesFor(entry.size);
      if (list.beingSent === id) list.beingSent = undefined;
      return entry;
    }
    return undefined;
  }

  /** The entry to drop when there is no room: the oldest that is not being sent, else the oldest. */
  nextToDrop(): Entry | undefined {
    const free = SIGNALS.map((signal) => this.#oldestFree(signal)).filter((entry) => entry !== undefined);
    const from = free.length > 0 ? free : SIGNALS.map((signal) => this.first(signal));
    let oldest: Entry | undefined;
    for (const entry of from) {
      if (entry !== undefined && (oldest === undefined || entry.sequence < oldest.sequence)) oldest = entry;
    }
    return oldest;
  }

  /** Removes all entries that match. */
  removeWhere(matches: (entry: Entry) => boolean): void {
    const found = SIGNALS.flatMap((signal) => [...this.#bySignal[signal].entries.values()].filter(matches));
    for (const { id } of found) this.take(id);
  }

  /** Sorts only if older entries were added: those that another process left behind, or that waited in memory. */
  #inOrder(signal: SentSignal): SignalEntries<Entry> {
    const list = this.#bySignal[signal];
    if (list.unordered) {
      list.entries = new Map([...list.entries].toSorted(([, a], [, b]) => a.sequence - b.sequence));
      list.unordered = false;
    }
    return list;
  }

  #oldestFree(signal: SentSignal): Entry | undefined {
    const { entries, beingSent } = this.#inOrder(signal);
    for (const entry of entries.values()) if (entry.id !== beingSent) return entry;
    return undefined;
  }
}

function noEntries<Entry>(): SignalEntries<Entry> {
  return { entries: new Map(), items: 0, bytes: 0, newest: 0, unordered: false, beingSent: undefined };
}
