/** What may wait of each kind, in all servers of a file together. */
const MOST = {
  operations: 10_000,
  sessions: 10_000,
  changes: 1_000,
  lists: 64,
  toolChanges: 5_000,
  /** Of the contracts in the lists and changes that wait. */
  contractChars: 4_000_000,
  journeys: 1_000,
  counts: 10_000,
  journeyCounts: 10_000,
} as const;

/** A server may always have so much waiting, however many there are. */
const MIN_SHARE = 8;

export type Waiting = Record<keyof typeof MOST, number>;

export const nothingWaits = (): Waiting => ({
  operations: 0,
  sessions: 0,
  changes: 0,
  lists: 0,
  toolChanges: 0,
  contractChars: 0,
  journeys: 0,
  counts: 0,
  journeyCounts: 0,
});

/**
 * The bounds of what waits to be written. One server may use all of them, but when they are reached, each of the others
 * still has its equal share: a busy server takes no room from a quiet one. So at most twice as much waits.
 */
export class PendingRoom {
  readonly #all = nothingWaits();
  /** The servers that share it. */
  servers = 0;

  get operations(): number {
    return this.#all.operations;
  }

  /** Returns whether there is room; then it is taken. @param own what already waits of the server that asks; it is changed */
  take(own: Waiting, kind: keyof Waiting, number = 1): boolean {
    const share = Math.max(MIN_SHARE, MOST[kind] / this.servers);
    if (this.#all[kind] + number > MOST[kind] && own[kind] + number > share) return false;
    this.#all[kind] += number;
    own[kind] += number;
    return true;
  }

  /** Gives back all that a server has taken. */
  free(own: Waiting): void {
    // The keys of an object whose type has just these.
    for (const kind of Object.keys(own) as (keyof Waiting)[]) {
      this.#all[kind] -= own[kind];
      own[kind] = 0;
    }
  }
}
