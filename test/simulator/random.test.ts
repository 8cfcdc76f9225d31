import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from '../../src/simulator/random.ts';

const draws = (random: Random): number[] => Array.from({ length: 200 }, () => random.next());

describe('createRandom', () => {
  it('repeats itself for the same parts', () => {
    expect(draws(createRandom(7, 'a', 0))).toEqual(draws(createRandom(7, 'a', 0)));
  });

  it('differs when any part differs', () => {
    const firsts = [createRandom(7, 'a', 0), createRandom(8, 'a', 0), createRandom(7, 'b', 0), createRandom(7, 'a', 1)];
    expect(new Set(firsts.map((random) => random.next())).size).toBe(4);
  });

  it('spreads over the range and stays inside it', () => {
    const drawn = draws(createRandom(1)).toSorted((a, b) => a - b);
    expect(drawn[0]).toBeGreaterThanOrEqual(0);
    expect(drawn.at(-1)).toBeLessThan(1);
    expect(drawn[100]).toBeGreaterThan(0.35);
    expect(drawn[100]).toBeLessThan(0.65);
    expect(createRandom(1).between(5, 6)).toBeGreaterThanOrEqual(5);
    expect(createRandom(1).between(5, 6)).toBeLessThan(6);
  });

  it('picks each of a few things, and nothing from nothing', () => {
    const random = createRandom(1);
    const picked = new Set(Array.from({ length: 100 }, () => random.pick(['a', 'b', 'c'])));
    expect(picked).toEqual(new Set(['a', 'b', 'c']));
    expect(random.pick([])).toBeUndefined();
  });

  it('writes hex of the length asked for', () => {
    expect(createRandom(1).hex(32)).toMatch(/^[0-9a-f]{32}$/);
  });
});
