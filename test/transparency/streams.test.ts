import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { answerPieces, readAnswer, readHead, statusOf, type FieldLine, type Head } from '../support/http-message.ts';
import { connectRaw, type Wire } from '../support/raw.ts';
import { bothRoutes } from './routes.ts';
import { answer, answerHead, ask, CALL, chunk, LAST_CHUNK, noise, post, RESULT, STREAM_HEAD } from './traffic.ts';

const { upstream, routes } = await bothRoutes();

const event = (id: number | string): string => `id: ${id}\ndata: ${RESULT}\n\n`;

async function openStream(port: number, request: string | Uint8Array = ask('GET /mcp')): Promise<Wire> {
  const client = await connectRaw(port);
  await client.send(request);
  return client;
}

async function headOf(client: Wire): Promise<Head> {
  const head = await readHead(client);
  if (head === undefined) throw new Error('the connection ended before an answer began');
  return head;
}

/** Reads on until exactly this much has come since the last call. */
async function expectNext(pieces: AsyncGenerator<Buffer, FieldLine[]>, wanted: string): Promise<void> {
  let text = '';
  while (text.length < wanted.length) {
    const piece = await pieces.next();
    if (piece.done === true) break;
    text += piece.value.toString('latin1');
  }
  expect(text).toBe(wanted);
}

describe.each(routes)('$route', ({ port }) => {
  it('shows the head of a stream before there is a body', async () => {
    const headSeen = Promise.withResolvers<void>();
    upstream.script = async ({ wire }) => {
      await wire.send(STREAM_HEAD);
      await headSeen.promise;
      await wire.send(chunk(event(1)));
      await wire.send(LAST_CHUNK);
    };
    await using client = await openStream(port);
    const head = await headOf(client);
    expect(statusOf(head)).toBe(200);
    headSeen.resolve();
    await expectNext(answerPieces(client, head), event(1));
  });

  it('shows each event before the upstream goes on to the next [MCP-STREAM-4]', async () => {
    let seen = Promise.withResolvers<void>();
    upstream.script = async ({ body, wire }) => {
      await body();
      await wire.send(STREAM_HEAD);
      for (let id = 0; id < 20; id++) {
        await wire.send(chunk(event(id)));
        await seen.promise;
        seen = Promise.withResolvers();
      }
      await wire.send(LAST_CHUNK);
    };
    await using client = await openStream(port, post(CALL));
    const pieces = answerPieces(client, await headOf(client));
    for (let id = 0; id < 20; id++) {
      await expectNext(pieces, event(id));
      seen.resolve();
    }
    expect(await pieces.next()).toMatchObject({ done: true });
  });

  it('lets no call overtake the stream that its client opened before, once there was a call', async () => {
    upstream.script = async ({ method, body, wire }) => {
      await body();
      await wire.send(method === 'GET' ? STREAM_HEAD : answer('200 OK', RESULT));
    };
    for (let round = 0; round < 20; round++) {
      await using caller = await connectRaw(port);
      await using listener = await connectRaw(port);
      await caller.send(post(CALL));
      await readAnswer(caller, 'POST');
      const from = upstream.requestLines.length;
      await Promise.all([listener.send(ask(`GET /mcp?${round}`)), caller.send(post(CALL))]);
      await readAnswer(caller, 'POST');
      await headOf(listener);
      expect(upstream.requestLines.slice(from).map((line) => line.split('?')[0])).toEqual([
        'GET /mcp',
        expect.stringContaining('POST /mcp'),
      ]);
      listener.reset();
    }
  });

  it('shows half an event, cut within a character, before the other half exists', async () => {
    const seen = Promise.withResolvers<void>();
    upstream.script = async ({ wire }) => {
      await wire.send(STREAM_HEAD);
      await wire.send(chunk('data: \xf0\x9f'));
      await seen.promise;
      await wire.send(chunk('\x98\x80\n\n'));
      await wire.send(LAST_CHUNK);
    };
    await using client = await openStream(port);
    const pieces = answerPieces(client, await headOf(client));
    await expectNext(pieces, 'data: \xf0\x9f');
    seen.resolve();
    await expectNext(pieces, '\x98\x80\n\n');
  });

  it('shows what there is of a body whose length is known', async () => {
    const seen = Promise.withResolvers<void>();
    upstream.script = async ({ wire }) => {
      await wire.send(`${answerHead('200 OK', ['Content-Length: 10'])}hello`);
      await seen.promise;
      await wire.send('world');
    };
    await using client = await openStream(port);
    const pieces = answerPieces(client, await headOf(client));
    await expectNext(pieces, 'hello');
    seen.resolve();
    await expectNext(pieces, 'world');
  });

  it('shows each event of a stream that ends with its connection', async () => {
    const seen = Promise.withResolvers<void>();
    upstream.script = async ({ wire }) => {
      await wire.send(answerHead('200 OK', ['Content-Type: text/event-stream', 'Connection: close']));
      await wire.send(event(1));
      await seen.promise;
      await wire.send(event(2));
      wire.finish();
    };
    await using client = await openStream(port);
    const pieces = answerPieces(client, await headOf(client));
    await expectNext(pieces, event(1));
    seen.resolve();
    await expectNext(pieces, event(2));
    expect(await pieces.next()).toMatchObject({ done: true });
  });

  it('waits out silence before the answer and between events [MCP-STREAM-5]', async () => {
    upstream.script = async ({ wire }) => {
      await delay(2_000);
      await wire.send(STREAM_HEAD);
      await delay(2_000);
      await wire.send(chunk(event(1)));
      await wire.send(LAST_CHUNK);
    };
    await using client = await openStream(port);
    await expectNext(answerPieces(client, await headOf(client)), event(1));
  });

  it('keeps many streams at once apart, and calls pass beside them [MCP-STREAM-6]', async () => {
    const streams = 100;
    const allOpen = Promise.withResolvers<void>();
    let open = 0;
    upstream.script = async ({ method, target, body, wire }) => {
      await body();
      if (method === 'POST') return wire.send(`${answerHead('200 OK', [`Content-Length: ${RESULT.length}`])}${RESULT}`);
      await wire.send(STREAM_HEAD);
      if (++open === streams) allOpen.resolve();
      await allOpen.promise;
      for (let id = 0; id < 5; id++) await wire.send(chunk(event(`${target}#${id}`)));
      return wire.send(LAST_CHUNK);
    };
    const stream = async (target: string): Promise<void> => {
      await using client = await openStream(port, ask(`GET ${target}`));
      const pieces = answerPieces(client, await headOf(client));
      for (let id = 0; id < 5; id++) await expectNext(pieces, event(`${target}#${id}`));
      expect(await pieces.next()).toMatchObject({ done: true });
    };
    const call = async (): Promise<void> => {
      await using client = await openStream(port, post(CALL));
      expect((await readAnswer(client)).body.bytes.toString()).toBe(RESULT);
    };
    await Promise.all([
      ...Array.from({ length: streams }, (_, index) => stream(`/mcp/${index}`)),
      allOpen.promise.then(() => Promise.all(Array.from({ length: 20 }, call))),
    ]);
  });

  it('passes a chunked upload on as it comes', async () => {
    const firstSeen = Promise.withResolvers<void>();
    upstream.script = async ({ pieces, wire }) => {
      const upload = pieces();
      await expectNext(upload, 'first');
      firstSeen.resolve();
      await expectNext(upload, 'second');
      expect(await upload.next()).toMatchObject({ done: true });
      await wire.send(answerHead('204 No Content'));
    };
    await using client = await openStream(port, ask('POST /mcp', ['Transfer-Encoding: chunked']));
    await client.send(chunk('first'));
    await firstSeen.promise;
    await client.send(chunk('second'));
    await client.send(LAST_CHUNK);
    expect((await readAnswer(client)).status).toBe(204);
  });

  it('passes an answer that comes before the whole upload was sent', async () => {
    upstream.script = async ({ wire }) => {
      await wire.send(`${answerHead('413 Content Too Large', ['Content-Length: 7', 'Connection: close'])}too big`);
      wire.finish();
      // Reads the rest and drops it, as servers do: otherwise its reset could overtake its answer.
      while (!(await wire.atEnd())) await wire.readUpTo(Infinity);
    };
    await using client = await openStream(port, ask('POST /mcp', ['Content-Length: 20000000']));
    await client.send(noise(200_000));
    const answer = await readAnswer(client);
    expect(answer).toMatchObject({ status: 413, body: { ending: 'complete' } });
    expect(answer.body.bytes.toString()).toBe('too big');
  });
});
