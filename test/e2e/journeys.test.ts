import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { StoredJourney } from '../../src/store/journey-rows.ts';
import { play } from '../../src/simulator/player.ts';
import { startSimulatedServer } from '../../src/simulator/server.ts';
import { profileNamed } from '../simulator/recorder.ts';
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlp-receiver.ts';
import { startCli } from './cli.ts';
import { createUser, startOAuthServer } from './oauth-server.ts';
import { theSpan, total } from './signals.ts';

const ENTRY = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'mcpspan-journeys-'));
const store = join(folder, 'record.db');
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  for (const end of ['', '-wal', '-shm']) rmSync(`${store}${end}`, { force: true });
});

const run = (...args: string[]): string =>
  execFileSync(process.execPath, [ENTRY, ...args, '--store', store], { encoding: 'utf8' });

type Told = Omit<StoredJourney, 'startedAt' | 'lastAt'> & { verdict: string; cure: string | null };
// What `journeys --json` writes.
const told = (): Told[] => (JSON.parse(run('journeys', '--json')) as { journeys: Told[] }).journeys;

describe('a simulated client', () => {
  // Whether it has stopped is a matter of time; how far it came is not.
  it.each([
    ['stops-at-challenge', 'was told to sign in, and asked for nothing more', 'challenge'],
    ['stops-at-metadata', "read the authorization server's metadata, and went no further here", 'server-metadata'],
    ['never-returns', 'stopped after the token: no request came back with it', 'token'],
    ['wrong-audience', 'came back, and its token was refused (HTTP 401, invalid_token)', 'return'],
    ['validator', "read the authorization server's metadata, and went no further here", 'server-metadata'],
    ['shakes-hands-only', 'got an answer to its handshake, and then sent nothing more', 'handshake'],
    ['signs-in', 'connected', 'call'],
  ])('%s %s', async (name, verdict, furthest) => {
    const server = await startSimulatedServer({});
    await using cli = await startCli(server.signInUrl, ['--store', store]);
    await play({ url: cli.url, profiles: [profileNamed(name)], speed: 2_000, seed: 1, rounds: 1 });
    await cli.stop();
    await server.close();
    expect(told()).toMatchObject([{ verdict: expect.stringContaining(verdict), furthest, ambiguous: false }]);
  });

  it('has stopped when it is silent for long', async () => {
    const server = await startSimulatedServer({});
    await using cli = await startCli(server.signInUrl, ['--store', store, '--idle-seconds', '2']);
    await play({ url: cli.url, profiles: [profileNamed('stops-at-challenge')], speed: 2_000, seed: 1, rounds: 1 });
    await expect.poll(told, { timeout: 30_000 }).toMatchObject([{ state: 'stopped', furthest: 'challenge' }]);
    await server.close();
  });
});

describe('the official client, against the official OAuth server', () => {
  /** Connects as its user does: signs in when it is told to, and comes back. */
  async function connect(url: string, options: { comesBack: boolean }): Promise<Client> {
    const user = createUser();
    const client = new Client({ name: 'sdk-client', version: '1.2.3' });
    const first = new StreamableHTTPClientTransport(new URL(url), { authProvider: user });
    await expect(client.connect(first as Transport)).rejects.toBeInstanceOf(UnauthorizedError);
    await first.finishAuth(await user.signedIn());
    if (options.comesBack)
      await client.connect(new StreamableHTTPClientTransport(new URL(url), { authProvider: user }) as Transport);
    return client;
  }

  async function through(
    act: (url: string) => Promise<void>,
    refusesTokens: boolean,
    check: (receiver: OtlpReceiver) => Promise<void>,
  ): Promise<void> {
    await using receiver = await startOtlpReceiver();
    await using server = await startOAuthServer({ refusesTokens });
    const args = ['--store', store, '--name', 'oauth'];
    await using cli = await startCli(server.url, args, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
    server.isReachedAt(new URL(cli.url).origin);
    await act(cli.url);
    await cli.stop();
    await check(receiver);
  }

  it('arrives: its trace has every stage, and is linked to its session', async () => {
    await through(
      async (url) => {
        const client = await connect(url, { comesBack: true });
        await client.listTools();
        await client.callTool({ name: 'echo', arguments: {} });
        await client.close();
      },
      false,
      async (receiver) => {
        await receiver.until(
          ({ spans }) => spans.some(({ name }) => name === 'mcp.connect'),
          'the trace of the attempt',
        );
        const root = theSpan(receiver.spans, 'mcp.connect');
        expect(root.attributes).toMatchObject({ 'mcpspan.connect.end': 'arrived', 'mcpspan.server': 'oauth' });
        const children = receiver.spans.filter(({ parentSpanId }) => parentSpanId === root.spanId);
        expect(children.map(({ name }) => name)).toEqual(
          [
            'contact',
            'challenge',
            'resource-metadata',
            'server-metadata',
            'registration',
            'authorize',
            'token',
            'return',
            'accepted',
            'handshake',
            'lists',
            'call',
          ].map((stage) => `mcp.connect ${stage}`),
        );
        const session = theSpan(receiver.spans, 'mcp.session');
        expect(root.links.map(({ traceId }) => traceId)).toEqual([session.traceId]);
        await expect
          .poll(() => total(receiver, 'mcpspan.connect.ended', { 'mcpspan.connect.end': 'arrived' }), {
            timeout: 20_000,
          })
          .toBeGreaterThan(0);
      },
    );
    expect(told()).toMatchObject([{ verdict: 'connected', ambiguous: false, client: 'sdk-client' }]);
  });

  it('that never comes back with its token is told of in a trace, the record and a file', async () => {
    await through(
      async (url) => void (await connect(url, { comesBack: false })),
      false,
      async (receiver) => {
        await receiver.until(({ spans }) => spans.some(({ name }) => name === 'mcp.connect token'), 'the trace');
        expect(theSpan(receiver.spans, 'mcp.connect').attributes).toMatchObject({
          'mcpspan.connect.end': 'unfinished',
        });
      },
    );
    const [journey] = told();
    expect(journey).toMatchObject({ furthest: 'token', client: 'unknown' });
    const file = join(folder, 'attempt.md');
    run('report', file, '--journey', journey?.id.slice(0, 8) ?? '');
    expect(readFileSync(file, 'utf8')).toContain('stopped after the token');
  });

  it('whose token the server refuses is told why', async () => {
    await through(
      async (url) => {
        await expect(connect(url, { comesBack: true })).rejects.toThrow();
      },
      true,
      () => Promise.resolve(),
    );
    expect(told()).toMatchObject([{ furthest: 'return', refusal: { status: 401, error: 'invalid_token' } }]);
  });
});
