import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import { readAnswer, readHead } from '../support/http-message.ts';
import { startTestProxy } from '../support/proxy.ts';
import { connectRaw } from '../support/raw.ts';
import { answerWith, startUpstream } from '../support/upstream.ts';
import { ANSWERS } from './answers.ts';
import { BODIES } from './bodies.ts';
import { EVENT_STREAMS } from './event-streams.ts';
import { FIELDS } from './fields.ts';
import { carry } from './row.ts';
import { TARGETS_AND_METHODS } from './targets.ts';
import { answer, ask, noise, RESULT } from './traffic.ts';

const folder = mkdtempSync(join(tmpdir(), 'mcpspan-tls-'));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};
const authority = makeCertificate({ name: 'an authority', authority: true });
const server = makeCertificate({ name: 'localhost', for: ['localhost', '127.0.0.1'], by: authority });
const over = { ca: authority.cert };
const upstream = await startUpstream(undefined, { cert: server.cert, key: server.key });
const proxy = await startTestProxy(upstream.url, [
  '--upstream-ca',
  file('ca.pem', authority.cert),
  '--tls-cert',
  file('cert.pem', server.cert),
  '--tls-key',
  file('key.pem', server.key),
]);

afterAll(async () => {
  await proxy.stop();
  await upstream.close();
  rmSync(folder, { recursive: true });
});

describe('over TLS on both sides', () => {
  it.each([...BODIES, ...FIELDS, ...ANSWERS, ...TARGETS_AND_METHODS, ...EVENT_STREAMS])('$name', async (row) => {
    const direct = await carry(row, 'direct', upstream, upstream.port, over);
    const proxied = await carry(row, 'proxied', upstream, proxy.port, over);
    expect(proxied).toEqual(direct);
    expect(upstream.failures).toEqual([]);
  });

  it('a client that sends nothing more still gets its answer', async () => {
    upstream.script = async ({ body, wire }) => {
      await body();
      await wire.ended;
      await wire.send(answer('200 OK', RESULT));
    };
    await using client = await connectRaw(proxy.port, over);
    await client.send(ask('GET /half'));
    client.finish();
    expect((await readAnswer(client)).body.bytes.toString()).toBe(RESULT);
    expect(await client.ended).toBe('clean');
  });

  it('an answer that breaks off, and that only the end of the connection ends, is not taken for the whole', async () => {
    upstream.script = async ({ body, wire }) => {
      await body();
      await wire.send('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nhalf of it');
      await read.promise;
      wire.reset();
    };
    const read = Promise.withResolvers<void>();
    await using client = await connectRaw(proxy.port, over);
    await client.send(ask('GET /broken'));
    await readHead(client);
    expect((await client.read(10)).toString()).toBe('half of it');
    read.resolve();
    expect(await client.ended).toBe('broken');
  });

  it('an upload and an answer of several megabytes pass, though each side stops reading for a while', async () => {
    const bytes = noise(8_000_000);
    upstream.script = async ({ body, wire }) => {
      wire.pause();
      setImmediate(() => wire.resume());
      await wire.send(answer('200 OK', (await body()).bytes));
    };
    await using client = await connectRaw(proxy.port, over);
    await client.send(ask('POST /large', [`Content-Length: ${bytes.length}`]));
    const sent = client.send(bytes);
    await readHead(client);
    client.pause();
    setImmediate(() => client.resume());
    expect((await client.read(bytes.length)).equals(bytes)).toBe(true);
    await sent;
  });

  it('a refused request is answered, and what its client still sends does not cost it the answer', async () => {
    upstream.script = answerWith(answer('200 OK', RESULT));
    await using client = await connectRaw(proxy.port, over);
    const sent = client.send(
      `POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n${'x'.repeat(1_000_000)}`,
    );
    expect((await readAnswer(client)).status).toBe(400);
    await sent;
    expect(await client.ended).toBe('clean');
  });

  it('a plain HTTP request on the TLS port is cut, and the next connection is served', async () => {
    await using plain = await connectRaw(proxy.port);
    await plain.send(ask('GET /plain'));
    await plain.ended;
    expect(await plain.atEnd()).toBe(true);
    upstream.script = answerWith(answer('200 OK', RESULT));
    await using client = await connectRaw(proxy.port, over);
    await client.send(ask('GET /after'));
    expect((await readAnswer(client)).status).toBe(200);
  });
});
