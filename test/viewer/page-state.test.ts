import { describe, expect, it } from 'vitest';
import type { StoredSession } from '../../src/store/session-queries.ts';
import { parseRoute } from '../../src/viewer/page/route.ts';
import { FIRST_RANGE, FIRST_ROWS, heldOrder, routeChange, scopeOf, type State } from '../../src/viewer/page/state.ts';

const rows = (...numbers: number[]): StoredSession[] =>
  // The order is made of rows alone.
  numbers.map((row) => ({ row })) as StoredSession[];

function stateAt(hash: string, change: Partial<State> = {}): State {
  const route = parseRoute(hash);
  return {
    route,
    about: undefined,
    latest: { view: 'sessions', answered: { ok: true, answer: { at: 0, sessions: rows(3, 1, 2), total: 3 } } },
    latestScope: scopeOf(route),
    timeline: undefined,
    beside: undefined,
    range: FIRST_RANGE,
    order: undefined,
    staleSince: undefined,
    toFocus: undefined,
    toScrollTo: undefined,
    live: { operations: [], missed: 0, connected: true },
    rows: FIRST_ROWS,
    paused: false,
    hold: undefined,
    searchHint: undefined,
    ...change,
  };
}

describe('the order of sessions', () => {
  it('is held from the moment on at which one is open', () => {
    expect(heldOrder(stateAt('#sessions'))).toBeUndefined();
    expect(heldOrder(stateAt('#sessions?session=1'))).toEqual([3, 1, 2]);
    expect(heldOrder(stateAt('#sessions?session=1', { order: [1, 2] }))).toEqual([1, 2]);
  });

  it('is not taken from the answer to another question', () => {
    expect(
      heldOrder(stateAt('#sessions?session=1', { latestScope: scopeOf(parseRoute('#sessions?client=zed')) })),
    ).toBe(undefined);
  });
});

describe('another address', () => {
  const open = stateAt('#sessions?session=1', { order: [3, 1, 2], range: { operations: 600, latest: true } });

  it('of another session begins with its first operations, and keeps the order', () => {
    expect(routeChange(open, parseRoute('#sessions?session=2'))).toMatchObject({
      range: FIRST_RANGE,
      order: [3, 1, 2],
    });
  });

  it('with another filter lets go of the order', () => {
    expect(routeChange(open, parseRoute('#sessions?session=1&client=zed'))).toMatchObject({
      range: { operations: 600 },
      order: undefined,
    });
  });

  it('of another view scrolls to the session that it names', () => {
    expect(routeChange(stateAt('#now'), parseRoute('#sessions?session=2'))).toMatchObject({ toScrollTo: '2' });
    expect(routeChange(open, parseRoute('#sessions?session=2'))).not.toHaveProperty('toScrollTo');
  });
});
