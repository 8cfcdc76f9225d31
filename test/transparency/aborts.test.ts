import { describe, expect, it } from 'vitest';
import { answerPieces, readAnswer, readHead, type Body } from '../support/http-message.ts';
import { connectRaw, type Wire } from '../support/raw.ts';
import { standstill } from '../support/standstill.ts';
import { bothRoutes } from './routes.ts';
import { answerHead, ask, CALL, chunk, noise, post, STREAM_HEAD } from './traffic.ts';

const { upstream, routes } = await bothRoutes();

/** The two ways a connection goes away; `leave` sends a FIN, `reset` a RST. */
const WAYS = ['leave', 'reset'] as const;

describe.each(routes)('$route', ({ port }) => {
  describe.each(WAYS)('a client that goes away (%s)', (way) => {
    it('before the answer is gone for the upstream too [MCP-ABORT-1]', async () => {
      const arrived = Promise.withResolvers<Wire>();
      upstream.script = async ({ body, wire }) => {
        await body();
        arrived.resolve(wire);
        await wire.ended;
      };
      const client = await connectRaw(port);
      await client.send(post(CALL));
      const wire = await arrived.promise;
      client[way]();
      await wire.ended;
    });

    it('within a stream is gone for the upstream too, and other streams go on', async () => {
      const wires = new Map<string, Wire>();
      upstream.script = async ({ target, wire }) => {
        wires.set(target, wire);
        await wire.send(STREAM_HEAD);
        await wire.send(chunk('data: 1\n\n'));
        await wire.ended;
      };
      const open = async (target: string) => {
        const client = await connectRaw(port);
        await client.send(ask(`GET ${target}`));
        const head = await readHead(client);
        if (head === undefined) throw new Error('no answer');
        const pieces = answerPieces(client, head);
        expect((await pieces.next()).value?.toString()).toBe('data: 1\n\n');
        return { client, pieces };
      };
      const going = await open('/going');
      const staying = await open('/staying');
      going.client[way]();
      await wires.get('/going')?.ended;

      await wires.get('/staying')?.send(chunk('data: 2\n\n'));
      expect((await staying.pieces.next()).value?.toString()).toBe('data: 2\n\n');
      staying.client.leave();
      await wires.get('/staying')?.ended;
    });

    it('within a large answer is gone for the upstream too', async () => {
      const left = Promise.withResolvers<void>();
      upstream.script = async ({ body, wire }) => {
        await body();
        await wire.send(answerHead('200 OK', ['Content-Length: 100000000']));
        const piece = noise(100_000);
        while (await wire.send(piece));
        left.resolve();
      };
      const client = await connectRaw(port);
      await client.send(post(CALL));
      await client.read(1_000_000);
      client[way]();
      await left.promise;
    });

    it('with pipelined requests unanswered is gone for the upstream in each of them', async () => {
      const wires = new Set<Wire>();
      const arrived = Promise.withResolvers<void>();
      upstream.script = async ({ wire }) => {
        wires.add(wire);
        arrived.resolve();
        await wire.ended;
      };
      const client = await connectRaw(port);
      await client.send(['/1', '/2', '/3'].map((target) => ask(`GET ${target}`)).join(''));
      await arrived.promise;
      client[way]();
      await Promise.all([...wires].map((wire) => wire.ended));
    });

    it('within its upload leaves the upstream with a broken body', async () => {
      const begun = Promise.withResolvers<void>();
      const broken = Promise.withResolvers<Body>();
      upstream.script = async ({ body, wire }) => {
        begun.resolve();
        broken.resolve(await body());
        await wire.ended;
      };
      const client = await connectRaw(port);
      await client.send(ask('POST /mcp', ['Content-Length: 1000000']));
      await client.send(noise(500_000));
      await begun.promise;
      client[way]();
      expect((await broken.promise).ending).toBe('broken');
    });

    it('within its chunked upload leaves the upstream with a broken body', async () => {
      const begun = Promise.withResolvers<void>();
      const broken = Promise.withResolvers<Body>();
      upstream.script = async ({ body, wire }) => {
        begun.resolve();
        broken.resolve(await body());
        await wire.ended;
      };
      const client = await connectRaw(port);
      await client.send(ask('POST /mcp', ['Transfer-Encoding: chunked']));
      await client.send(chunk(noise(500_000)));
      await begun.promise;
      client[way]();
      expect((await broken.promise).ending).toBe('broken');
    });
  });

  /** FIN or RST, at which an answer must not look complete. */
  describe.each(['finish', 'reset'] as const)('an upstream that breaks off (%s)', (way) => {
    it.each([
      { what: 'an answer with a length', head: answerHead('200 OK', ['Content-Length: 100']), part: 'some of it' },
      { what: 'an event stream', head: STREAM_HEAD, part: 'data: 1\n\n' },
    ])('within $what breaks the connection of the client', async ({ head, part }) => {
      upstream.script = async ({ body, wire }) => {
        await body();
        await wire.send(head);
        await wire.send(head === STREAM_HEAD ? chunk(part) : part);
        await partSeen.promise;
        wire[way]();
      };
      const partSeen = Promise.withResolvers<void>();
      await using client = await connectRaw(port);
      await client.send(post(CALL));
      const answered = await readHead(client);
      if (answered === undefined) throw new Error('no answer');
      const pieces = answerPieces(client, answered);
      expect((await pieces.next()).value?.toString()).toBe(part);
      partSeen.resolve();
      await expect(pieces.next()).rejects.toThrow('the connection ended');
    });

    it('while the client does not read breaks the connection of the client [MCP-ABORT-2]', async () => {
      let taken = 0;
      const answering = Promise.withResolvers<Wire>();
      upstream.script = async ({ body, wire }) => {
        await body();
        void wire.send(answerHead('200 OK', ['Content-Length: 100000000']));
        // This is more than everything between the two can hold, so some of it still waits when the end comes.
        for (let sent = 0; sent < 40; sent++) void wire.send(noise(1_000_000)).then((sent) => (taken += sent ? 1 : 0));
        answering.resolve(wire);
        await wire.ended;
      };
      await using client = await connectRaw(port);
      client.pause();
      await client.send(post(CALL));
      const wire = await answering.promise;
      await standstill(() => taken);
      expect(taken).toBeLessThan(40);
      wire[way]();
      client.resume();
      const { body } = await readAnswer(client);
      expect(body.ending).toBe('broken');
    });

    it('does so for a client that sent more requests on its connection', async () => {
      upstream.script = async ({ target, body, wire }) => {
        await body();
        if (target === '/second') return wire.send(`${answerHead('200 OK', ['Content-Length: 2'])}{}`);
        await wire.send(`${answerHead('200 OK', ['Content-Length: 100'])}some of it`);
        return wire[way]();
      };
      await using client = await connectRaw(port);
      await client.send(`${ask('GET /first')}${ask('GET /second')}`);
      expect((await readAnswer(client)).body.ending).toBe('broken');
      expect(await client.atEnd()).toBe(true);
    });
  });

  it.each(['1.0', '1.1'])(
    'tells a client of HTTP/%s that the upstream broke off, though only the connection ends its answer',
    async (version) => {
      const seen = Promise.withResolvers<void>();
      upstream.script = async ({ wire }) => {
        await wire.send(answerHead('200 OK', ['Content-Type: text/event-stream', 'Connection: close']));
        await wire.send('data: 1\n\n');
        await seen.promise;
        wire.reset();
      };
      await using client = await connectRaw(port);
      await client.send(`GET /mcp HTTP/${version}\r\nHost: localhost\r\n\r\n`);
      await client.readThrough('data: 1\n\n');
      seen.resolve();
      expect(await client.ended).toBe('broken');
    },
  );
});
