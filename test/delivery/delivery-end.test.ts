import type { ExportResult } from '@opentelemetry/core';
import { describe, expect, it } from 'vitest';
import type { Batch } from '../../src/delivery/spool.ts';
import { DOWN, never, OK, REFUSED, rig } from './delivery-rig.ts';
import { batchOf, temporaryFolder } from './spool-rig.ts';

describe('batches of an earlier run', () => {
  /** A run that cannot deliver these. */
  async function leave(path: string, ...texts: readonly string[]): Promise<void> {
    const before = rig({ spool: path });
    before.answer(DOWN);
    await before.deliver(...texts);
    await before.delivery.shutdown(1_000);
    before.spool?.close();
  }

  it('are sent though no live one comes', async () => {
    using folder = temporaryFolder();
    await leave(folder.path, 'a', 'b');
    const after = rig({ spool: folder.path });
    await after.timers.advance(10_000);
    expect([after.sent(), after.lost(), folder.files()]).toEqual([['a', 'b'], 0, []]);
  });

  it('are confirmed once all of them have arrived, with how old they are, and no others are counted', async () => {
    using folder = temporaryFolder();
    await leave(folder.path, 'a', 'b');
    const after = rig({ spool: folder.path });
    after.answer(DOWN);
    await after.timers.advance(1_000);
    await after.deliver('c');
    await after.timers.advance(120_000);
    after.answer(OK);
    await after.timers.advance(60_000);
    expect(after.sent().slice(-3)).toEqual(['a', 'b', 'c']);
    const confirmed = after.said.filter((line) => line.startsWith('what another run left'));
    expect(confirmed).toEqual([
      expect.stringMatching(
        /^what another run left in the spool has reached http:\/\/collector: 2 spans in 2 batches, up to 1[2-8]\d s old$/,
      ),
    ]);
    await after.timers.advance(60_000);
    expect(after.said.at(-1)).toBe(confirmed[0]);
  });

  it('are not confirmed where the endpoint takes none of them', async () => {
    using folder = temporaryFolder();
    await leave(folder.path, 'a', 'b');
    const after = rig({ spool: folder.path });
    after.answer(REFUSED);
    await after.timers.advance(60_000);
    expect([after.lost(), folder.files()]).toEqual([2, []]);
    expect(after.said.join('\n')).not.toContain('has reached');
  });

  it('are confirmed as far as they arrive', async () => {
    using folder = temporaryFolder();
    await leave(folder.path, 'a', 'b');
    const after = rig({ spool: folder.path });
    after.answer((text) => (text === 'a' ? OK : REFUSED));
    await after.timers.advance(60_000);
    expect(after.said.join('\n')).toMatch(/has reached \S+: 1 spans in 1 batch,/);
  });

  it.each([
    ['grpc', 'http/protobuf', 0],
    ['http/protobuf', 'grpc', 0],
    ['http/json', 'http/json', 0],
    ['http/json', 'grpc', 12],
    ['grpc', 'http/json', 12],
  ] as const)('written for %s and sent by %s: %i are lost', async (wrote, sends, lost) => {
    const test = rig({ protocol: sends });
    const batch: Batch = { ...batchOf('a', { items: 12 }), protocol: wrote };
    test.spool?.put(batch);
    await test.timers.advance(10_000);
    expect([test.lost(), test.sent().length, test.spool?.items('spans')]).toEqual([lost, lost === 0 ? 1 : 0, 0]);
  });
});

describe('at the end', () => {
  it('what can be sent is sent', async () => {
    const { delivery, deliver, sent, lost } = rig();
    await deliver();
    for (let index = 0; index < 9; index++) void delivery.deliver(batchOf(`${index}`));
    await delivery.shutdown(1_000);
    expect([sent().length, lost()]).toEqual([10, 0]);
  });

  it('what cannot be sent in time stays in a directory', async () => {
    using folder = temporaryFolder();
    const { delivery, deliver, answer, timers, spool, lost } = rig({ spool: folder.path });
    answer(never);
    const settled = await deliver('a', 'b', 'c', 'd', 'e');
    const ended = delivery.shutdown(3_000);
    await timers.advance(2_999);
    expect(settled).toEqual([]);
    await timers.advance(1);
    await ended;
    expect([settled.length, spool?.items('spans'), lost()]).toEqual([5, 5, 0]);
  });

  it('an answer that comes after that changes nothing', async () => {
    using folder = temporaryFolder();
    const { delivery, deliver, answer, timers, spool, told } = rig({ spool: folder.path });
    const gate = Promise.withResolvers<ExportResult>();
    answer((text) => (text === 'a' ? gate.promise : never));
    await deliver('a', 'b');
    const ended = delivery.shutdown(1_000);
    await timers.advance(2_000);
    await ended;
    gate.resolve(DOWN);
    await deliver();
    expect([spool?.items('spans'), told]).toEqual([2, ['failed', 'failing']]);
  });

  it('a spool in memory is emptied, whatever is on its way just then', async () => {
    const { delivery, answer, sent, spool, timers } = rig();
    for (const text of ['a', 'b', 'c']) spool?.put(batchOf(text));
    const gate = Promise.withResolvers<ExportResult>();
    answer((text) => (text === 'a' ? gate.promise : OK));
    await timers.advance(5_000);
    const ended = delivery.shutdown(1_000);
    await timers.advance(500);
    gate.resolve(OK);
    await ended;
    expect([sent(), spool?.items('spans')]).toEqual([['a', 'b', 'c', 'shutdown'], 0]);
  });

  it('an endpoint that is down is not waited for where there is a directory', async () => {
    using folder = temporaryFolder();
    const { delivery, deliver, answer, sent, spool, watch, said } = rig({ spool: folder.path });
    answer(DOWN);
    await deliver('a', 'b');
    sent();
    await delivery.shutdown(3_000);
    await delivery.deliver(batchOf('late'));
    spool?.close();
    watch.finish(spool?.items('spans') ?? 0);
    expect([sent(), folder.files().length]).toEqual([['shutdown'], 3]);
    expect(said.at(-1)).toBe('3 spans wait in the spool for the next start');
  });

  it('it is tried once more where there is only memory, and the rest is lost', async () => {
    const { delivery, deliver, answer, sent, spool, watch, said, lost } = rig();
    answer(DOWN);
    await deliver('a', 'b', 'c');
    sent();
    answer((text) => (text === 'a' ? OK : DOWN));
    await delivery.shutdown(3_000);
    expect(sent()).toEqual(['a', 'b', 'shutdown']);
    spool?.close();
    watch.finish(spool?.items('spans') ?? 0);
    expect([lost(), said.at(-1)]).toEqual([2, '2 spans were not delivered to http://collector']);
  });

  it('what has no spool is lost after one attempt', async () => {
    const { delivery, deliver, answer, sent, lost } = rig({ spool: 'off' });
    answer(DOWN);
    await deliver('a', 'b', 'c');
    sent();
    await delivery.shutdown(3_000);
    expect([lost(), delivery.waiting]).toEqual([3, 0]);
  });
});
