import { Client as ModernClient, StreamableHTTPClientTransport as ModernTransport } from '@modelcontextprotocol/client';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSimulatedServer } from '../../src/simulator/server.ts';

let server: Awaited<ReturnType<typeof startSimulatedServer>>;
beforeAll(async () => {
  server = await startSimulatedServer({});
});
afterAll(() => server.close());

const cloze = { name: 'create_cloze_question', arguments: { language: 'de', level: 'a1' } };
const answer = { name: 'submit_answer', arguments: { questionId: 'cloze-1', answer: 'der Apfel' } };
const both = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };

async function post(message: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const body = typeof message === 'string' ? message : JSON.stringify(message);
  return fetch(server.url, { method: 'POST', headers: { ...both, ...headers }, body });
}

const call = (params: unknown) => ({ jsonrpc: '2.0', id: 'call', method: 'tools/call', params });

async function newSession(): Promise<string> {
  const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } };
  const response = await post({ jsonrpc: '2.0', id: 0, method: 'initialize', params });
  await response.text();
  return response.headers.get('mcp-session-id') ?? '';
}

describe('the simulated server, in the legacy era', () => {
  it('serves the official client: handshake, stream, lists, calls, and the end of the session', async () => {
    const client = new Client({ name: 'official', version: '1.0.0' });
    const transport = new StreamableHTTPClientTransport(new URL(server.url));
    // The SDK's own transport, whose optional `sessionId` its interface declares without `undefined`.
    await client.connect(transport as Parameters<Client['connect']>[0]);
    expect(client.getServerVersion()).toEqual({ name: 'quiz-server', version: '1.4.0' });
    expect(transport.sessionId).toMatch(/^[!-~]+$/);
    const { tools } = await client.listTools();
    const { resources } = await client.listResources();
    const read = await client.readResource({ uri: resources[0]?.uri ?? '' });
    expect(tools.map(({ name }) => name)).toContain('submit_answer');
    expect(read.contents).toHaveLength(1);
    for (let again = 0; again < 6; again += 1) expect((await client.callTool(cloze)).isError).toBeUndefined();
    await transport.terminateSession();
    await client.close();
  });

  it('remembers within a session only', async () => {
    const [first, second] = [await newSession(), await newSession()];
    await (await post(call(answer), { 'mcp-session-id': first })).text();
    const latest = call({ name: 'get_latest_answer' });
    expect(await (await post(latest, { 'mcp-session-id': first })).text()).toContain('der Apfel');
    expect(await (await post(latest, { 'mcp-session-id': second })).text()).toContain('"isError":true');
  });

  it('answers calls without a session', async () => {
    const response = await post(call(cloze));
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('cloze');
  });

  it('answers 404 without a request id to a session it does not know', async () => {
    for (const method of ['POST', 'GET', 'DELETE']) {
      const headers = { ...both, 'mcp-session-id': 'gone' };
      const body = method === 'POST' ? JSON.stringify(call(cloze)) : null;
      const response = await fetch(server.url, { method, headers, body });
      expect(response.status, method).toBe(404);
      expect(await response.json(), method).toMatchObject({ id: null, error: { code: -32001 } });
    }
  });

  it('accepts notifications and answers with 202 and nothing', async () => {
    const response = await post({ jsonrpc: '2.0', method: 'notifications/initialized' });
    expect([response.status, await response.text()]).toEqual([202, '']);
  });

  it('ends a session on DELETE, and its stream with it', async () => {
    const headers = { ...both, 'mcp-session-id': await newSession() };
    const stream = await fetch(server.url, { headers });
    expect(stream.headers.get('content-type')).toBe('text/event-stream');
    expect((await fetch(server.url, { method: 'DELETE', headers })).status).toBe(200);
    expect(await stream.text()).toBe(': open\n\n');
    expect((await post(call(cloze), headers)).status).toBe(404);
  });

  it('answers some calls on an event stream and some as JSON', async () => {
    const types = new Set<string | null>();
    for (let again = 0; again < 12; again += 1) {
      const response = await post(call({ name: 'get_latest_answer' }));
      types.add(response.headers.get('content-type'));
      await response.text();
    }
    expect(types).toEqual(new Set(['text/event-stream', 'application/json']));
  });

  it.each([
    ['an unknown tool', call({ name: 'debug_traceTransaction' }), 200, -32602],
    ['an unknown method', { jsonrpc: '2.0', id: 1, method: 'eth_call' }, 200, -32601],
    ['an unknown resource', { jsonrpc: '2.0', id: 1, method: 'resources/read', params: { uri: 'x' } }, 200, -32002],
    ['what is not JSON', '{"jsonrpc"', 400, -32700],
    ['a batch', [call(cloze)], 400, -32600],
  ])('refuses %s', async (_what, message, status, code) => {
    const response = await post(message);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { code } });
  });

  it('reports missing arguments as a failure of the tool', async () => {
    expect(await (await post(call({ name: 'submit_answer', arguments: {} }))).text()).toContain('"isError":true');
  });
});

describe('the simulated server, in the modern era', () => {
  const version = '2026-07-28';
  const _meta = {
    'io.modelcontextprotocol/protocolVersion': version,
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const headers = (method: string, name?: string) => ({
    'mcp-protocol-version': version,
    'mcp-method': method,
    ...(name !== undefined && { 'mcp-name': name }),
  });

  it('serves the official client, found out by a probe', async () => {
    const client = new ModernClient({ name: 'official', version: '2.0.0' }, { versionNegotiation: { mode: 'auto' } });
    await client.connect(new ModernTransport(new URL(server.url)));
    expect(client.getProtocolEra()).toBe('modern');
    expect(client.getServerVersion()).toMatchObject({ name: 'quiz-server', version: '1.4.0' });
    const { tools } = await client.listTools();
    expect(tools).toHaveLength(4);
    for (let again = 0; again < 6; again += 1) expect((await client.callTool(cloze)).isError).toBeUndefined();
    await client.close();
  });

  it('says what it is, how long it may be kept, and mints no session', async () => {
    const response = await post(
      { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta } },
      headers('tools/list'),
    );
    expect(response.headers.get('mcp-session-id')).toBeNull();
    expect(await response.json()).toMatchObject({
      result: {
        resultType: 'complete',
        ttlMs: expect.any(Number),
        cacheScope: 'public',
        _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'quiz-server', version: '1.4.0' } },
      },
    });
  });

  it.each([
    ['an unknown method', 'eth_call', { _meta }, headers('eth_call'), 404, -32601],
    ['what the era gave up', 'ping', { _meta }, headers('ping'), 404, -32601],
    ['an unknown tool', 'tools/call', { _meta, name: 'x' }, headers('tools/call', 'x'), 200, -32602],
    ['a missing header', 'tools/call', { _meta, name: 'x' }, headers('tools/call'), 400, -32020],
    ['a wrong header', 'tools/list', { _meta }, headers('tools/call'), 400, -32020],
    ['a request without _meta', 'tools/list', {}, headers('tools/list'), 400, -32602],
    [
      'an unknown revision',
      'tools/list',
      { _meta: { ..._meta, [Object.keys(_meta)[0] ?? '']: '2099-01-01' } },
      headers('tools/list'),
      400,
      -32022,
    ],
  ])('refuses %s', async (_what, method, params, sent, status, code) => {
    const response = await post({ jsonrpc: '2.0', id: 1, method, params }, sent);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ id: 1, error: { code } });
  });

  it('reads a name that a header can only carry encoded', async () => {
    const uri = 'quiz://wörter';
    const encoded = `=?base64?${Buffer.from(uri).toString('base64')}?=`;
    const message = { jsonrpc: '2.0', id: 1, method: 'resources/read', params: { _meta, uri } };
    const response = await post(message, headers('resources/read', encoded));
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ error: { code: -32602 } });
  });
});

describe('startSimulatedServer', () => {
  it('says the same in the same order for the same seed, whoever asks in between', async () => {
    const contents = async (url: string, between: boolean): Promise<unknown[]> => {
      const said: unknown[] = [];
      for (let again = 0; again < 3; again += 1) {
        if (between) await (await fetch(url, { method: 'POST', body: JSON.stringify(call(answer)) })).text();
        said.push(await (await fetch(url, { method: 'POST', body: JSON.stringify(call(cloze)) })).json());
      }
      return said;
    };
    const [one, other, stranger] = [
      await startSimulatedServer({ seed: 5 }),
      await startSimulatedServer({ seed: 5 }),
      await startSimulatedServer({ seed: 6 }),
    ];
    const first = await contents(one.url, false);
    expect(await contents(other.url, true)).toEqual(first);
    expect(await contents(stranger.url, false)).not.toEqual(first);
    await Promise.all([one.close(), other.close(), stranger.close()]);
  });

  it('rejects when the port is taken', async () => {
    const port = Number(new URL(server.url).port);
    await expect(startSimulatedServer({ port })).rejects.toThrow('EADDRINUSE');
  });

  it('closes with streams open', async () => {
    const other = await startSimulatedServer({});
    const initialize = { jsonrpc: '2.0', id: 0, method: 'initialize', params: {} };
    const opened = await fetch(other.url, { method: 'POST', headers: both, body: JSON.stringify(initialize) });
    const id = opened.headers.get('mcp-session-id') ?? '';
    const stream = await fetch(other.url, { headers: { accept: 'text/event-stream', 'mcp-session-id': id } });
    await other.close();
    await expect(stream.text()).rejects.toThrow();
  });
});
