import { describe, expect, it } from 'vitest';
import { readAnswer, readHead, statusOf, valuesOf } from '../support/http-message.ts';
import { connectRaw, type Wire } from '../support/raw.ts';
import type { Script } from '../support/upstream.ts';
import { bothRoutes } from './routes.ts';
import { answer, answerHead, ask, CALL, noise, post, RESULT } from './traffic.ts';

const { upstream, routes } = await bothRoutes();
const proxied = routes.filter(({ route }) => route === 'proxied');

const OFFER = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'];
const ACCEPTED = answerHead('101 Switching Protocols', ['Upgrade: websocket', 'Connection: Upgrade']);

/** Accepts the offer, and sends back whatever comes until it ends. */
const echo: Script = async ({ wire }) => {
  await wire.send(ACCEPTED);
  for (;;) {
    const piece = await wire.readUpTo(Infinity);
    if (piece.length === 0) break;
    await wire.send(piece);
  }
  wire.finish();
};

describe.each(routes)('$route', ({ port }) => {
  it('after an upgrade every byte passes both ways, whatever it looks like', async () => {
    upstream.script = echo;
    await using client = await connectRaw(port);
    await client.send(ask('GET /socket', OFFER));
    expect((await readHead(client))?.line).toBe('HTTP/1.1 101 Switching Protocols');
    for (const bytes of [noise(300_000), Buffer.from(ask('GET /not-a-request')), Buffer.from('\n\n\0')]) {
      void client.send(bytes);
      expect((await client.read(bytes.length)).equals(bytes)).toBe(true);
    }
    client.finish();
    expect(await client.ended).toBe('clean');
  });

  it('what is sent before the upgrade is accepted passes after it', async () => {
    upstream.script = echo;
    await using client = await connectRaw(port);
    await client.send(`${ask('GET /socket', OFFER)}first`);
    await readHead(client);
    expect((await client.read(5)).toString()).toBe('first');
  });

  it('the offer and its acceptance arrive as they were sent', async () => {
    const seen = Promise.withResolvers<readonly (readonly [string, string])[]>();
    upstream.script = async ({ fields, wire }) => {
      seen.resolve(fields);
      await wire.send(ACCEPTED);
      wire.finish();
    };
    await using client = await connectRaw(port);
    await client.send(ask('GET /socket', OFFER));
    const head = await readHead(client);
    expect(head?.fields).toEqual([
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
    ]);
    expect((await seen.promise).slice(1)).toEqual([
      ['Connection', 'Upgrade'],
      ['Upgrade', 'websocket'],
      ['Sec-WebSocket-Version', '13'],
    ]);
  });

  it('the connection goes on after an upgrade that is declined, with the request that came behind it', async () => {
    upstream.script = async ({ target, body, wire }) => {
      await body();
      await wire.send(answer('200 OK', target));
    };
    await using client = await connectRaw(port);
    await client.send(`${ask('GET /socket', OFFER)}${ask('GET /next')}`);
    for (const target of ['/socket', '/next']) expect((await readAnswer(client)).body.bytes.toString()).toBe(target);
  });

  it.each(['leave', 'reset'] as const)('a tunnel ends for the client when the upstream goes away (%s)', async (way) => {
    const goodbye = Promise.withResolvers<Wire>();
    upstream.script = async ({ wire }) => {
      await wire.send(`${ACCEPTED}hello`);
      await wire.read(2);
      await wire.send('bye');
      goodbye.resolve(wire);
    };
    await using client = await connectRaw(port);
    await client.send(ask('GET /socket', OFFER));
    await readHead(client);
    expect((await client.read(5)).toString()).toBe('hello');
    await client.send('ok');
    expect((await client.read(3)).toString()).toBe('bye');
    (await goodbye.promise)[way]();
    await client.ended;
    expect(client.arrivals.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBe(ACCEPTED.length + 'hellobye'.length);
  });

  it.each(['leave', 'reset'] as const)('a tunnel ends for the upstream when the client goes away (%s)', async (way) => {
    const ended = Promise.withResolvers<void>();
    upstream.script = async ({ wire }) => {
      await wire.send(ACCEPTED);
      await wire.ended;
      ended.resolve();
    };
    const client = await connectRaw(port);
    await client.send(ask('GET /socket', OFFER));
    await readHead(client);
    client[way]();
    await ended.promise;
  });
});

describe.each(proxied)('$route only', ({ port }) => {
  it('an offer of HTTP/2 in the clear does not go on, and the request does', async () => {
    const seen = Promise.withResolvers<string[]>();
    upstream.script = async ({ fields, body, wire }) => {
      await body();
      seen.resolve(fields.map(([name]) => name.toLowerCase()));
      await wire.send(answer('200 OK', RESULT));
    };
    const offer = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQ'];
    await using client = await connectRaw(port);
    await client.send(post(CALL, offer));
    const { head } = await readAnswer(client);
    expect([statusOf(head), valuesOf(head, 'upgrade')]).toEqual([200, []]);
    expect(await seen.promise).toEqual(['host', 'content-length']);
  });
});
