import { now } from './clock.ts';

/** The time, and what happens later: handed in, so that a test can let time pass. */
export interface Timers {
  /** Milliseconds since the epoch that never run backwards. */
  now(): number;
  /** Runs something once, after so many milliseconds, unless it is cancelled; keeps no process alive. */
  after(milliseconds: number, run: () => void): () => void;
}

export const TIMERS: Timers = {
  now,
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds).unref();
    return () => clearTimeout(timer);
  },
};
