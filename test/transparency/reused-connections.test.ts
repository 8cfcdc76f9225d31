import { describe, expect, it } from 'vitest';
import { readAnswer } from '../support/http-message.ts';
import { connectRaw, type Wire } from '../support/raw.ts';
import type { Script } from '../support/upstream.ts';
import { bothRoutes } from './routes.ts';
import { answer, answerHead, ask, CALL, noise, post, RESULT } from './traffic.ts';

const { upstream, routes } = await bothRoutes();

/** An upstream that answers the first request of each connection and dies of the second, as if it had closed it meanwhile. */
function diesWhenReused(way: 'reset' | 'leave'): Script {
  const used = new WeakSet<Wire>();
  return async ({ body, wire }) => {
    if (used.has(wire)) {
      wire[way]();
      return;
    }
    used.add(wire);
    await body();
    await wire.send(answer('200 OK', RESULT));
  };
}

describe.each(routes)('$route', ({ port }) => {
  describe.each(['reset', 'leave'] as const)('a connection that dies (%s) as it is used again', (way) => {
    it.each([
      { what: 'a short POST', request: post(CALL) },
      { what: 'a GET', request: ask('GET /mcp') },
      { what: 'an upload', request: post(noise(9_000_000)) },
      {
        what: 'a chunked upload',
        request: `${ask('POST /mcp', ['Transfer-Encoding: chunked'])}20000\r\n${'x'.repeat(0x20000)}\r\n0\r\n\r\n`,
      },
    ])('closes that of the client without an answer to $what', async ({ request }) => {
      upstream.script = diesWhenReused(way);
      await using client = await connectRaw(port);
      await client.send(request);
      expect((await readAnswer(client)).status).toBe(200);
      await Promise.all([client.send(request), client.ended]);
      expect(await client.atEnd()).toBe(true);
    });
  });

  it('hears out an upstream that sends 100 Continue without being asked, in whatever pieces', async () => {
    const interim = `${answerHead('100 Continue')}${answerHead('100 ', ['X-A: 1'])}`;
    const whole = `${interim}${answerHead('200 OK', [`Content-Length: ${RESULT.length}`])}${RESULT}`;
    await using client = await connectRaw(port);
    for (const size of [1, 7, 40, whole.length]) {
      upstream.script = async ({ body, wire }) => {
        await body();
        for (let at = 0; at < whole.length; at += size) {
          await wire.send(whole.slice(at, at + size));
          // Two turns of the event loop, so that whoever reads has read it before the next piece is there.
          for (const _ of [1, 2]) await new Promise(setImmediate);
        }
      };
      await client.send(post(CALL));
      const { status, body } = await readAnswer(client);
      expect([status, body.bytes.toString()]).toEqual([200, RESULT]);
    }
  });
});
