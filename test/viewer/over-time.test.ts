import { describe, expect, it } from 'vitest';
import { overTime } from '../../src/viewer/page/over-time.ts';

const MINUTE = 60_000;
const interval = (minute: number, calls: number) => ({ at: minute * MINUTE, calls });
const perSecond = ({ calls }: { calls: number }, seconds: number): number => calls / seconds;

describe('figures over time', () => {
  it('are those of whole stretches, with a value where nothing happened', () => {
    const span = { from: 0.5 * MINUTE, to: 4 * MINUTE, stretch: 60 };
    expect(overTime([interval(0, 99), interval(1, 60), interval(3, 30)], span, perSecond, 0)).toEqual({
      times: [60, 120, 180],
      values: [1, 0, 0.5],
    });
  });

  it('are not halved because the present stretch is half over', () => {
    const span = { from: 0, to: 2.5 * MINUTE, stretch: 60 };
    expect(overTime([interval(1, 60), interval(2, 30)], span, perSecond, 0).values).toEqual([0, 1, 1]);
  });

  it('leave out a stretch that has only begun, unless it is all there is', () => {
    const span = { from: 0, to: 2.1 * MINUTE, stretch: 60 };
    expect(overTime([interval(1, 60), interval(2, 1)], span, perSecond, 0).times).toEqual([0, 60]);
    expect(overTime([interval(2, 12)], span, perSecond, 0)).toMatchObject({ times: [0, 60, 120], values: [0, 0, 2] });
  });
});
