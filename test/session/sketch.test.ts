import { hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { REGISTERS, Sketch } from '../../src/session/sketch.ts';

const ERROR = 1.04 / Math.sqrt(REGISTERS);

function add(sketch: Sketch, name: string): boolean {
  const digest = hash('sha256', name, 'buffer');
  return sketch.add(digest.readUInt32BE(0), digest.readUInt32BE(4));
}

function sketchOf(from: number, to: number, seed: number): Sketch {
  const sketch = new Sketch();
  for (let each = from; each < to; each++) add(sketch, `${seed} ${each}`);
  return sketch;
}

describe('a sketch', () => {
  it('of nothing counts nothing', () => {
    expect(new Sketch().estimate()).toBe(0);
  });

  // The hashes are fixed, so the figures are too.
  it.each([1, 2, 3, 5, 10, 40, 100, 1_000, 2_500, 10_000, 100_000])(
    'counts %i within three standard errors',
    (exact) => {
      const errors = [1, 2, 3, 4, 5].map((seed) => sketchOf(0, exact, seed).estimate() / exact - 1);
      for (const error of errors) expect(Math.abs(error)).toBeLessThan(3 * ERROR);
      const mean = errors.reduce((total, error) => total + error, 0) / errors.length;
      expect(Math.abs(mean)).toBeLessThan((3 * ERROR) / Math.sqrt(errors.length));
    },
  );

  it('is exact for a few, but for two that share a register', () => {
    const exact = Array.from({ length: 100 }, (_, seed) => Math.round(sketchOf(0, 8, seed).estimate()) === 8);
    expect(exact.filter(Boolean).length).toBeGreaterThan(90);
  });

  it('counts nobody twice, and says whether it has changed', () => {
    const sketch = new Sketch();
    expect([add(sketch, 'one'), add(sketch, 'one')]).toEqual([true, false]);
    for (let times = 0; times < 1_000; times++) add(sketch, 'one');
    expect(Math.round(sketch.estimate())).toBe(1);
  });

  it('merges into that of the union', () => {
    const [left, right, whole] = [sketchOf(0, 600, 1), sketchOf(400, 1_000, 1), sketchOf(0, 1_000, 1)];
    expect(left.merge(right.registers)).toBe(true);
    expect(left.merge(right.registers)).toBe(false);
    expect(left.registers).toEqual(whole.registers);
  });

  it('takes no registers of another length', () => {
    expect(new Sketch(new Uint8Array(7).fill(9)).estimate()).toBe(0);
    expect(new Sketch().merge(new Uint8Array(7).fill(9))).toBe(false);
  });

  it('stays finite when all is full', () => {
    expect(new Sketch(new Uint8Array(REGISTERS).fill(255)).estimate()).toBe(Number.MAX_SAFE_INTEGER);
  });
});
