import { describe, expect, it } from 'vitest';
import { TextPool } from '../../src/observe/text-pool.ts';

describe('memory for bodies', () => {
  it('holds what was asked for, rounded up to a power of two', () => {
    const pool = new TextPool();
    expect([1, 8_192, 8_193, 1_048_576].map((bytes) => pool.take(bytes).length)).toEqual([
      8_192, 8_192, 16_384, 1_048_576,
    ]);
  });

  it('is used again once it was given back', () => {
    const pool = new TextPool();
    const first = pool.take(100);
    expect(pool.take(100)).not.toBe(first);
    pool.give(first);
    expect(pool.take(200)).toBe(first);
  });

  it('is kept up to 8 MiB only', () => {
    const pool = new TextPool();
    const buffers = Array.from({ length: 10 }, () => pool.take(1_048_576));
    for (const buffer of buffers) pool.give(buffer);
    const again = new Set(Array.from({ length: 10 }, () => pool.take(1_048_576)));
    expect(buffers.filter((buffer) => again.has(buffer))).toHaveLength(8);
  });
});
