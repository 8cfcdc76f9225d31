import { describe, expect, it } from 'vitest';
import type { StoredOperation } from '../../src/store/operation-queries.ts';
import { timeline } from '../../src/viewer/page/timeline.ts';

interface Few {
  startedAt: number;
  seconds: number;
  parentAt?: number;
}

// What is looked at is all there is.
const operations = (...few: readonly Few[]): StoredOperation[] =>
  few.map((one, index) => ({
    id: index + 1,
    parentAt: undefined,
    direction: one.parentAt === undefined ? 'to-server' : 'to-client',
    ...one,
  })) as unknown as StoredOperation[];

const drawn = (...few: readonly Few[]) => timeline(operations(...few)).bars;

describe('the timeline of a session', () => {
  it('draws ten times as long ten times as wide, whatever the silence between', () => {
    const [short, long] = drawn({ startedAt: 0, seconds: 0.1 }, { startedAt: 3_600_000, seconds: 1 });
    expect((long?.length ?? 0) / (short?.length ?? 1)).toBeCloseTo(10);
    expect(short).toMatchObject({ from: 0, silenceMs: undefined });
    expect(long?.silenceMs).toBe(3_599_900);
    expect((long?.from ?? 0) + (long?.length ?? 0)).toBeCloseTo(1);
  });

  it('leaves most of the room to what happened, however many silences there are', () => {
    const many = drawn(...Array.from({ length: 500 }, (_, index) => ({ startedAt: index * 60_000, seconds: 0.5 })));
    expect(many.reduce((total, { length }) => total + length, 0)).toBeGreaterThan(0.6);
    expect(many.map(({ from }) => from)).toEqual(many.map(({ from }) => from).toSorted((a, b) => a - b));
  });

  it('keeps a pause that is shorter than it may be as it is', () => {
    const [, second] = drawn({ startedAt: 0, seconds: 1 }, { startedAt: 1_010, seconds: 1 });
    expect(second).toMatchObject({ from: 1_010 / 2_010, silenceMs: undefined });
  });

  it('draws a call until its end, though another began and ended within it', () => {
    const [long, within, after] = drawn(
      { startedAt: 0, seconds: 60 },
      { startedAt: 10_000, seconds: 1 },
      { startedAt: 59_000, seconds: 2 },
    );
    expect(long).toMatchObject({ from: 0, length: 60 / 61 });
    expect(within?.from).toBeCloseTo(10 / 61);
    expect(after).toMatchObject({ silenceMs: undefined });
    expect(long?.positionOf(30_000)).toBeCloseTo(30 / 61);
  });

  it('puts what the server asks below the call it asks in, and loses none whose call is not shown', () => {
    const all = drawn(
      { startedAt: 0, seconds: 9 },
      { startedAt: 1_000, seconds: 1 },
      { startedAt: 2_000, seconds: 1, parentAt: 0 },
      { startedAt: 3_000, seconds: 1, parentAt: -5 },
    );
    expect(all.map(({ operation }) => operation.id)).toEqual([1, 3, 2, 4]);
  });

  it('is drawn of what took no time', () => {
    expect(drawn({ startedAt: 5, seconds: 0 })).toMatchObject([{ from: 0, length: 0 }]);
    expect(drawn()).toEqual([]);
  });

  it('has its axis in real times, and says where silences were cut short', () => {
    const { ticks, cuts } = timeline(operations({ startedAt: 0, seconds: 1 }, { startedAt: 3_600_000, seconds: 1 }));
    expect(ticks.map(({ position }) => position)).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(ticks[0]?.at).toBe(0);
    expect(ticks.at(-1)?.at).toBe(3_601_000);
    expect(cuts).toMatchObject([{ silenceMs: 3_599_000 }]);
  });

  it('can be linear: silences are as wide as they were long', () => {
    const { bars, ticks, cuts } = timeline(operations({ startedAt: 0, seconds: 1 }, { startedAt: 9_000, seconds: 1 }), {
      linear: true,
    });
    expect(bars.map(({ from }) => from)).toEqual([0, 0.9]);
    expect(ticks.map(({ at }) => at)).toEqual([0, 2_500, 5_000, 7_500, 10_000]);
    expect(cuts).toEqual([]);
  });

  it('can share the scale of a longer one', () => {
    const { bars, ticks } = timeline(operations({ startedAt: 0, seconds: 1 }), { atLeastMs: 4_000 });
    expect(bars[0]).toMatchObject({ from: 0, length: 0.25 });
    expect(ticks.map(({ at }) => at)).toEqual([0, 1_000]);
  });

  it('marks only the longest of many silences', () => {
    const many = Array.from({ length: 100 }, (_, index) => ({ startedAt: index * (60_000 + index), seconds: 0.5 }));
    const { cuts } = timeline(operations(...many));
    expect(cuts).toHaveLength(8);
    expect(Math.min(...cuts.map(({ silenceMs }) => silenceMs))).toBeGreaterThan(59_500 + 150);
  });
});
