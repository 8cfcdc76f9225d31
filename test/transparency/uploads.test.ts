import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readAnswer, readHead, statusOf, type Body } from '../support/http-message.ts';
import { connectRaw, type Wire } from '../support/raw.ts';
import type { Received } from '../support/upstream.ts';
import { bothRoutes } from './routes.ts';
import { answer, answerHead, ask, CALL, chunk, LAST_CHUNK, noise, post, RESULT, STREAM_HEAD } from './traffic.ts';

const { upstream, routes } = await bothRoutes();
const proxied = routes.filter(({ route }) => route === 'proxied');

/** More than all that lies between holds: a client that writes it all waits until somebody has read most of it. */
const UPLOAD = noise(20_000_000);
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const UPLOAD_DIGEST = digest(UPLOAD);

/** In chunks of many sizes. */
function inChunks(bytes: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7) % 99_991) {
    chunks.push(chunk(bytes.subarray(at, at + size)));
  }
  return Buffer.concat([...chunks, Buffer.from(LAST_CHUNK)]);
}

const FRAMINGS = [
  { framing: 'with a length', upload: post(UPLOAD) },
  {
    framing: 'in chunks',
    upload: Buffer.concat([Buffer.from(ask('POST /mcp', ['Transfer-Encoding: chunked'])), inChunks(UPLOAD)]),
  },
];

const CALL_AFTER = post(CALL);
const answerCall = async ({ body, wire }: Received): Promise<void> => {
  await body();
  await wire.send(answer('200 OK', RESULT));
};

/** That the connection is good for another request. */
async function expectNextCall(client: Wire): Promise<void> {
  upstream.script = answerCall;
  await client.send(CALL_AFTER);
  const { status, body } = await readAnswer(client);
  expect([status, body.bytes.toString()]).toEqual([200, RESULT]);
}

const EARLY = [
  { early: '413 with a body', bytes: answer('413 Content Too Large', 'too big'), status: 413 },
  { early: '202 without a body', bytes: answer('202 Accepted', ''), status: 202 },
  { early: '204', bytes: answerHead('204 No Content'), status: 204 },
  {
    early: 'a stream of one event',
    bytes: Buffer.concat([Buffer.from(STREAM_HEAD), chunk('data: 1\n\n'), Buffer.from(LAST_CHUNK)]),
    status: 200,
  },
];

describe.each(routes)('$route', ({ port }) => {
  describe.each(FRAMINGS)('an upload $framing', ({ upload }) => {
    it.each(EARLY)('arrives whole after $early at its head, and the connection goes on', async ({ bytes, status }) => {
      const taken = Promise.withResolvers<Body>();
      upstream.script = async ({ body, wire }) => {
        await wire.send(bytes);
        taken.resolve(await body());
      };
      await using client = await connectRaw(port);
      await client.send(upload);
      expect((await readAnswer(client)).status).toBe(status);
      const { ending, bytes: received } = await taken.promise;
      expect([ending, digest(received)]).toEqual(['complete', UPLOAD_DIGEST]);
      await expectNextCall(client);
    });

    it('arrives whole when the answer comes in its middle and says that the connection will close', async () => {
      const taken = Promise.withResolvers<Body>();
      upstream.script = async ({ body, wire }) => {
        await wire.send(answer('202 Accepted', '', ['Connection: close']));
        taken.resolve(await body());
        wire.finish();
      };
      await using client = await connectRaw(port);
      await client.send(upload);
      expect((await readAnswer(client)).status).toBe(202);
      const { ending, bytes: received } = await taken.promise;
      expect([ending, digest(received)]).toEqual(['complete', UPLOAD_DIGEST]);
      expect(await client.ended).toBe('clean');
    });

    it('arrives whole while the answer is being sent', async () => {
      const taken = Promise.withResolvers<Body>();
      upstream.script = async ({ body, wire }) => {
        await wire.send(STREAM_HEAD);
        await wire.send(chunk('data: 1\n\n'));
        const received = await body();
        taken.resolve(received);
        await wire.send(chunk(`data: ${digest(received.bytes)}\n\n`));
        await wire.send(LAST_CHUNK);
      };
      await using client = await connectRaw(port);
      await client.send(upload);
      const { body } = await readAnswer(client);
      expect(body.bytes.toString()).toBe(`data: 1\n\ndata: ${UPLOAD_DIGEST}\n\n`);
      await expectNextCall(client);
    });
  });

  it('an answer at the head of an upload is seen before more of the upload is sent', async () => {
    const answered = Promise.withResolvers<void>();
    upstream.script = async ({ body, wire }) => {
      await wire.send(answer('202 Accepted', ''));
      await answered.promise;
      expect((await body()).bytes.length).toBe(UPLOAD.length);
    };
    await using client = await connectRaw(port);
    await client.send(ask('POST /mcp', [`Content-Length: ${UPLOAD.length}`]));
    const head = await readHead(client);
    expect(head === undefined ? undefined : statusOf(head)).toBe(202);
    answered.resolve();
    await client.send(UPLOAD);
    await expectNextCall(client);
  });

  it.each(['leave', 'reset'] as const)(
    'a client that goes away (%s) within its upload, after the answer, leaves the upstream with a broken body',
    async (way) => {
      const broken = Promise.withResolvers<Body>();
      upstream.script = async ({ body, wire }) => {
        await wire.send(answer('202 Accepted', ''));
        broken.resolve(await body());
      };
      const client = await connectRaw(port);
      await client.send(ask('POST /mcp', [`Content-Length: ${UPLOAD.length}`]));
      await client.send(UPLOAD.subarray(0, 9_000_000));
      expect((await readAnswer(client)).status).toBe(202);
      client[way]();
      expect((await broken.promise).ending).toBe('broken');
    },
  );

  it('a refusal that closes the connection is seen by a client that writes all before it reads', async () => {
    upstream.script = async ({ wire }) => {
      await wire.send(answer('413 Content Too Large', 'too big', ['Connection: close']));
      wire.finish();
      // Reads and forgets the rest, as servers do, lest their reset overtake their answer.
      while (!(await wire.atEnd())) await wire.readUpTo(Infinity);
    };
    await using client = await connectRaw(port);
    await client.send(post(UPLOAD));
    const { status, body } = await readAnswer(client);
    expect([status, body.bytes.toString()]).toEqual([413, 'too big']);
    expect(await client.ended).toBe('clean');
  });
});

// Without a proxy the reset of such an upstream may overtake its answer.
describe.each(proxied)('$route only', ({ port }) => {
  it('a client that writes all before it reads sees the answer of an upstream that closes at once', async () => {
    upstream.script = async ({ wire }) => {
      await wire.send(answer('413 Content Too Large', 'too big', ['Connection: close']));
      wire.leave();
    };
    await using client = await connectRaw(port);
    await client.send(post(UPLOAD));
    // The upstream's reset may overtake its answer on its way to us.
    const head = await readHead(client);
    expect([413, undefined]).toContain(head && statusOf(head));
    expect(await client.ended).toBe('clean');
  });

  it('what follows the upload that an upstream did not take is not read as a request', async () => {
    upstream.script = async ({ wire }) => {
      await wire.send(answer('413 Content Too Large', 'too big'));
      wire.leave();
    };
    const before = upstream.requestLines.length;
    await using client = await connectRaw(port);
    await client.send(Buffer.concat([post(UPLOAD), Buffer.from(ask('GET /next'))]));
    const head = await readHead(client);
    expect([413, undefined]).toContain(head && statusOf(head));
    expect(await client.ended).toBe('clean');
    expect(upstream.requestLines.slice(before)).toEqual(['POST /mcp HTTP/1.1']);
  });

  it('a client that goes on without end after its upload failed is cut off', async () => {
    upstream.script = async ({ wire }) => {
      await wire.send(answer('413 Content Too Large', 'too big', ['Connection: close']));
      wire.leave();
    };
    await using client = await connectRaw(port);
    await client.send(ask('POST /mcp', ['Content-Length: 10000000000']));
    const piece = noise(1_000_000);
    let sent = 0;
    while (sent < 2_000 && (await client.send(piece))) sent++;
    expect(sent).toBeLessThan(2_000);
  });
});
