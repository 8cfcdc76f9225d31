import { describe, expect, it } from 'vitest';
import { textMemory } from '../../src/json/block-scan.ts';
import { TextPool, textPool } from '../../src/observe/text-pool.ts';
import { OddJson } from './odd-json.ts';

const LEAST = 8_192;

function poolOf(pieces: number): { pool: TextPool; isOf: (piece: Buffer) => boolean } {
  const memory = Buffer.alloc(pieces * LEAST);
  return { pool: new TextPool(memory), isOf: (piece) => piece.buffer === memory.buffer };
}

describe('memory for texts', () => {
  it('holds what was asked for, rounded up to a power of two', () => {
    const { pool } = poolOf(256);
    expect([1, LEAST, LEAST + 1, 1_048_576].map((bytes) => pool.take(bytes).length)).toEqual([
      LEAST,
      LEAST,
      2 * LEAST,
      1_048_576,
    ]);
  });

  it('is used again once it was given back', () => {
    const { pool } = poolOf(4);
    const first = pool.take(100);
    expect(pool.take(100)).not.toBe(first);
    pool.give(first);
    expect(pool.take(200)).toBe(first);
  });

  it('is ordinary memory, not kept, when all is in use or never was enough', () => {
    const { pool, isOf } = poolOf(8);
    const taken = Array.from({ length: 9 }, () => pool.take(LEAST));
    expect(taken.map(isOf)).toEqual([...Array.from({ length: 8 }, () => true), false]);
    for (const piece of taken) pool.give(piece);
    expect(Array.from({ length: 9 }, () => isOf(pool.take(LEAST))).filter(Boolean)).toHaveLength(8);
    const larger = pool.take(16 * LEAST);
    expect([larger.length, isOf(larger)]).toEqual([16 * LEAST, false]);
  });

  it('is one piece again after all was given back, in whatever order', () => {
    for (let seed = 1; seed <= 100; seed += 1) {
      const json = new OddJson(seed);
      const { pool, isOf } = poolOf(32);
      const taken = Array.from({ length: 4 + json.below(12) }, () => pool.take(1 + json.below(6 * LEAST)));
      for (const order of taken.map((piece) => ({ piece, at: json.below(1000) })).sort((a, b) => a.at - b.at))
        pool.give(order.piece);
      expect(isOf(pool.take(32 * LEAST)), `seed ${seed}`).toBe(true);
    }
  });

  it('is never in two hands', () => {
    const json = new OddJson(1);
    const { pool } = poolOf(64);
    const held: { piece: Buffer; mark: number }[] = [];
    for (let mark = 1; mark <= 3_000; mark += 1) {
      const piece = pool.take(1 + json.below(json.pick([LEAST, 4 * LEAST, 20 * LEAST])));
      piece.writeUInt32LE(mark, 0);
      piece.writeUInt32LE(mark, piece.length / 2);
      piece.writeUInt32LE(mark, piece.length - 4);
      held.push({ piece, mark });
      while (held.length > json.below(40)) {
        const [last] = held.splice(json.below(held.length), 1);
        if (last === undefined) break;
        const places = [0, last.piece.length / 2, last.piece.length - 4];
        expect(places.map((at) => last.piece.readUInt32LE(at))).toEqual([last.mark, last.mark, last.mark]);
        pool.give(last.piece);
      }
    }
  });

  it('is 8 MiB for the thread', () => {
    const pieces = Array.from({ length: 10 }, () => textPool.take(1_048_576));
    expect(pieces.filter((piece) => piece.buffer === textMemory.buffer)).toHaveLength(8);
    for (const piece of pieces) textPool.give(piece);
    expect(textPool.take(8_388_608).buffer).toBe(textMemory.buffer);
  });
});
