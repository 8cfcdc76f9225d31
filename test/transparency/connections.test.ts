import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readAnswer, readHead, valuesOf } from '../support/http-message.ts';
import { connectRaw, type Wire } from '../support/raw.ts';
import type { Script } from '../support/upstream.ts';
import { standstill } from '../support/standstill.ts';
import { bothRoutes } from './routes.ts';
import { answer, answerHead, ask, CALL, chunk, LAST_CHUNK, noise, post, RESULT, STREAM_HEAD } from './traffic.ts';

const { upstream, routes } = await bothRoutes();
const proxied = routes.filter(({ route }) => route === 'proxied');

/** Answers every request with its own target. */
const echoTarget: Script = async ({ target, body, wire }) => {
  await body();
  await wire.send(answer('200 OK', target));
};

describe.each(routes)('$route', ({ port }) => {
  it('answers fifty requests on one connection', async () => {
    upstream.script = echoTarget;
    await using client = await connectRaw(port);
    for (let index = 0; index < 50; index++) {
      await client.send(ask(`GET /${index}`));
      const { status, body } = await readAnswer(client);
      expect([status, body.bytes.toString()]).toEqual([200, `/${index}`]);
    }
  });

  it('goes on with the connection after bodies of every framing, errors and streams', async () => {
    const answers: Record<string, string | Buffer> = {
      '/length': answer('200 OK', RESULT),
      '/chunked': Buffer.concat([Buffer.from(STREAM_HEAD), chunk('data: 1\n\n'), Buffer.from(LAST_CHUNK)]),
      '/none': answerHead('204 No Content'),
      '/unmodified': answerHead('304 Not Modified', ['Content-Length: 9']),
      '/error': answer('500 Internal Server Error', 'x'),
      '/empty': answer('202 Accepted', ''),
    };
    upstream.script = async ({ target, body, wire }) => {
      await body();
      await wire.send(answers[target] ?? answerHead('404 Not Found', ['Content-Length: 0']));
    };
    await using client = await connectRaw(port);
    const statuses: number[] = [];
    for (const target of [...Object.keys(answers), ...Object.keys(answers).toReversed()]) {
      await client.send(`${ask(`POST ${target}`, ['Content-Length: 2'])}{}`);
      const { status, body } = await readAnswer(client);
      expect(body.ending).toBe('complete');
      statuses.push(status);
    }
    expect(statuses).toEqual([200, 200, 204, 304, 500, 202, 202, 500, 304, 204, 200, 200]);
  });

  it('answers pipelined requests in their order', async () => {
    upstream.script = echoTarget;
    await using client = await connectRaw(port);
    const requests = Array.from({ length: 10 }, (_, index) => `${ask(`POST /${index}`, ['Content-Length: 2'])}{}`);
    await client.send(requests.join(''));
    for (let index = 0; index < 10; index++) {
      expect((await readAnswer(client)).body.bytes.toString()).toBe(`/${index}`);
    }
  });

  it('answers more pipelined requests than are read at a time, sent at once and in two parts', async () => {
    upstream.script = echoTarget;
    const requests = Array.from({ length: 200 }, (_, index) => ask(`GET /${index}`));
    for (const cut of [200, 64, 65, 1]) {
      await using client = await connectRaw(port);
      await client.send(requests.slice(0, cut).join(''));
      for (let index = 0; index < cut; index++)
        expect((await readAnswer(client)).body.bytes.toString()).toBe(`/${index}`);
      await client.send(requests.slice(cut).join(''));
      for (let index = cut; index < 200; index++)
        expect((await readAnswer(client)).body.bytes.toString()).toBe(`/${index}`);
    }
  });

  it('reads a request that arrives byte by byte', async () => {
    upstream.script = async ({ body, wire }) => wire.send(answer('200 OK', (await body()).bytes));
    await using client = await connectRaw(port);
    for (const byte of post(CALL)) await client.send(Uint8Array.of(byte));
    expect((await readAnswer(client)).body.bytes.toString()).toBe(CALL);
  });

  it('closes the connection after the answer when the client asks for it', async () => {
    upstream.script = echoTarget;
    await using client = await connectRaw(port);
    await client.send(ask('GET /last', ['Connection: close']));
    const { head, body } = await readAnswer(client);
    expect(body.bytes.toString()).toBe('/last');
    expect(valuesOf(head, 'connection')).not.toContain('keep-alive');
    expect(await client.ended).toBe('clean');
  });

  it('leaves it to the upstream to say that the body may be sent', async () => {
    const asked = Promise.withResolvers<string[]>();
    const goAhead = Promise.withResolvers<void>();
    upstream.script = async ({ fields, body, wire }) => {
      asked.resolve(fields.filter(([name]) => name === 'Expect').map(([, value]) => value));
      await goAhead.promise;
      await wire.send(answerHead('100 Go ahead', ['X-A: 1']));
      await wire.send(answer('200 OK', (await body()).bytes));
    };
    await using client = await connectRaw(port);
    await client.send(ask('POST /mcp', ['Expect: 100-continue', `Content-Length: ${CALL.length}`]));
    expect(await asked.promise).toEqual(['100-continue']);
    goAhead.resolve();
    expect(await readHead(client)).toEqual({ line: 'HTTP/1.1 100 Go ahead', fields: [['X-A', '1']] });
    await client.send(CALL);
    const { status, body } = await readAnswer(client);
    expect([status, body.bytes.toString()]).toEqual([200, CALL]);
  });

  it('leaves it to the upstream to refuse an expectation, before the body is sent', async () => {
    upstream.script = async ({ wire }) => wire.send(answer('417 No', 'no', ['Connection: close']));
    await using client = await connectRaw(port);
    await client.send(ask('POST /mcp', ['Expect: 200-maybe', `Content-Length: ${CALL.length}`]));
    expect((await readAnswer(client)).status).toBe(417);
  });

  it('answers a client that has closed its half of the connection', async () => {
    upstream.script = async ({ body, wire }) => {
      const received = await body();
      await wire.ended;
      await wire.send(answer('200 OK', received.bytes));
    };
    await using client = await connectRaw(port);
    await client.send(post(CALL));
    client.finish();
    expect((await readAnswer(client)).body.bytes.toString()).toBe(CALL);
  });

  it('reads on from a client when the upstream has answered and closed its half of the connection', async () => {
    const taken = Promise.withResolvers<number>();
    upstream.script = async ({ body, wire }) => {
      await wire.send(answer('202 Accepted', '', ['Connection: close']));
      wire.finish();
      taken.resolve((await body()).bytes.length);
    };
    await using client = await connectRaw(port);
    await client.send(ask('POST /mcp', ['Content-Length: 3000000']));
    expect((await readAnswer(client)).status).toBe(202);
    expect(await client.ended).toBe('clean');
    await client.send(noise(3_000_000));
    expect(await taken.promise).toBe(3_000_000);
  });

  it('hands on what the upstream says without being asked, as when it closes an idle connection', async () => {
    const arrived = Promise.withResolvers<Wire>();
    upstream.script = async ({ body, wire }) => {
      await body();
      await wire.send(answer('200 OK', RESULT));
      arrived.resolve(wire);
    };
    await using client = await connectRaw(port);
    await client.send(post(CALL));
    expect((await readAnswer(client)).status).toBe(200);
    const wire = await arrived.promise;
    await wire.send(answer('408 Request Timeout', '', ['Connection: close']));
    wire.finish();
    expect((await readAnswer(client)).status).toBe(408);
    expect(await client.ended).toBe('clean');
  });

  it('stops the upstream when the client stops reading, and lets go of it when the client leaves', async () => {
    const piece = noise(100_000);
    let accepted = 0;
    const answering = Promise.withResolvers<Wire>();
    upstream.script = async ({ body, wire }) => {
      await body();
      answering.resolve(wire);
      await wire.send(answerHead('200 OK', ['Content-Length: 200000000']));
      while (accepted < 200_000_000 && (await wire.send(piece))) accepted += piece.length;
    };
    const client = await connectRaw(port);
    client.pause();
    await client.send(post(CALL));
    const wire = await answering.promise;
    await standstill(() => accepted);
    expect(accepted).toBeGreaterThan(0);
    expect(accepted).toBeLessThan(50_000_000);
    client.reset();
    await wire.ended;
  });

  it('stops the client when the upstream stops reading, and tells the upstream when the client gives up', async () => {
    const piece = noise(100_000);
    const stopped = Promise.withResolvers<Wire>();
    upstream.script = async ({ wire }) => {
      wire.pause();
      stopped.resolve(wire);
      await wire.ended;
    };
    await using client = await connectRaw(port);
    await client.send(ask('POST /mcp', ['Content-Length: 200000000']));
    let accepted = 0;
    const upload = (async () => {
      while (accepted < 200_000_000 && (await client.send(piece))) accepted += piece.length;
    })();
    const wire = await stopped.promise;
    await standstill(() => accepted);
    expect(accepted).toBeGreaterThan(0);
    expect(accepted).toBeLessThan(50_000_000);
    client.reset();
    await upload;
    wire.resume();
    await wire.ended;
  });

  it('gives a client that reads in fits and starts every byte', async () => {
    const body = noise(20_000_000);
    upstream.script = async (request) => {
      await request.body();
      await request.wire.send(answer('200 OK', body));
    };
    await using client = await connectRaw(port);
    await client.send(post(CALL));
    const received = createHash('sha256');
    await client.readThrough('\r\n\r\n');
    for (let left = body.length; left > 0;) {
      client.resume();
      const piece = await client.readUpTo(Math.min(left, 1_000_000));
      client.pause();
      received.update(piece);
      left -= piece.length;
      await new Promise(setImmediate);
    }
    expect(received.digest('hex')).toBe(createHash('sha256').update(body).digest('hex'));
  });
});

// These have no counterpart without a proxy: what happens to one side's connection must not show on the other.
describe.each(proxied)('$route only', ({ port }) => {
  it('opens a connection for each of its clients, before they ask for anything, and closes it with theirs', async () => {
    upstream.script = echoTarget;
    const before = upstream.wires.length;
    const clients = await Promise.all([connectRaw(port), connectRaw(port)]);
    await expect.poll(() => upstream.wires.length).toBe(before + 2);
    for (const client of clients) {
      await client.send(ask('GET /1'));
      await readAnswer(client);
      client.leave();
    }
    await Promise.all(upstream.wires.slice(before).map((wire) => wire.ended));
    expect(upstream.wires.length).toBe(before + 2);
  });

  it('closes the connection of an idle client when the upstream closes its own', async () => {
    const answered = Promise.withResolvers<Wire>();
    upstream.script = async ({ wire, body }) => {
      await body();
      await wire.send(answer('200 OK', RESULT));
      answered.resolve(wire);
    };
    await using client = await connectRaw(port);
    await client.send(post(CALL));
    expect((await readAnswer(client)).status).toBe(200);
    (await answered.promise).finish();
    expect(await client.ended).toBe('clean');
  });

  it('gives a client of HTTP/1.0 a stream without chunk framing that ends with the connection', async () => {
    upstream.script = async ({ wire }) => {
      await wire.send(Buffer.concat([Buffer.from(STREAM_HEAD), chunk('data: 1\n\n'), chunk('data: 2\n\n')]));
      await wire.send(LAST_CHUNK);
    };
    await using client = await connectRaw(port);
    await client.send('GET /mcp HTTP/1.0\r\nHost: localhost\r\n\r\n');
    const { head, body } = await readAnswer(client);
    expect(valuesOf(head, 'transfer-encoding')).toEqual([]);
    expect(body).toMatchObject({ framing: 'close', ending: 'complete' });
    expect(body.bytes.toString()).toBe('data: 1\n\ndata: 2\n\n');
  });

  it('keeps the connection of a client of HTTP/1.0 that asks for it', async () => {
    upstream.script = async ({ target, wire }) =>
      wire.send(answer('200 OK', target, ['Connection: keep-alive']).toString().replace('HTTP/1.1', 'HTTP/1.0'));
    await using client = await connectRaw(port);
    for (const target of ['/1', '/2']) {
      await client.send(`GET ${target} HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n`);
      const { head, body } = await readAnswer(client);
      expect(valuesOf(head, 'connection').map((value) => value.toLowerCase())).toEqual(['keep-alive']);
      expect(body.bytes.toString()).toBe(target);
    }
  });

  it('adds no Keep-Alive field of its own to answers', async () => {
    upstream.script = echoTarget;
    await using client = await connectRaw(port);
    await client.send(ask('GET /'));
    expect(valuesOf((await readAnswer(client)).head, 'keep-alive')).toEqual([]);
  });

  it('forwards to its upstream whatever host the target of a request names', async () => {
    upstream.script = echoTarget;
    await using client = await connectRaw(port);
    await client.send('GET http://localhost:1/mcp?a=%2F HTTP/1.1\r\nHost: localhost:1\r\n\r\n');
    const { status, body } = await readAnswer(client);
    expect(status).toBe(200);
    expect(body.bytes.toString()).toMatch(/^(?:http:\/\/localhost:1)?\/mcp\?a=%2F$/);
  });
});
