import { expect, it } from 'vitest';
import { createRing } from '../../../src/transport/wire/ring-writer.ts';
import { answerPieces, readAnswer, readHead } from '../../support/http-message.ts';
import { connectRaw, type Wire } from '../../support/raw.ts';
import { servedOptions, startTestRelay, type TestRelay } from '../../support/relay.ts';
import { eventsIn } from '../../support/ring-events.ts';
import { startUpstream, type Script, type Upstream } from '../../support/upstream.ts';

const saying =
  (name: string): Script =>
  async ({ wire, body }) => {
    await body();
    await wire.send(`HTTP/1.1 200 OK\r\nContent-Length: ${name.length}\r\n\r\n${name}`);
  };

const post = (path: string, body = '', more = ''): string =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;

async function ask(wire: Wire, path: string): Promise<string> {
  await wire.send(post(path));
  return (await readAnswer(wire)).body.bytes.toString();
}

const behind = (upstreams: Readonly<Record<string, Upstream>>, revision = 0) =>
  Object.entries(upstreams).map(([name, { url }], index) =>
    servedOptions(`${url}/mcp`, { index, revision, path: `/${name}` }),
  );

const listener = (test: TestRelay, servers: ReturnType<typeof behind>) => [
  { key: 'only', listen: { host: '127.0.0.1', port: test.port }, servers },
];

it('one connection of a client reaches several servers in turn, over one connection to each', async () => {
  await using one = await startUpstream(saying('one'));
  await using two = await startUpstream(saying('two'));
  await using test = await startTestRelay(behind({ one, two }));
  await using client = await connectRaw(test.port);
  const answers: string[] = [];
  for (const path of ['/one', '/two', '/two/x', '/one?y', '/two']) answers.push(await ask(client, path));
  expect(answers).toEqual(['one', 'two', 'two', 'one', 'two']);
  expect([one.wires.length, two.wires.length]).toEqual([1, 1]);
  expect(one.requestLines).toEqual(['POST /mcp HTTP/1.1', 'POST /mcp?y HTTP/1.1']);
  expect(two.requestLines).toEqual(['POST /mcp HTTP/1.1', 'POST /mcp/x HTTP/1.1', 'POST /mcp HTTP/1.1']);
});

it('requests for several servers that are sent at once are answered in their order', async () => {
  const slow = Promise.withResolvers<void>();
  await using one = await startUpstream(async (request) => {
    await slow.promise;
    await saying('one')(request);
  });
  await using two = await startUpstream(saying('two'));
  await using test = await startTestRelay(behind({ one, two }));
  await using client = await connectRaw(test.port);
  await client.send(post('/one') + post('/two', 'body') + post('/one'));
  await expect.poll(() => one.requestLines.length).toBe(1);
  // The second request waits for the answer to the first, or its own would overtake that.
  expect(two.requestLines).toEqual([]);
  slow.resolve();
  const answers: string[] = [];
  for (let index = 0; index < 3; index++) answers.push((await readAnswer(client)).body.bytes.toString());
  expect(answers).toEqual(['one', 'two', 'one']);
});

it('pieces of a request that is cut anywhere reach the server that they are for', async () => {
  await using one = await startUpstream(saying('one'));
  await using two = await startUpstream(async ({ wire, body, target }) => {
    const { bytes } = await body();
    const text = `${target} ${bytes.toString()}`;
    await wire.send(`HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
  });
  await using test = await startTestRelay(behind({ one, two }));
  const bytes = post('/one') + post('/two/deep', 'hello');
  for (let cut = 1; cut < bytes.length; cut += 7) {
    await using client = await connectRaw(test.port);
    await client.send(bytes.slice(0, cut));
    await client.send(bytes.slice(cut));
    expect((await readAnswer(client)).body.bytes.toString()).toBe('one');
    expect((await readAnswer(client)).body.bytes.toString()).toBe('/mcp/deep hello');
  }
});

it('a dead upstream hurts no other server, not even on the same connection', async () => {
  await using one = await startUpstream(saying('one'));
  const dead = await startUpstream();
  await dead.close();
  await using test = await startTestRelay(behind({ one, dead }));
  await using client = await connectRaw(test.port);
  expect(await ask(client, '/one')).toBe('one');
  await client.send(post('/dead'));
  expect((await readAnswer(client)).status).toBe(502);
  await using other = await connectRaw(test.port);
  expect(await ask(other, '/one')).toBe('one');
  const refused = eventsIn(test.ring).filter(({ kind }) => kind === 'refused');
  expect(refused).toMatchObject([{ server: 1, status: 502, text: '' }]);
});

it('a connection to another server that its server closed is opened anew', async () => {
  await using one = await startUpstream(saying('one'));
  await using two = await startUpstream(saying('two'));
  await using test = await startTestRelay(behind({ one, two }));
  await using client = await connectRaw(test.port);
  expect(await ask(client, '/one')).toBe('one');
  expect(await ask(client, '/two')).toBe('two');
  one.wires[0]?.leave();
  await one.wires[0]?.ended;
  expect(await ask(client, '/one')).toBe('one');
  expect(one.wires.length).toBe(2);
});

it('each exchange tells whose it is, also one that was refused', async () => {
  await using one = await startUpstream(saying('one'));
  await using two = await startUpstream(saying('two'));
  await using test = await startTestRelay(behind({ one, two }));
  await using client = await connectRaw(test.port);
  await ask(client, '/one');
  await ask(client, '/two');
  await client.send(post('/two', '', 'Origin: https://evil.example\r\n'));
  expect((await readAnswer(client)).status).toBe(403);
  await using other = await connectRaw(test.port);
  await other.send(post('/three'));
  expect((await readAnswer(other)).status).toBe(404);
  const told = eventsIn(test.ring).flatMap((event) =>
    event.kind === 'opened' || event.kind === 'refused' ? [[event.kind, event.server]] : [],
  );
  expect(told).toEqual([
    ['opened', undefined],
    ['opened', 1],
    ['refused', 1],
    ['refused', undefined],
  ]);
});

it('a stream goes on when its server is served in another way, and when it is served no longer', async () => {
  const wires: Wire[] = [];
  await using one = await startUpstream(async ({ wire }) => {
    await wire.send('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n');
    wires.push(wire);
    await wire.ended;
  });
  await using next = await startUpstream(saying('next'));
  await using test = await startTestRelay(behind({ one }));
  await using client = await connectRaw(test.port);
  await client.send('GET /one HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n');
  const head = await readHead(client);
  if (head === undefined) throw new Error('there is no answer');
  const pieces = answerPieces(client, head);
  const passes = async (text: string): Promise<void> => {
    await wires[0]?.send(`${text.length.toString(16)}\r\n${text}\r\n`);
    expect(String((await pieces.next()).value)).toBe(text);
  };
  await passes('before');
  await test.relay.serve(listener(test, behind({ one: next }, 1)));
  await passes('moved');
  await using second = await connectRaw(test.port);
  expect(await ask(second, '/one')).toBe('next');
  await test.relay.serve(listener(test, []));
  await passes('gone');
  await test.relay.serve([]);
  await passes('its listener is gone');
  await wires[0]?.send('0\r\n\r\n');
  expect((await pieces.next()).done).toBe(true);
  expect(await client.atEnd()).toBe(true);
});

it('a request that is under way is answered by the server that it went to; the next one by the new', async () => {
  const slow = Promise.withResolvers<void>();
  await using before = await startUpstream(async (request) => {
    await slow.promise;
    await saying('before')(request);
  });
  await using after = await startUpstream(saying('after'));
  await using test = await startTestRelay(behind({ it: before }));
  await using client = await connectRaw(test.port);
  await client.send(post('/it'));
  await expect.poll(() => before.requestLines.length).toBe(1);
  await test.relay.serve(listener(test, behind({ it: after }, 1)));
  slow.resolve();
  expect((await readAnswer(client)).body.bytes.toString()).toBe('before');
  expect(await ask(client, '/it')).toBe('after');
  expect(before.wires.length).toBe(1);
  await expect(before.wires[0]?.ended).resolves.toBe('clean');
});

it('a listener that cannot listen changes nothing', async () => {
  await using one = await startUpstream(saying('one'));
  await using test = await startTestRelay(behind({ one }));
  const taken = { key: 'taken', listen: { host: '127.0.0.1', port: one.port }, servers: [] };
  const served = listener(test, []);
  await expect(test.relay.serve([...served, taken])).rejects.toThrow('EADDRINUSE');
  await using client = await connectRaw(test.port);
  expect(await ask(client, '/one')).toBe('one');
});

it('a listener of its own leads to its server alone, and one that is gone accepts no more', async () => {
  await using one = await startUpstream(saying('one'));
  await using two = await startUpstream(saying('two'));
  await using test = await startTestRelay(behind({ one, two }), createRing(1_048_576));
  const own = servedOptions(`${two.url}/mcp`, { index: 5 });
  const first = listener(test, behind({ one, two }));
  const [, port = 0] = await test.relay.serve([
    ...first,
    { key: 'own', listen: { host: '127.0.0.1', port: 0 }, servers: [own] },
  ]);
  await using client = await connectRaw(port);
  expect(await ask(client, '/anything')).toBe('two');
  await test.relay.serve(first);
  expect(await client.atEnd()).toBe(true);
  await expect(connectRaw(port)).rejects.toThrow('ECONNREFUSED');
});
