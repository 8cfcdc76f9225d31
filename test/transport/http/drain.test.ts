import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { readAnswer, valuesOf } from '../../support/http-message.ts';
import { startTestProxy } from '../../support/proxy.ts';
import { connectRaw } from '../../support/raw.ts';
import { startUpstream } from '../../support/upstream.ts';

const STREAM = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
const POST = 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}';
const LISTEN = 'GET /mcp HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n';

/** An upstream that sends some, waits for `goOn`, and sends the rest. */
async function start(first: string, rest: string) {
  const goOn = Promise.withResolvers<void>();
  const upstream = await startUpstream(async ({ body, wire }) => {
    await body();
    await wire.send(first);
    await goOn.promise;
    await wire.send(rest);
  });
  const proxy = await startTestProxy(upstream.url, ['--drain-seconds', '20']);
  return { upstream, proxy, goOn };
}

/** Resolves when nothing listens on the port any more: it goes down. */
async function refused(port: number): Promise<void> {
  for (;;) {
    const client = await connectRaw(port).catch(() => undefined);
    if (client === undefined) return;
    client.reset();
    await setImmediate();
  }
}

it('a call whose answer is an event stream gets all of it when mcpspan goes down', async () => {
  const { upstream, proxy, goOn } = await start(`${STREAM}9\r\ndata: 1\n\n\r\n`, '9\r\ndata: 2\n\n\r\n0\r\n\r\n');
  const client = await connectRaw(proxy.port);
  await client.send(POST);
  await client.readThrough('data: 1\n\n\r\n');
  const stopped = proxy.stop();
  await refused(proxy.port);
  goOn.resolve();
  expect((await client.readThrough('0\r\n\r\n')).toString()).toBe('9\r\ndata: 2\n\n\r\n0\r\n\r\n');
  await stopped;
  await upstream.close();
});

it('a call says that its connection closes when it is answered while mcpspan goes down', async () => {
  const { upstream, proxy, goOn } = await start('', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}');
  const client = await connectRaw(proxy.port);
  await client.send(POST);
  await expect.poll(() => upstream.requestLines.length).toBe(1);
  const stopped = proxy.stop();
  await refused(proxy.port);
  goOn.resolve();
  const { head, body } = await readAnswer(client);
  expect([valuesOf(head, 'connection'), body.bytes.toString()]).toEqual([['close'], '{}']);
  expect(await client.ended).toBe('clean');
  client.leave();
  await stopped;
  await upstream.close();
});

it.each([
  { when: 'between two events', first: '9\r\ndata: 1\n\n\r\n', rest: '' },
  { when: 'within an event', first: '9\r\nda', rest: 'ta: 1\n\n\r\n' },
])('a standing stream ends whole when mcpspan goes down $when', async ({ first, rest }) => {
  const { upstream, proxy, goOn } = await start(`${STREAM}${first}`, rest);
  const client = await connectRaw(proxy.port);
  await client.send(LISTEN);
  await client.readThrough(first);
  const stopped = proxy.stop();
  await refused(proxy.port);
  goOn.resolve();
  expect((await client.readThrough('0\r\n\r\n')).toString()).toBe(`${rest}0\r\n\r\n`);
  expect(await client.ended).toBe('clean');
  client.leave();
  await stopped;
  await upstream.close();
});
