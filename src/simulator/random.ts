import { hash } from 'node:crypto';

/** A stream of random numbers; the same seed repeats it. */
export interface Random {
  /** From 0 to below 1. */
  next(): number;
  /** From `low` to below `high`. */
  between(low: number, high: number): number;
  pick<T>(items: readonly T[]): T | undefined;
  hex(digits: number): string;
}

/**
 * A generator that all the parts together seed. Generators with different parts are independent of each other, so
 * concurrent clients get the same numbers whoever draws first.
 */
export function createRandom(...parts: readonly (string | number)[]): Random {
  let state = hash('sha256', JSON.stringify(parts), 'buffer').readUInt32LE(0);

  // mulberry32: 32 bits of state are plenty for jitter and choices.
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };

  return {
    next,
    between: (low, high) => low + next() * (high - low),
    pick: (items) => items[Math.floor(next() * items.length)],
    hex: (digits) => Array.from({ length: digits }, () => Math.floor(next() * 16).toString(16)).join(''),
  };
}
