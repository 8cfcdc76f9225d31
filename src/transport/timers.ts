import { now } from './clock.ts';

/** The time, and what happens later: handed in, so that a test can let time pass. */
export interface Timers {
  /** Milliseconds since the epoch; they never run backwards. */
  now(): number;
  /** Runs a function once, after a delay. The result cancels it. It keeps no process alive. */
  after(delayMs: number, run: () => void): () => void;
}

export const TIMERS: Timers = {
  now,
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs).unref();
    return () => clearTimeout(timer);
  },
};
