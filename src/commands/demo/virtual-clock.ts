import type { Timers } from '../../transport/timers.ts';
import type { Clock } from '../../simulator/clock.ts';

/** A clock that stands still but for whoever lets time pass: an hour takes as long as what happens in it. */
export interface VirtualClock extends Clock, Timers {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Lets time pass until then, stopping wherever something is due. Rejects with what that throws. */
  passUntil(at: number): Promise<void>;
}

interface Due {
  at: number;
  run: () => void;
}

/** @param startsAt milliseconds since the epoch */
export function createVirtualClock(startsAt: number): VirtualClock {
  let time = startsAt;
  /** The latest first: few wait at a time. */
  const waiting: Due[] = [];

  const after = (milliseconds: number, run: () => void): (() => void) => {
    const due: Due = { at: time + Math.max(0, milliseconds), run };
    // What is due at the same time happens in the order in which it was asked for.
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
        // Whoever was woken goes on as far as there is no need to wait.
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
