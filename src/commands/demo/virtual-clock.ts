import type { Timers } from '../../transport/timers.ts';
import type { Clock } from '../../simulator/clock.ts';

/** A clock that moves only when told to, so that an hour takes no longer than the work in it. */
export interface VirtualClock extends Clock, Timers {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Moves the clock to `at` and runs on the way whatever is due. Rejects with whatever that throws. */
  passUntil(at: number): Promise<void>;
}

interface Due {
  at: number;
  run: () => void;
}

/** @param startsAt milliseconds since the epoch */
export function createVirtualClock(startsAt: number): VirtualClock {
  let time = startsAt;
  /** Ordered by time, the latest first. A list is enough, because few wait at a time. */
  const waiting: Due[] = [];

  const after = (milliseconds: number, run: () => void): (() => void) => {
    const due: Due = { at: time + Math.max(0, milliseconds), run };
    // Timers of the same time run in the order in which they were set.
    waiting.splice(waiting.findLastIndex(({ at }) => at > due.at) + 1, 0, due);
    return () => {
      const index = waiting.indexOf(due);
      if (index >= 0) waiting.splice(index, 1);
    };
  };

  return {
    now: () => time,
    after,
    rest: (milliseconds, signal) =>
      new Promise((resolve) => {
        if (milliseconds <= 0 || signal?.aborted === true) return resolve();
        const stop = (): void => {
          cancel();
          resolve();
        };
        const cancel = after(milliseconds, () => {
          signal?.removeEventListener('abort', stop);
          resolve();
        });
        signal?.addEventListener('abort', stop, { once: true });
      }),
    async passUntil(at) {
      for (;;) {
        // Lets everything that was woken run until it waits again.
        await new Promise((resolve) => setImmediate(resolve));
        const next = waiting.at(-1);
        if (next === undefined || next.at > at) break;
        waiting.pop();
        time = Math.max(time, next.at);
        next.run();
      }
      time = Math.max(time, at);
    },
  };
}
