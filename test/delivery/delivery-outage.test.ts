import type { ExportResult } from '@opentelemetry/core';
import { describe, expect, it } from 'vitest';
import { DOWN, failed, OK, REFUSED, rig } from './delivery-rig.ts';
import { batchOf } from './spool-rig.ts';

describe('when the endpoint cannot be reached', () => {
  it('what failed and what follows go to the spool, without an attempt', async () => {
    const { deliver, answer, sent, spool, said, told } = rig();
    answer(DOWN);
    expect(await deliver('a')).toEqual(['a']);
    expect(await deliver('b', 'c')).toEqual(['b', 'c']);
    expect([sent(), spool?.items('spans'), said.length]).toEqual([['a'], 3, 1]);
    expect(told).toEqual(['failed', 'failing']);
  });

  it('what waited for its turn goes there as well', async () => {
    const { deliver, answer, spool, delivery } = rig();
    const gate = Promise.withResolvers<ExportResult>();
    answer(() => gate.promise);
    const settled = await deliver('a', 'b', 'c', 'd', 'e', 'f');
    gate.resolve(DOWN);
    await deliver();
    expect([settled.length, spool?.items('spans'), delivery.waiting]).toEqual([6, 6, 0]);
  });

  it('one is tried now and then: after a second, then more and more seldom, up to half a minute', async () => {
    const { deliver, answer, sent, timers } = rig();
    answer(DOWN);
    await deliver('a');
    sent();
    const pauses: number[] = [];
    for (let seconds = 1, last = 0; pauses.length < 8; seconds++) {
      await timers.advance(1_000);
      if (sent().length === 0) continue;
      pauses.push(seconds - last);
      last = seconds;
    }
    expect(pauses).toEqual([1, 2, 4, 8, 16, 30, 30, 30]);
  });

  it('a live batch and the oldest of the spool are tried by turns', async () => {
    const { deliver, answer, sent, timers } = rig();
    answer(DOWN);
    await deliver('a');
    sent();
    const tried: string[] = [];
    for (let second = 1; second <= 31; second++) {
      await timers.advance(1_000);
      await deliver(`live-${second}`);
      tried.push(...sent().map((text) => `${second} ${text}`));
    }
    expect(tried).toEqual(['1 a', '2 live-2', '6 a', '10 live-10', '26 a']);
  });

  it('and comes back, the spool is sent, oldest first and not too fast, live batches before it', async () => {
    const { deliver, answer, sent, timers, spool, said, told } = rig();
    answer(DOWN);
    await deliver('a', 'b', 'c', 'd');
    sent();
    answer(OK);
    await timers.advance(1_000);
    expect(sent()).toEqual(['a', 'b']);
    await deliver('live');
    expect(sent()).toEqual(['live']);
    await timers.advance(49);
    expect(sent()).toEqual([]);
    await timers.advance(1);
    expect(sent()).toEqual(['c']);
    await timers.advance(50);
    expect([sent(), spool?.items('spans')]).toEqual([['d'], 0]);
    expect(said).toEqual([
      'spans cannot be exported to http://collector: ECONNREFUSED no; traffic goes on',
      'spans reach http://collector again after 1 s: 0 lost, 4 late',
    ]);
    expect(told.at(-1)).toBe('restored 0 4');
  });

  it('large batches are sent at no more than four megabytes a second', async () => {
    const { delivery, deliver, answer, sent, timers } = rig({ maxBytes: 2 ** 26 });
    answer(DOWN);
    for (const text of ['a', 'b', 'c']) await delivery.deliver(batchOf(text, { size: 4_096_000 }));
    sent();
    answer(OK);
    await deliver('live');
    await timers.advance(1_000);
    expect(sent()).toEqual(['a', 'b']);
    await timers.advance(999);
    expect(sent()).toEqual([]);
    await timers.advance(1);
    expect(sent()).toEqual(['c']);
  });

  it('a batch that was refused when its turn came is lost, and the next goes on', async () => {
    const { deliver, answer, sent, timers, lost, spool } = rig();
    answer(DOWN);
    await deliver('a', 'b', 'c');
    answer((text) => (text === 'b' ? REFUSED : OK));
    sent();
    await timers.advance(2_000);
    expect([sent(), lost(), spool?.items('spans')]).toEqual([['a', 'b', 'c'], 1, 0]);
  });

  it('what the spool drops is counted exactly', async () => {
    const { deliver, answer, timers, said, lost, dropped } = rig({ maxBytes: 10 * 4_096 });
    answer(DOWN);
    await deliver(...Array.from({ length: 25 }, (_, index) => `${index}`));
    answer(OK);
    await timers.advance(5_000);
    expect([dropped.length, lost()]).toEqual([15, 15]);
    expect(said.at(-1)).toBe('spans reach http://collector again after 1 s: 15 lost, 10 late');
  });

  it('what the spool does not take is lost', async () => {
    const { delivery, answer, lost } = rig({ maxBytes: 4_096 });
    answer(DOWN);
    await delivery.deliver(batchOf('a', { size: 5_000, items: 8 }));
    expect(lost()).toBe(8);
  });
});

describe('an endpoint that refuses everything', () => {
  it('is treated as one that cannot be reached, so that little is lost', async () => {
    const { deliver, answer, lost, spool, timers } = rig();
    answer(failed(401));
    for (const text of ['a', 'b', 'c', 'd', 'e', 'f']) await deliver(text);
    expect([lost(), spool?.items('spans')]).toEqual([3, 3]);
    answer(OK);
    await timers.advance(2_000);
    expect([lost(), spool?.items('spans')]).toEqual([3, 0]);
  });

  it('is not one that refuses a batch here and there', async () => {
    const { deliver, answer, sent } = rig();
    answer((text) => (text.startsWith('bad') ? REFUSED : OK));
    for (let index = 0; index < 5; index++) {
      await deliver(`bad-${index}`);
      await deliver(`good-${index}`);
    }
    expect(sent()).toHaveLength(10);
  });
});

describe('a batch that never finds its way', () => {
  it('holds the others up for a while only', async () => {
    const { deliver, answer, sent, timers, spool, lost, said } = rig();
    answer((text) => (text === 'bad' ? DOWN : OK));
    await deliver('bad', 'good');
    for (let second = 0; second < 300; second++) {
      await timers.advance(1_000);
      await deliver(`live-${second}`);
    }
    expect([lost(), spool?.items('spans')]).toEqual([1, 0]);
    const arrived = sent().filter((text) => text !== 'bad');
    expect(new Set(arrived).size).toBe(301);
    expect(arrived).toHaveLength(301);
    expect(said.length).toBeLessThan(20);
  });
});
