import { describe, expect, it } from 'vitest';
import { Outage } from '../../src/delivery/outage.ts';
import { manualClock } from '../support/clock.ts';

const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:4318\n<html>secret page</html>'), {
  code: 'ECONNREFUSED',
});

function start() {
  const clock = manualClock();
  const due = new Map<() => void, number>();
  const timers = {
    now: clock.now,
    after: (milliseconds: number, run: () => void) => {
      due.set(run, clock.now() + milliseconds);
      return () => void due.delete(run);
    },
  };
  const pass = (seconds: number): void => {
    clock.advance(seconds * 1_000);
    for (const [run, at] of due) {
      if (at > clock.now()) continue;
      due.delete(run);
      run();
    }
  };
  const said: string[] = [];
  const told: string[] = [];
  let late = 0;
  const outage = new Outage({
    items: 'spans',
    target: 'http://collector:4318/v1/traces (http/protobuf)',
    late: () => late,
    timers,
    say: (line) => said.push(line),
    onFailed: () => told.push('failed'),
    onLost: (items) => told.push(`lost ${items}`),
    onFailing: () => told.push('failing'),
    onRestored: (lost, arriving) => told.push(`restored ${lost} ${arriving}`),
  });
  const wait = (items: number): void => void (late = items);
  return { outage, said, told, wait, pass };
}

describe('an outage', () => {
  it('is not spoken of while all is well', () => {
    const { outage, said, told } = start();
    outage.delivered(3);
    outage.finish(0);
    expect([said, told]).toEqual([[], []]);
  });

  it('is spoken of once when it begins, with the reason in a line', () => {
    const { outage, said, told } = start();
    for (let index = 0; index < 3; index++) outage.failed(refused);
    expect(said).toEqual([
      'spans cannot be exported to http://collector:4318/v1/traces (http/protobuf): ECONNREFUSED connect ECONNREFUSED 127.0.0.1:4318; traffic goes on',
    ]);
    expect(told).toEqual(['failed', 'failing', 'failed', 'failed']);
  });

  it.each([
    [undefined, 'no reason given'],
    [new TypeError(''), 'TypeError'],
    [new Error('x'.repeat(500)), 'x'.repeat(120)],
    [Object.assign(new Error('14 UNAVAILABLE: no'), { code: 14 }), '14 UNAVAILABLE: no'],
  ])('gives the reason of %s as %s', (error, reason) => {
    const { outage, said } = start();
    outage.failed(error);
    expect(said[0]).toContain(`: ${reason}; traffic goes on`);
  });

  it('is spoken of once when it is over, with what was lost and what comes late', () => {
    const { outage, said, told, wait, pass } = start();
    outage.failed(refused);
    outage.lost(5, 'the spool is full');
    pass(299);
    outage.lost(2, 'the spool is full');
    pass(1);
    wait(40);
    outage.delivered(10);
    outage.delivered(10);
    expect(said).toHaveLength(2);
    expect(said[1]).toBe(
      'spans reach http://collector:4318/v1/traces (http/protobuf) again after 300 s: 7 lost, 50 late',
    );
    expect(told.at(-1)).toBe('restored 7 50');
    outage.finish(0);
    expect(said).toHaveLength(2);
  });

  it('says at the end what never arrived, and what waits', () => {
    const { outage, said } = start();
    outage.failed(refused);
    outage.lost(5, 'the spool is full');
    outage.finish(40);
    expect(said.slice(1)).toEqual([
      '5 spans were not delivered to http://collector:4318/v1/traces (http/protobuf)',
      '40 spans wait in the spool for the next start',
    ]);
  });
});

describe('trouble in spite of answers', () => {
  it('is spoken of once, and is over when all was well for ten seconds', () => {
    const { outage, said, told, pass } = start();
    outage.lost(1, 'they come faster than they can be sent');
    for (let second = 0; second < 30; second++) {
      outage.delivered(512);
      outage.lost(1, 'they come faster than they can be sent');
      pass(1);
    }
    expect(said).toHaveLength(1);
    expect(said[0]).toContain('they come faster than they can be sent');
    pass(9);
    outage.delivered(512);
    expect(said).toHaveLength(2);
    expect(said[1]).toMatch(/ again after 39 s: 31 lost, 512 late$/);
    expect(told.filter((event) => event === 'failing')).toHaveLength(1);
  });

  it('that comes and goes does not fill the terminal, and every loss is in one of the lines', () => {
    const { outage, said, pass } = start();
    for (let second = 0; second < 120; second++) {
      outage.failed(refused);
      outage.lost(1, 'no spool');
      pass(0.5);
      outage.delivered(512);
      pass(0.5);
    }
    pass(10);
    outage.delivered(512);
    expect(said.length).toBeLessThanOrEqual(6);
    const lost = said.map((line) => Number(/ (\d+) lost/.exec(line)?.[1] ?? 0));
    expect(lost.reduce((sum, count) => sum + count, 0)).toBe(120);
  });

  it('that returns for good soon after it was over is spoken of again', () => {
    const { outage, said, pass } = start();
    outage.failed(refused);
    outage.delivered(1);
    pass(2);
    outage.failed(refused);
    expect(said).toHaveLength(2);
    pass(10);
    outage.failed(refused);
    expect(said).toHaveLength(3);
    outage.delivered(1);
    pass(10);
    outage.delivered(1);
    expect(said[3]).toContain(' again after 20 s');
  });

  it('that began with a loss is over when all was well for a while, though nothing more was delivered', () => {
    const { outage, said, pass } = start();
    outage.lost(5, 'the spool is full');
    pass(2);
    outage.delivered(1);
    pass(7);
    expect(said).toHaveLength(1);
    pass(1);
    expect(said[1]).toContain(' again after 10 s: 5 lost');
  });

  it('is not over while trouble goes on, whatever arrives in between', () => {
    const { outage, said, pass } = start();
    for (let round = 0; round < 20; round++) {
      outage.lost(1, 'the spool is full');
      pass(3);
      outage.delivered(1);
      pass(3);
    }
    expect(said).toHaveLength(1);
  });
});
