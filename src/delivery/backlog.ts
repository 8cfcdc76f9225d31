import type { Attempt } from './attempt.ts';
import type { SpooledBatch } from './spool.ts';

/** What an earlier process left in the spool, and has arrived. */
export interface DeliveredBacklog {
  batches: number;
  items: number;
  /** When its oldest batch was spooled, in milliseconds since the epoch. */
  since: number;
}

/** Adds up what arrives of the batches that an earlier process left in the spool, and tells when none of them waits any more. */
export class Backlog {
  readonly #waits: () => boolean;
  readonly #onCaughtUp: (delivered: DeliveredBacklog) => void;
  #delivered: DeliveredBacklog | undefined;

  /** @param waits whether a batch of an earlier process still waits */
  constructor(waits: () => boolean, onCaughtUp: (delivered: DeliveredBacklog) => void) {
    this.#waits = waits;
    this.#onCaughtUp = onCaughtUp;
  }

  /** A batch was sent, and is no longer in the spool. */
  sent({ batch, sequence, isLeftBehind }: SpooledBatch, { outcome, rejected }: Attempt): void {
    if (isLeftBehind && outcome === 'taken') {
      // Sequences are microseconds since the epoch.
      const { batches, items, since } = this.#delivered ?? { batches: 0, items: 0, since: sequence / 1_000 };
      this.#delivered = {
        batches: batches + 1,
        items: items + batch.items - rejected,
        since: Math.min(since, sequence / 1_000),
      };
    }
    this.check();
  }

  /** The rest may have been dropped. */
  check(): void {
    if (this.#delivered === undefined || this.#waits()) return;
    this.#onCaughtUp(this.#delivered);
    this.#delivered = undefined;
  }
}
