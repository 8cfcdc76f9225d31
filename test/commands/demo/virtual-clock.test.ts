import { describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../../src/commands/demo/virtual-clock.ts';

const NOON = Date.UTC(2026, 10, 23, 12);

describe('a virtual clock', () => {
  it('stands still until time is let pass, and then is where it was sent', async () => {
    const clock = createVirtualClock(NOON);
    await new Promise((resolve) => setImmediate(resolve));
    expect(clock.now()).toBe(NOON);
    await clock.passUntil(NOON + 3_600_000);
    expect(clock.now()).toBe(NOON + 3_600_000);
  });

  it('wakes whoever rests at their time, in order, whatever they do next', async () => {
    const clock = createVirtualClock(NOON);
    const woken: string[] = [];
    const sleeper = async (name: string, ...naps: number[]): Promise<void> => {
      for (const nap of naps) {
        await clock.rest(nap);
        woken.push(`${name} ${clock.now() - NOON}`);
      }
    };
    const all = Promise.all([sleeper('a', 20, 20, 20), sleeper('b', 30, 1), sleeper('c', 40)]);
    await clock.passUntil(NOON + 100);
    await all;
    expect(woken).toEqual(['a 20', 'b 30', 'b 31', 'c 40', 'a 40', 'a 60']);
  });

  it('lets nothing happen that is due later', async () => {
    const clock = createVirtualClock(NOON);
    let woken = false;
    void clock.rest(1_000).then(() => {
      woken = true;
    });
    await clock.passUntil(NOON + 999);
    expect(woken).toBe(false);
    await clock.passUntil(NOON + 1_000);
    expect(woken).toBe(true);
  });

  it('ends a rest early when the signal comes, and then never again', async () => {
    const clock = createVirtualClock(NOON);
    const stop = new AbortController();
    const rested = clock.rest(50_000, stop.signal).then(() => clock.now() - NOON);
    clock.after(10, () => stop.abort());
    await clock.passUntil(NOON + 60_000);
    expect(await rested).toBe(10);
    await clock.rest(1_000, stop.signal);
    expect(clock.now()).toBe(NOON + 60_000);
  });

  it('runs what is due once, unless it is cancelled', async () => {
    const clock = createVirtualClock(NOON);
    const ran: string[] = [];
    clock.after(5, () => ran.push('kept'));
    const cancel = clock.after(6, () => ran.push('cancelled'));
    cancel();
    await clock.passUntil(NOON + 10);
    await clock.passUntil(NOON + 20);
    expect(ran).toEqual(['kept']);
  });

  it('rejects with what throws, at the time at which it does', async () => {
    const clock = createVirtualClock(NOON);
    clock.after(5, () => {
      throw new Error('a fault');
    });
    await expect(clock.passUntil(NOON + 10)).rejects.toThrow('a fault');
    expect(clock.now()).toBe(NOON + 5);
  });
});
