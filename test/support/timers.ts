import { setImmediate as turn } from 'node:timers/promises';
import type { Timers } from '../../src/transport/timers.ts';
import { manualClock } from './clock.ts';

export interface ManualTimers extends Timers {
  /** Lets time pass, and what is due happen in its order, with all that follows from it. */
  advance(milliseconds: number): Promise<void>;
  /** How much waits. */
  waiting(): number;
}

/** Timers that stand still until they are told otherwise. */
export function manualTimers(): ManualTimers {
  const clock = manualClock();
  let waiting: { at: number; run: () => void }[] = [];
  return {
    now: clock.now,
    after(milliseconds, run) {
      const timer = { at: clock.now() + milliseconds, run };
      waiting.push(timer);
      return () => {
        waiting = waiting.filter((other) => other !== timer);
      };
    },
    async advance(milliseconds) {
      const end = clock.now() + milliseconds;
      for (;;) {
        await turn();
        const [next] = waiting.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at);
        if (next === undefined) break;
        waiting = waiting.filter((other) => other !== next);
        clock.advance(Math.max(0, next.at - clock.now()));
        next.run();
      }
      clock.advance(end - clock.now());
    },
    waiting: () => waiting.length,
  };
}
