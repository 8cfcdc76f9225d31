import { getDefaultHighWaterMark, setDefaultHighWaterMark } from 'node:stream';
import { expect, it } from 'vitest';
import type { Identity } from '../../../src/transport/tls/pem-files.ts';
import { makeCertificate } from '../../support/certificates.ts';
import { readAnswer, readHead } from '../../support/http-message.ts';
import { connectRaw, type Wire } from '../../support/raw.ts';
import { servedOptions, startTestRelay, type TestRelay } from '../../support/relay.ts';
import { eventsIn } from '../../support/ring-events.ts';
import { answerWith, startUpstream, type Upstream } from '../../support/upstream.ts';

const saying = (name: string, more = '') =>
  answerWith(`HTTP/1.1 200 OK\r\n${more}Content-Length: ${name.length}\r\n\r\n${name}`);

const post = (path: string, more = 'Content-Length: 0\r\n'): string =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`;

const relayTo = (upstreams: Readonly<Record<string, Upstream>>, identity?: Identity): Promise<TestRelay> =>
  startTestRelay(
    Object.entries(upstreams).map(([name, { url }], index) => servedOptions(`${url}/mcp`, { index, path: `/${name}` })),
    undefined,
    identity && { identity },
  );

const bodyOf = async (wire: Wire): Promise<string> => (await readAnswer(wire)).body.bytes.toString();

it('a server whose answer the client was slow to take answers its next request, after the turn of another', async () => {
  // Over TLS, a piece of this size is more than the relay writes before it waits for its client.
  const large = 'x'.repeat(20_000);
  const usual = getDefaultHighWaterMark(false);
  setDefaultHighWaterMark(false, 1_000);
  const identity = makeCertificate({ name: 'localhost', for: ['localhost'] });
  await using one = await startUpstream(saying(large));
  const taken = Promise.withResolvers<void>();
  await using two = await startUpstream(async (request) => {
    await taken.promise;
    await saying('two')(request);
  });
  await using test = await relayTo({ one, two }, identity);
  await using client = await connectRaw(test.port, { ca: identity.cert });
  await client.send(post('/one') + post('/two') + post('/one'));
  expect(await bodyOf(client)).toBe(large);
  taken.resolve();
  expect(await bodyOf(client)).toBe('two');
  expect(await bodyOf(client)).toBe(large);
  setDefaultHighWaterMark(false, usual);
});

it('a request for another server does not go on after an answer that closes the connection', async () => {
  const leave = Promise.withResolvers<void>();
  await using one = await startUpstream(async (request) => {
    await saying('one', 'Connection: close\r\n')(request);
    await leave.promise;
    request.wire.leave();
  });
  await using two = await startUpstream(saying('two'));
  await using test = await relayTo({ one, two });
  await using client = await connectRaw(test.port);
  await client.send(post('/one') + post('/two'));
  expect(await bodyOf(client)).toBe('one');
  leave.resolve();
  expect(await client.atEnd()).toBe(true);
  expect(two.requestLines).toEqual([]);
});

it('nor after one that ends with its connection', async () => {
  await using one = await startUpstream(async ({ wire, body }) => {
    await body();
    await wire.send('HTTP/1.1 200 OK\r\n\r\none');
    wire.finish();
  });
  await using two = await startUpstream(saying('two'));
  await using test = await relayTo({ one, two });
  await using client = await connectRaw(test.port);
  await client.send(post('/two'));
  expect(await bodyOf(client)).toBe('two');
  await client.send(post('/one') + post('/two'));
  expect(await bodyOf(client)).toBe('one');
  expect(await client.atEnd()).toBe(true);
  expect(two.requestLines).toHaveLength(1);
});

it('nor after the last answer of a relay that goes down', async () => {
  const slow = Promise.withResolvers<void>();
  await using one = await startUpstream(async (request) => {
    await slow.promise;
    await saying('one')(request);
  });
  await using two = await startUpstream(saying('two'));
  await using test = await relayTo({ one, two });
  await using client = await connectRaw(test.port);
  await client.send(post('/two'));
  expect(await bodyOf(client)).toBe('two');
  await client.send(post('/one') + post('/two'));
  await expect.poll(() => one.requestLines.length).toBe(1);
  const { closed } = test.relay.drain(5_000);
  slow.resolve();
  expect(await bodyOf(client)).toBe('one');
  expect(await client.atEnd()).toBe(true);
  client.leave();
  expect(await closed).toBe(0);
  expect(two.requestLines).toHaveLength(1);
});

it('bytes behind an answer that nobody asked for are no answer to a later request', async () => {
  let answers = 0;
  await using one = await startUpstream(async (request) => {
    const extra = answers++ === 0 ? 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil' : '';
    await request.body();
    await request.wire.send(`HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none${extra}`);
  });
  await using two = await startUpstream(saying('two'));
  await using test = await relayTo({ one, two });
  await using client = await connectRaw(test.port);
  await client.send(post('/one') + post('/two') + post('/one'));
  expect([await bodyOf(client), await bodyOf(client), await bodyOf(client)]).toEqual(['one', 'two', 'one']);
  expect(one.wires.length).toBe(2);
});

it('a half-close goes on to the server that was asked last, and all answers come', async () => {
  await using one = await startUpstream(saying('one'));
  await using two = await startUpstream(saying('two'));
  await using test = await relayTo({ one, two });
  await using client = await connectRaw(test.port);
  await client.send(post('/one') + post('/two'));
  client.finish();
  expect([await bodyOf(client), await bodyOf(client)]).toEqual(['one', 'two']);
  expect(await client.atEnd()).toBe(true);
  await expect(two.wires[0]?.ended).resolves.toBe('clean');
});

it('a request that expects an interim answer gets it from its own server', async () => {
  await using one = await startUpstream(saying('one'));
  await using two = await startUpstream(async (request) => {
    await request.wire.send('HTTP/1.1 100 Continue\r\n\r\n');
    const { bytes } = await request.body();
    await request.wire.send(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes.length}\r\n\r\n${bytes.toString()}`);
  });
  await using test = await relayTo({ one, two });
  await using client = await connectRaw(test.port);
  await client.send(post('/one') + post('/two', 'Content-Length: 4\r\nExpect: 100-continue\r\n'));
  expect(await bodyOf(client)).toBe('one');
  expect((await readHead(client))?.line).toBe('HTTP/1.1 100 Continue');
  await client.send('body');
  expect(await bodyOf(client)).toBe('body');
});

it('a tunnel leads to the server that accepted it, after another was asked', async () => {
  await using one = await startUpstream(saying('one'));
  await using two = await startUpstream(async ({ wire }) => {
    await wire.send('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    for (let bytes = await wire.readUpTo(100); bytes.length > 0; bytes = await wire.readUpTo(100))
      await wire.send(bytes);
  });
  await using test = await relayTo({ one, two });
  await using client = await connectRaw(test.port);
  await client.send(post('/one') + post('/two', 'Connection: Upgrade\r\nUpgrade: echo\r\n'));
  expect(await bodyOf(client)).toBe('one');
  expect((await readHead(client))?.line).toBe('HTTP/1.1 101 Switching Protocols');
  await client.send('hello');
  expect((await client.read(5)).toString()).toBe('hello');
});

it('the connection to a server that is served no longer is closed once its last answer has come', async () => {
  const slow = Promise.withResolvers<void>();
  await using one = await startUpstream(async (request) => {
    await slow.promise;
    await saying('one')(request);
  });
  await using test = await relayTo({ one });
  await using client = await connectRaw(test.port);
  await client.send(post('/one'));
  await expect.poll(() => one.requestLines.length).toBe(1);
  const listen = { host: '127.0.0.1', port: test.port };
  await test.relay.serve([{ key: 'only', listen, servers: [] }]);
  slow.resolve();
  expect(await bodyOf(client)).toBe('one');
  await expect(one.wires[0]?.ended).resolves.toBe('clean');
});

it('a client that sends nothing more is not left waiting when its server is served no longer', async () => {
  const never = Promise.withResolvers<void>();
  await using one = await startUpstream(async (request) => {
    await saying('one')(request);
    await never.promise;
  });
  await using test = await relayTo({ one });
  await using client = await connectRaw(test.port);
  await client.send(post('/one'));
  client.finish();
  expect(await bodyOf(client)).toBe('one');
  await expect(one.wires[0]?.ended).resolves.toBe('clean');
  await test.relay.serve([{ key: 'only', listen: { host: '127.0.0.1', port: test.port }, servers: [] }]);
  expect(await client.atEnd()).toBe(true);
  never.resolve();
});

it('a request whose body is refused, and a stream that comes too late, tell which server they were for', async () => {
  await using one = await startUpstream(saying('one'));
  await using two = await startUpstream(saying('two'));
  await using test = await relayTo({ one, two });
  await using client = await connectRaw(test.port);
  await client.send(`${post('/two', 'Transfer-Encoding: chunked\r\n')}no size\r\n`);
  expect((await readAnswer(client)).status).toBe(400);
  await using late = await connectRaw(test.port);
  await late.send('GET /two HTTP/1.1\r\n');
  await using other = await connectRaw(test.port);
  await other.send(post('/one'));
  expect(await bodyOf(other)).toBe('one');
  test.relay.drain(5_000);
  await late.send('Host: localhost\r\nAccept: text/event-stream\r\n\r\n');
  expect((await readAnswer(late)).status).toBe(503);
  const refused = eventsIn(test.ring).filter(({ kind }) => kind === 'refused');
  expect(refused).toMatchObject([
    { server: 1, status: 400 },
    { server: 1, status: 503 },
  ]);
});
