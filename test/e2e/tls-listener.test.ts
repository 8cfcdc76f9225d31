import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { Agent, fetch as fetchOver } from 'undici';
import { afterAll, describe, expect, it } from 'vitest';
import { makeCertificate } from '../support/certificates.ts';
import { httpServer } from '../support/listen.ts';
import { connectRaw } from '../support/raw.ts';
import { startQuizServer } from '../support/quiz-server.ts';
import { runCli, startCli } from './cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'mcpspan-tls-'));
afterAll(() => rmSync(folder, { recursive: true }));
const authority = makeCertificate({ name: 'an authority', authority: true });
const issue = (name: string): void => {
  const { cert, key } = makeCertificate({ name, for: ['localhost', '127.0.0.1'], by: authority });
  writeFileSync(join(folder, 'cert.pem'), cert);
  writeFileSync(join(folder, 'key.pem'), key);
};
const TLS = ['--tls-cert', join(folder, 'cert.pem'), '--tls-key', join(folder, 'key.pem')];

/** The common name of the certificate that a listener shows. */
async function shownAt(port: number): Promise<string | undefined> {
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: authority.cert });
  await new Promise<void>((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return String(CN);
}

describe('clients over TLS', () => {
  it('are told an https URL, and the official client speaks to a server through it', async () => {
    issue('one');
    await using server = await startQuizServer();
    await using cli = await startCli(server.url, TLS);
    expect(cli.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/mcp$/);
    const dispatcher = new Agent({ connect: { ca: authority.cert } });
    const transport = new StreamableHTTPClientTransport(new URL(cli.url), {
      // undici's fetch is the global one; only the types of its parts have other names.
      fetch: ((url: URL, init: object) => fetchOver(url, { ...init, dispatcher })) as unknown as typeof fetch,
    });
    const client = new Client({ name: 'over-tls', version: '1' });
    // The SDK's own class is a Transport; exactOptionalPropertyTypes does not see that.
    await client.connect(transport as Parameters<typeof client.connect>[0]);
    expect((await client.listTools()).tools).not.toEqual([]);
    await client.close();
    await dispatcher.destroy();
  });

  it('get a new certificate after SIGHUP, on every thread; what cannot be used replaces nothing', async () => {
    issue('one');
    await using upstream = await httpServer((_request, response) => response.end());
    const threads = process.platform === 'linux' ? ['--threads', '2'] : [];
    await using cli = await startCli(upstream.url, [...TLS, ...threads]);
    const shown = async () => new Set(await Promise.all(Array.from({ length: 12 }, () => shownAt(cli.port))));
    expect(await shown()).toEqual(new Set(['one']));
    writeFileSync(join(folder, 'cert.pem'), 'no certificate');
    cli.kill('SIGHUP');
    await cli.untilSaid((stderr) => stderr.includes('what was read before stays in use'));
    expect(await shown()).toEqual(new Set(['one']));
    issue('two');
    cli.kill('SIGHUP');
    await cli.untilSaid((stderr) => stderr.includes('a new certificate is in use'));
    // A thread takes it up when it has read the message.
    while ((await shown()).has('one')) await new Promise((resolve) => setImmediate(resolve));
    expect(await shown()).toEqual(new Set(['two']));
    expect(await cli.stop()).toBe(0);
  });

  it('play the demo', async () => {
    issue('one');
    const args = ['demo', '--once', '--speed', '1000', '--profile', 'cursor', '--listen', '127.0.0.1:0', ...TLS];
    await using demo = runCli(args, { MCPSPAN_PAGE: 'off' });
    expect(await demo.ended).toBe(0);
    expect(demo.stderr()).toContain('https://127.0.0.1:');
    expect(demo.stdout()).toMatch(/quiz +cursor +[1-9]/);
  });

  it('that never end their handshake do not keep mcpspan from ending', async () => {
    issue('one');
    await using upstream = await httpServer((_request, response) => response.end());
    await using cli = await startCli(upstream.url, [...TLS, '--drain-seconds', '60']);
    await using silent = await connectRaw(cli.port);
    expect(await shownAt(cli.port)).toBe('one');
    expect(await cli.stop()).toBe(0);
    await silent.ended;
    // Sooner than a handshake times out.
  }, 20_000);
});
