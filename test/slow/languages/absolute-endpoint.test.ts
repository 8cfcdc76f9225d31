import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCli } from '../../e2e/cli.ts';
import { total } from '../../e2e/signals.ts';
import { startOtlpReceiver } from '../../support/otlp-receiver.ts';
import { INSTALL_TIMEOUT } from '../clients/cached.ts';
import { MCP_GO } from './go.ts';
import { install, missing } from './sdk.ts';
import { TYPESCRIPT } from './sdks.ts';
import { startServer, talk } from './talk.ts';

const leftOut = MCP_GO.toolchain.version() === undefined;
if (leftOut) console.warn(missing(MCP_GO));

describe.skipIf(leftOut)('an HTTP+SSE server that names itself in its endpoint event', () => {
  let server: Awaited<ReturnType<typeof startServer>>;
  beforeAll(async () => {
    server = await startServer(MCP_GO.command(await install(MCP_GO, console.warn)), 'sse-absolute');
  }, INSTALL_TIMEOUT);
  afterAll(() => server[Symbol.asyncDispose]());

  const client = (url: string) => talk(TYPESCRIPT.command(''), { transport: 'sse', url, calls: [] });

  it('is left by a client that came through mcpspan, which is said once', async () => {
    expect(await client(server.url)).toMatchObject({ server: 'mcp-go-server' });
    await using receiver = await startOtlpReceiver();
    await using cli = await startCli(server.url, [], { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
    const url = new URL('/sse', cli.url).href;
    for (let attempt = 1; attempt <= 2; attempt++) await expect(client(url)).rejects.toThrow('origin');
    expect(await cli.stop()).toBe(0);
    expect(
      cli
        .stderr()
        .split('\n')
        .filter((line) => line.includes('past mcpspan')),
    ).toHaveLength(1);
    expect(total(receiver, 'mcpspan.anomalies')).toBeGreaterThan(0);
  });
});
