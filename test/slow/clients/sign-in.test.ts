import { join } from 'node:path';
import { Client as ClientV2, StreamableHTTPClientTransport as TransportV2 } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { journeyVerdict } from '../../../src/reading/journey-words.ts';
import type { StoredJourney } from '../../../src/store/journey-rows.ts';
import { startShown, type Shown } from '../../browser/shown.ts';
import { createUser, startOAuthServer } from '../../e2e/oauth-server.ts';
import { temporaryFolder } from '../../store/store-rig.ts';
import { INSTALL_TIMEOUT } from './cached.ts';
import { installPackages } from './packages.ts';

/** So long a client of mcp-remote waits for a handshake that mcp-remote never answers. */
const PATIENCE_MS = 20_000;

let cache: string;
beforeAll(async () => {
  cache = await installPackages();
}, INSTALL_TIMEOUT);

/** Signs in and calls `echo`. @throws where it is not let in */
type SignIn = (url: string) => Promise<string>;

const textOf = (result: object): string =>
  // What the tool of the server sends.
  (result as { content: [{ text: string }] }).content[0].text;
const CALL = { name: 'echo' };

const CLIENTS: Readonly<Record<string, SignIn>> = {
  async 'the official client, version 1'(url) {
    const authProvider = createUser();
    const connect = async (): Promise<Client> => {
      const client = new Client({ name: 'sdk-v1', version: '1.2.3' });
      // It is one; its optional members are typed as if they could be undefined.
      await client.connect(new StreamableHTTPClientTransport(new URL(url), { authProvider }) as Transport);
      return client;
    };
    await expect(connect()).rejects.toThrow(/unauthorized/i);
    await new StreamableHTTPClientTransport(new URL(url), { authProvider }).finishAuth(await authProvider.signedIn());
    const client = await connect();
    await client.listTools();
    const said = textOf(await client.callTool(CALL));
    await client.close();
    return said;
  },
  async 'the official client, version 2'(url) {
    const authProvider = createUser();
    const connect = async (): Promise<ClientV2> => {
      const client = new ClientV2({ name: 'sdk-v2', version: '2.3.4' });
      await client.connect(new TransportV2(new URL(url), { authProvider }));
      return client;
    };
    await expect(connect()).rejects.toThrow(/unauthorized/i);
    await new TransportV2(new URL(url), { authProvider }).finishAuth(await authProvider.signedIn());
    const client = await connect();
    await client.listTools();
    const said = textOf(await client.callTool(CALL));
    await client.close();
    return said;
  },
  async 'mcp-remote'(url) {
    using home = temporaryFolder();
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [join(cache, 'node_modules/mcp-remote/dist/proxy.js'), url, '--allow-http', '--transport', 'http-only'],
      // No browser: it writes the address of the page, too.
      env: { PATH: '/nowhere', HOME: home.path, MCP_REMOTE_CONFIG_DIR: home.path },
      stderr: 'pipe',
    });
    let said = '';
    let visited = false;
    const refused = Promise.withResolvers<never>();
    refused.promise.catch(() => undefined);
    transport.stderr?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const page = /https?:\/\/\S+\/authorize\?\S+/.exec(said)?.[0];
      if (page !== undefined && !visited) {
        visited = true;
        fetch(page, { headers: { 'user-agent': 'Mozilla/5.0' } }).catch((error: unknown) => refused.reject(error));
      }
      if (visited && /fatal error|authentication failed|connection error/i.test(said)) refused.reject(new Error(said));
    });
    const client = new ClientV2({ name: 'claude-ai', version: '0.1.0' });
    try {
      await Promise.race([client.connect(transport, { timeout: PATIENCE_MS }), refused.promise]);
      await client.listTools();
      return textOf(await client.callTool(CALL));
    } catch (error) {
      throw new Error(`mcp-remote: ${said}`, { cause: error });
    } finally {
      await client.close();
    }
  },
};

/** A server behind mcpspan, at which one client arrives. */
async function startScene(refusesTokens: boolean): Promise<AsyncDisposable & { shown: Shown }> {
  await using stack = new AsyncDisposableStack();
  const upstream = stack.use(await startOAuthServer({ refusesTokens }));
  const folder = stack.use(temporaryFolder());
  const shown = stack.use(await startShown(upstream.url, folder.in('store.db'), ['--name', 'guarded']));
  upstream.isReachedAt(new URL(shown.url).origin);
  const held = stack.move();
  return { shown, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** The attempt that came furthest, once it is as it has to be. @param most how many attempts it may look like */
async function attempt(
  { shown }: { shown: Shown },
  most: number,
  is: (journey: StoredJourney) => boolean,
): Promise<StoredJourney> {
  return vi.waitFor(
    async () => {
      const { journeys } = await shown.ask('connect');
      const found = journeys.find(is);
      if (found === undefined || journeys.length > most) throw new Error(JSON.stringify(journeys, null, 2));
      return found;
    },
    { timeout: 20_000, interval: 200 },
  );
}

const reachedBy = ({ stages }: StoredJourney): string[] =>
  stages.flatMap(({ stage, reached }) => (reached ? [stage] : []));

describe.each(Object.entries(CLIENTS))('%s', (name, signIn) => {
  // It looks for the metadata under a second agent, before it connects: nothing says that both are one.
  const most = name === 'mcp-remote' ? 2 : 1;

  it('signs in and arrives, and its attempt shows each stage', async () => {
    await using scene = await startScene(false);
    expect(await signIn(scene.shown.url)).toBe('fine');
    const journey = await attempt(scene, most, ({ state }) => state === 'arrived');
    expect(reachedBy(journey)).toEqual([
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
    ]);
    expect(journey).toMatchObject({ challenge: 'with-metadata', ambiguous: false });
    expect(journey.refusal).toBeUndefined();
  });

  it('is refused with its token by a server for another audience, and its attempt says so', async () => {
    await using scene = await startScene(true);
    await expect(signIn(scene.shown.url)).rejects.toThrow();
    const journey = await attempt(scene, most, ({ refusal }) => refusal !== undefined);
    expect(reachedBy(journey)).toContain('return');
    expect(reachedBy(journey)).not.toContain('accepted');
    expect(journeyVerdict({ ...journey, state: 'stopped' }).text).toMatch(
      /^came back, and its token was refused \(HTTP 401, invalid_token\)/,
    );
  });
});
