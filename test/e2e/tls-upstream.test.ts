import { readFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import { request } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCli, type Cli } from './cli.ts';

const folder = join(import.meta.dirname, '../support/tls');
const certificate = join(folder, 'cert.pem');

describe('an upstream over TLS that would rather speak HTTP/2', () => {
  let cli: Cli;
  const connections = new Set<unknown>();
  const upstream = createSecureServer(
    { cert: readFileSync(certificate), key: readFileSync(join(folder, 'key.pem')), allowHTTP1: true },
    (asked, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json', 'Mcp-Session-Id': 's1' });
      response.end(JSON.stringify({ version: asked.httpVersion, host: asked.headers.host }));
    },
  );

  beforeAll(async () => {
    upstream.on('secureConnection', (socket) => connections.add(socket));
    upstream.listen(0, 'localhost');
    await once(upstream, 'listening');
    // A server that listens on a TCP port has an AddressInfo, not a pipe's name.
    const { port } = upstream.address() as AddressInfo;
    cli = await startCli(`https://localhost:${port}/mcp`, ['--allow-host', 'mcp.example,other.example'], {
      NODE_EXTRA_CA_CERTS: certificate,
    });
  });

  afterAll(async () => {
    await cli.stop();
    upstream.close();
  });

  async function ask(host: string, upload = ''): Promise<{ headers: NodeJS.Dict<string | string[]>; body: unknown }> {
    const method = upload === '' ? 'GET' : 'POST';
    const asked = request({ method, port: cli.port, host: '127.0.0.1', path: '/mcp', headers: { host } }).end(upload);
    const [response] = await once(asked, 'response');
    const body: unknown = JSON.parse(Buffer.concat(await response.toArray()).toString('utf8'));
    return { headers: response.headers, body };
  }

  it('is spoken to in HTTP/1.1, and its headers arrive', async () => {
    const { headers, body } = await ask('localhost');
    expect(headers).toMatchObject({ 'content-type': 'application/json', 'mcp-session-id': 's1' });
    expect(body).toEqual({ version: '1.1', host: 'localhost' });
  });

  it('is asked for the certificate of its own name, over one connection, whatever the client calls us', async () => {
    const before = connections.size;
    for (const host of ['mcp.example', 'other.example', 'mcp.example', 'other.example']) {
      expect((await ask(host)).body).toEqual({ version: '1.1', host });
    }
    expect(connections.size - before).toBeLessThanOrEqual(1);
  });

  it('is asked for it before uploads too', async () => {
    for (const host of ['mcp.example', 'other.example']) {
      expect((await ask(host, 'x'.repeat(1_000_000))).body).toEqual({ version: '1.1', host });
    }
  });
});
