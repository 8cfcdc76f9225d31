import { describe, expect, it } from 'vitest';
import type { Operation } from '../../src/session/operation.ts';
import { PendingElsewhere } from '../../src/session/pending.ts';

// What waits is looked at in two respects: which it is, and since when its client is gone.
const operation = (leftAt = 0): Operation => ({ leftAt, waitsSince: 0 }) as Operation;

function startPending() {
  const forgotten: Operation[] = [];
  return { pending: new PendingElsewhere((each) => forgotten.push(each)), forgotten };
}

describe('requests that are answered elsewhere', () => {
  it('are found by session, direction and id, and taken once', () => {
    const { pending } = startPending();
    const [ours, theirs, other] = [operation(), operation(), operation()];
    expect(pending.add('a', 'to-server', 1, ours)).toBeUndefined();
    expect(pending.add('a', 'to-client', 1, theirs)).toBeUndefined();
    expect(pending.add('b', 'to-server', 1, other)).toBeUndefined();
    expect(pending.find('a', 'to-server', 1)).toBe(ours);
    expect(pending.find('a', 'to-server', '1')).toBeUndefined();
    expect(pending.take('a', 'to-client', 1)).toBe(theirs);
    expect(pending.take('a', 'to-client', 1)).toBeUndefined();
    expect(pending.find('a', 'to-server', 1)).toBe(ours);
    expect(pending.keys()).toEqual(['a', 'b']);
    expect(pending.take('a', 'to-server', 1)).toBe(ours);
    expect(pending.keys()).toEqual(['b']);
    expect(pending.take('c', 'to-server', 1)).toBeUndefined();
  });

  it('of a session that ended are taken all at once, both ways', () => {
    const { pending } = startPending();
    const [ours, theirs] = [operation(), operation()];
    pending.add('a', 'to-server', 1, ours);
    pending.add('a', 'to-client', 1, theirs);
    expect(pending.takeAll('a')).toEqual([ours, theirs]);
    expect(pending.takeAll('a')).toEqual([]);
    expect(pending.keys()).toEqual([]);
  });

  it('whose id is used again give the first one back', () => {
    const { pending } = startPending();
    const [first, second] = [operation(), operation()];
    pending.add('a', 'to-server', 1, first);
    expect(pending.add('a', 'to-server', 1, second)).toBe(first);
    expect(pending.take('a', 'to-server', 1)).toBe(second);
  });

  it('are given up when their client is gone for 5 s, unless its session has a stream open', () => {
    const { pending } = startPending();
    const [gone, later, here, theirs] = [operation(1_000), operation(1_001), operation(), operation(1_000)];
    pending.add('a', 'to-server', 1, gone);
    pending.add('a', 'to-server', 2, later);
    pending.add('a', 'to-server', 3, here);
    pending.add('a', 'to-client', 1, theirs);
    expect(pending.takeAbandoned(5_999, () => false)).toEqual([]);
    expect(pending.takeAbandoned(6_000, (key) => key === 'a')).toEqual([]);
    expect(pending.takeAbandoned(6_000, () => false)).toEqual([gone]);
    expect(pending.takeAbandoned(6_001, () => false)).toEqual([later]);
    expect(pending.takeAll('a')).toEqual([here, theirs]);
  });
});

describe('the room for what waits', () => {
  it.each(['to-server', 'to-client'] as const)('is 1 000 of a session %s: the oldest is forgotten', (direction) => {
    const { pending, forgotten } = startPending();
    const all = Array.from({ length: 1_002 }, () => operation());
    for (const [id, each] of all.entries()) pending.add('a', direction, id, each);
    expect(forgotten).toEqual(all.slice(0, 2));
    expect(pending.takeAll('a')).toEqual(all.slice(2));
  });

  it('is 10 000 in all: the oldest of the oldest session is forgotten, what a client asked before what a server did', () => {
    const { pending, forgotten } = startPending();
    const [theirs, ours] = [operation(), operation()];
    pending.add('oldest', 'to-client', 1, theirs);
    pending.add('oldest', 'to-server', 1, ours);
    for (let id = 0; id < 9_998; id++) pending.add(`session-${id % 10}`, 'to-server', id, operation());
    expect(forgotten).toEqual([]);
    pending.add('new', 'to-server', 1, operation());
    expect(forgotten).toEqual([ours]);
    pending.add('new', 'to-server', 2, operation());
    expect(forgotten).toEqual([ours, theirs]);
    expect(pending.keys()).not.toContain('oldest');
  });

  it('is free again when something is taken, and is not used twice by one id', () => {
    const { pending, forgotten } = startPending();
    for (let id = 0; id < 9_999; id++) pending.add(`session-${id % 10}`, 'to-server', id, operation());
    for (let time = 0; time < 50; time++) pending.add('again', 'to-server', 1, operation());
    expect(forgotten).toEqual([]);
    pending.take('again', 'to-server', 1);
    expect(pending.takeAll('session-0')).toHaveLength(1_000);
    for (let id = 0; id < 1_001 - 1; id++) pending.add('more', 'to-server', id, operation());
    pending.add('last', 'to-server', 1, operation());
    expect(forgotten).toEqual([]);
    pending.take('last', 'to-server', 'what is not there');
    pending.add('last', 'to-server', 2, operation());
    expect(forgotten).toHaveLength(1);
  });
});
