import { describe, expect, it } from 'vitest';
import { fullBacklog } from '../support/full-backlog.ts';
import { readAnswer, valuesOf, type Answer } from '../support/http-message.ts';
import { startTestProxy } from '../support/proxy.ts';
import { connectRaw, rawServer } from '../support/raw.ts';
import { answerWith, startUpstream, type Script } from '../support/upstream.ts';
import { answer, ask, CALL, noise, post, RESULT } from './traffic.ts';

/** One line of plain text that says who speaks, and that no client can take for an answer of the server. */
function expectOwnAnswer({ head, status, body }: Answer, expected: number): void {
  expect(status).toBe(expected);
  expect(valuesOf(head, 'content-type')[0]).toMatch(/^text\/plain\b/);
  expect(body.ending).toBe('complete');
  expect(body.bytes.toString()).toMatch(/^[^{[\n]*mcpspan[^\n]*\n$/);
}

async function call(port: number, request: string | Uint8Array = post(CALL)): Promise<Answer> {
  await using client = await connectRaw(port);
  const [answered] = await Promise.all([readAnswer(client), client.send(request)]);
  return answered;
}

async function refusingPort(): Promise<number> {
  const server = await rawServer(() => undefined);
  await server.close();
  return server.port;
}

const WITHOUT_AN_ANSWER: Readonly<Record<string, Script>> = {
  'breaks off at the request': async ({ wire }) => wire.reset(),
  'breaks off once it has the body': async ({ body, wire }) => {
    await body();
    wire.reset();
  },
  'closes without an answer': async ({ body, wire }) => {
    await body();
    wire.finish();
  },
  'breaks off within the head of its answer': async ({ body, wire }) => {
    await body();
    await wire.send('HTTP/1.1 200 OK\r\nContent-');
    wire.reset();
  },
};

const NOT_AN_ANSWER: Readonly<Record<string, string>> = {
  'speaks something else': 'SSH-2.0-OpenSSH_9.9\r\n',
  'frames its answer twice': 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
  'tells two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx',
  'upgrades to what nobody offered': 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
};

describe('an upstream that', () => {
  it.each(Object.entries(WITHOUT_AN_ANSWER))(
    '%s closes the connection of the client without an answer, and the next call passes',
    async (_, script) => {
      await using upstream = await startUpstream(script);
      await using proxy = await startTestProxy(upstream.url);
      for (const request of [post(CALL), ask('GET /mcp'), post(noise(5_000_000))]) {
        await using client = await connectRaw(proxy.port);
        await Promise.all([client.send(request), client.ended]);
        expect(await client.atEnd()).toBe(true);
      }
      upstream.script = answerWith(answer('200 OK', RESULT));
      expect((await call(proxy.port)).status).toBe(200);
    },
  );

  it.each(Object.entries(NOT_AN_ANSWER))('%s is a 502 of our own, and the next call passes', async (_, bytes) => {
    await using upstream = await startUpstream(answerWith(bytes));
    await using proxy = await startTestProxy(upstream.url);
    expectOwnAnswer(await call(proxy.port), 502);
    expectOwnAnswer(await call(proxy.port, ask('GET /mcp')), 502);
    upstream.script = answerWith(answer('200 OK', RESULT));
    expect((await call(proxy.port)).status).toBe(200);
  });

  it('refuses connections is a 502 of our own [MCP-ERROR-1]', async () => {
    await using proxy = await startTestProxy(`http://127.0.0.1:${await refusingPort()}/mcp`);
    expectOwnAnswer(await call(proxy.port), 502);
  });

  it('refuses connections is a 502 of our own for a large upload too', async () => {
    await using proxy = await startTestProxy(`http://127.0.0.1:${await refusingPort()}/mcp`);
    expectOwnAnswer(await call(proxy.port, post(noise(5_000_000))), 502);
  });

  it('has a name nobody knows is a 502 of our own', async () => {
    await using proxy = await startTestProxy('http://no-such-host.invalid:3000/mcp');
    expectOwnAnswer(await call(proxy.port), 502);
  });

  it('takes no connection within --connect-timeout is a 504 of our own', async () => {
    await using upstream = await fullBacklog();
    await using proxy = await startTestProxy(`http://127.0.0.1:${upstream.port}/mcp`, ['--connect-timeout', '1']);
    expectOwnAnswer(await call(proxy.port), 504);
  });
});
