import type { ExportResult } from '@opentelemetry/core';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { DOWN, never, OK, REFUSED, rig } from './delivery-rig.ts';
import { batchOf, textOf } from './spool-rig.ts';

describe('while the endpoint can be reached', () => {
  it('batches are sent at once, and are settled when they arrived', async () => {
    const { deliver, sent, said, delivery } = rig();
    expect(await deliver('a', 'b')).toEqual(['a', 'b']);
    expect([sent(), said, delivery.waiting]).toEqual([['a', 'b'], [], 0]);
  });

  it('no more than four are on their way, the others wait', async () => {
    const { deliver, sent, answer, mostInFlight, delivery } = rig();
    const gate = Promise.withResolvers<ExportResult>();
    answer(() => gate.promise);
    const settled = await deliver('a', 'b', 'c', 'd', 'e', 'f');
    expect([settled, sent(), delivery.waiting]).toEqual([[], ['a', 'b', 'c', 'd'], 6]);
    gate.resolve(OK);
    await deliver();
    expect([sent(), mostInFlight(), delivery.waiting]).toEqual([['e', 'f'], 4, 0]);
  });

  it('those that wait too long for their turn go to the spool, the oldest first', async () => {
    const { delivery, answer, spool, dropped } = rig();
    answer(never);
    for (const text of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'])
      void delivery.deliver(batchOf(text, { size: 3 * 2 ** 20 }));
    await turn();
    // Four batches are being sent and two wait: 6 MiB of 8.
    const oldest = spool?.oldest('spans');
    expect([oldest && textOf(oldest.batch), spool?.items('spans'), delivery.waiting]).toEqual(['e', 2, 6]);
    expect(dropped).toEqual([]);
  });

  it('what is in the spool waits while a live batch does', async () => {
    const { deliver, answer, sent, spool, timers } = rig();
    answer(never);
    await deliver('a', 'b', 'c', 'd', 'e');
    spool?.put(batchOf('old'));
    await timers.advance(20_000);
    expect(sent()).toEqual(['a', 'b', 'c', 'd']);
  });

  it('what is in the spool is sent once, however long the answer takes', async () => {
    const { deliver, answer, sent, spool, timers } = rig();
    answer((text) => (text === 'old' ? never : OK));
    spool?.put(batchOf('old'));
    await timers.advance(20_000);
    await deliver('a');
    expect(sent()).toEqual(['old', 'a']);
  });

  it('so many items wait for their turn, and no more', async () => {
    const { delivery, answer, spool } = rig({ maxItems: 20 });
    answer(never);
    for (let index = 0; index < 10; index++) void delivery.deliver(batchOf(`${index}`, { items: 5 }));
    expect([delivery.waiting, spool?.items('spans')]).toEqual([20 + 20, 10]);
  });

  it('a batch that is refused is lost and said, and never sent again', async () => {
    const { deliver, answer, sent, said, told, timers, spool } = rig();
    answer(REFUSED);
    expect(await deliver('a')).toEqual(['a']);
    answer(OK);
    await deliver('b');
    await timers.advance(60_000);
    expect([sent(), spool?.items('spans')]).toEqual([['a', 'b'], 0]);
    expect(told).toEqual(['failed', 'failing', 'lost 1', 'restored 1 1']);
    expect(said).toEqual([
      'spans cannot be exported to http://collector: 400 no; traffic goes on',
      'spans reach http://collector again after 0 s: 1 lost, 1 late',
    ]);
  });

  it('items of a batch that are refused are lost too', async () => {
    const { delivery, answer, lost, watch, said } = rig();
    answer({ ...OK, rejected: 3 });
    await delivery.deliver(batchOf('a', { items: 10 }));
    answer({ ...OK, rejected: 99 });
    await delivery.deliver(batchOf('b', { items: 10 }));
    watch.finish(0);
    expect([lost(), said.at(-1)]).toEqual([13, '13 spans were not delivered to http://collector']);
  });
});

describe('without a spool', () => {
  it('what comes faster than it can be sent is lost, and said', async () => {
    const { delivery, answer, lost, said } = rig({ spool: 'off', maxItems: 20 });
    answer(never);
    for (let index = 0; index < 10; index++) void delivery.deliver(batchOf(`${index}`, { items: 5 }));
    expect([delivery.waiting, lost()]).toEqual([40, 10]);
    expect(said).toEqual([
      'spans cannot be exported to http://collector: they come faster than they can be sent; traffic goes on',
    ]);
  });

  it('what fails is lost, while others wait in bounded memory for the next attempt', async () => {
    const { delivery, deliver, answer, sent, lost, timers } = rig({ spool: 'off' });
    answer(DOWN);
    await deliver('a');
    expect(lost()).toBe(1);
    for (const text of ['b', 'c', 'd', 'e']) void delivery.deliver(batchOf(text, { size: 3 * 2 ** 20 }));
    expect([lost(), delivery.waiting]).toEqual([3, 2]);
    sent();
    answer(OK);
    await timers.advance(1_000);
    expect([sent(), delivery.waiting, lost()]).toEqual([['d', 'e'], 0, 3]);
  });
});
