export interface ManualClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Lets this many milliseconds pass. */
  advance(milliseconds: number): void;
}

/** A clock that stands still until it is told otherwise. */
export function manualClock(start = Date.UTC(2026, 0, 1)): ManualClock {
  let now = start;
  return {
    now: () => now,
    advance(milliseconds) {
      if (milliseconds < 0) throw new RangeError('this clock does not run backwards');
      now += milliseconds;
    },
  };
}
