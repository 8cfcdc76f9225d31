import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { Delivery } from '../../src/delivery/delivery.ts';
import { openSpool } from '../../src/delivery/open-spool.ts';
import { TIMERS } from '../../src/transport/timers.ts';
import { Outage } from '../../src/delivery/outage.ts';
import { createSender, type Protocol } from '../../src/delivery/senders.ts';
import { batchOf, temporaryFolder, textOf } from './spool-rig.ts';

const ENDPOINT = 'OTEL_EXPORTER_OTLP_ENDPOINT';
/** Milliseconds for a request, so that the SDK makes one attempt of it. */
const LONGEST = 250;

afterEach(() => {
  delete process.env[ENDPOINT];
});

/** An OTLP/HTTP endpoint that can be told to answer with a status, to hang, or to be gone. */
async function startSink() {
  const taken: string[] = [];
  let behaviour: number | 'hang' = 200;
  let changed = Promise.withResolvers<void>();
  const server = http.createServer((request, response) => {
    void buffer(request).then((bytes) => {
      if (behaviour === 'hang') return;
      if (behaviour === 200) taken.push(textOf({ ...batchOf(''), bytes }));
      response.writeHead(behaviour).end();
      changed.resolve();
      changed = Promise.withResolvers();
    });
  });
  const listen = async (port: number): Promise<number> => {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    // It listens on a port, not on a pipe.
    return (server.address() as AddressInfo).port;
  };
  const port = await listen(0);
  const leave = async (): Promise<void> => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  return {
    url: `http://127.0.0.1:${port}`,
    taken,
    behave: (next: number | 'hang') => void (behaviour = next),
    leave,
    comeBack: () => listen(port),
    async until(count: number) {
      while (taken.length < count) await changed.promise;
    },
    [Symbol.asyncDispose]: async () => {
      if (server.listening) await leave();
    },
  };
}

async function startDelivery(url: string, path: string, protocol: Protocol = 'http/protobuf') {
  process.env[ENDPOINT] = url;
  const said: string[] = [];
  let lost = 0;
  const watch = new Outage({
    items: 'spans',
    target: url,
    late: () => delivery.waiting + spool.items('spans'),
    timers: TIMERS,
    say: (line) => said.push(line),
    onFailed: () => {},
    onLost: (items) => (lost += items),
    onFailing: () => {},
    onRestored: () => {},
  });
  const spool = openSpool({
    where: { kind: 'directory', path },
    maxBytes: 2 ** 24,
    onDropped: (_, items) => watch.lost(items, 'the spool is full'),
    say: (line) => said.push(line),
  });
  const sender = await createSender('spans', protocol, LONGEST);
  const delivery: Delivery = new Delivery({ signal: 'spans', protocol, sender, spool, watch, maxItems: 8_192 });
  return {
    delivery,
    spool,
    said,
    lost: () => lost,
    async end() {
      await delivery.shutdown(2_000);
      spool.close();
      watch.finish(spool.items('spans'));
    },
  };
}

describe('a sink that hangs, goes, and comes back after we were started again', () => {
  it('gets everything once, nothing is lost, and each run tells it', async () => {
    using folder = temporaryFolder();
    await using sink = await startSink();
    const first = await startDelivery(sink.url, folder.path);
    await first.delivery.deliver(batchOf('a'));
    sink.behave('hang');
    await Promise.all(['b', 'c'].map((text) => first.delivery.deliver(batchOf(text))));
    await first.delivery.deliver(batchOf('d'));
    expect([sink.taken, first.spool.items('spans')]).toEqual([['a'], 3]);
    await sink.leave();
    await first.end();
    expect(first.said).toEqual([
      `spans cannot be exported to ${sink.url}: Request timed out; traffic goes on`,
      '3 spans wait in the spool for the next start',
    ]);

    const second = await startDelivery(sink.url, folder.path);
    await second.delivery.deliver(batchOf('e'));
    expect(second.spool.items('spans')).toBe(4);
    sink.behave(200);
    await sink.comeBack();
    await sink.until(5);
    await second.delivery.deliver(batchOf('f'));
    await second.end();
    expect(sink.taken).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    expect([first.lost(), second.lost(), folder.files()]).toEqual([0, 0, []]);
    expect(second.said).toEqual([
      `the spool ${folder.path} holds what another run could not deliver: 3 spans`,
      expect.stringMatching(/^spans cannot be exported to \S+: ECONNREFUSED .*; traffic goes on$/),
      expect.stringMatching(/^spans reach \S+ again after \d+ s: 0 lost, 4 late$/),
      expect.stringMatching(
        /^what another run left in the spool has reached \S+: 3 spans in 3 batches, up to \d+ s old$/,
      ),
    ]);
  });
});

describe('a batch that was answered with', () => {
  it.each([408, 429, 502, 503, 504])('%i waits', async (status) => {
    using folder = temporaryFolder();
    await using sink = await startSink();
    sink.behave(status);
    const { delivery, spool, lost, end } = await startDelivery(sink.url, folder.path);
    await delivery.deliver(batchOf('a'));
    expect([spool.items('spans'), lost()]).toEqual([1, 0]);
    await end();
  });

  it.each([400, 401, 403, 404, 413, 500])('%i is lost', async (status) => {
    using folder = temporaryFolder();
    await using sink = await startSink();
    sink.behave(status);
    const { delivery, spool, lost, end } = await startDelivery(sink.url, folder.path);
    await delivery.deliver(batchOf('a'));
    expect([spool.items('spans'), lost()]).toEqual([0, 1]);
    await end();
  });
});

describe('an endpoint that is not there', () => {
  it.each(['grpc', 'http/json', 'http/protobuf'] as const)('by %s, makes batches wait', async (protocol) => {
    using folder = temporaryFolder();
    const sink = await startSink();
    await sink.leave();
    const { delivery, spool, lost, said, end } = await startDelivery(sink.url, folder.path, protocol);
    await delivery.deliver(batchOf('a'));
    expect([spool.items('spans'), lost(), said.length]).toEqual([1, 0, 1]);
    await end();
    expect(folder.files()).toHaveLength(1);
  });
});
