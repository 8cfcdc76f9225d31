import { setTimeout as sleep } from 'node:timers/promises';

/** The time by which clients and server play; a test or the demo may bring its own. */
export interface Clock {
  /** Milliseconds that never run backwards. */
  now(): number;
  /** Waits, or returns early when the signal comes. */
  rest(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export const realClock: Clock = {
  now: () => performance.now(),
  async rest(milliseconds, signal) {
    if (milliseconds <= 0 || signal?.aborted === true) return;
    await sleep(milliseconds, undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
      if (signal?.aborted !== true) throw error;
    });
  },
};
