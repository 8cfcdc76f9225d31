import http from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { play } from '../../src/simulator/player.ts';
import { profiles } from '../../src/simulator/profiles.ts';
import { startSimulatedServer } from '../../src/simulator/server.ts';
import { listen, type Listening } from '../support/listen.ts';
import { startRecorder, type Body } from './recorder.ts';

const discovering = { profiles, speed: 1_000, seed: 1, rounds: 1, discover: true };

interface Listed {
  readonly name: string;
  readonly inputSchema: unknown;
  readonly annotations?: unknown;
}

/** A stateless server that gives its tools page by page and notes which are called, with what. */
async function startServer(pages: readonly (readonly Listed[])[]): Promise<Listening & { calls: unknown[] }> {
  const calls: unknown[] = [];
  const server = http.createServer((request, response) => {
    const reply = async (): Promise<void> => {
      // The player's own JSON-RPC, of this shape.
      const { id, method, params } = JSON.parse(await text(request)) as Body & { params: { cursor?: string } };
      if (method === 'tools/call') calls.push([params.name, params.arguments]);
      const page = Number(params.cursor ?? 0);
      const more = page + 1 < pages.length ? { nextCursor: String(page + 1) } : {};
      const result = method === 'tools/list' ? { tools: pages[page], ...more } : { content: [] };
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result }));
    };
    reply().catch(() => response.destroy());
  });
  return { ...(await listen(server)), calls };
}

const readOnly = { readOnlyHint: true };
const schema = { type: 'object', properties: { n: { type: 'integer', minimum: 2 } }, required: ['n'] };

describe('playing against a real server', () => {
  it('calls only what the server marks as read-only, and does not scan', async () => {
    const server = await startSimulatedServer({});
    await using recorder = await startRecorder(server.url);
    const report = await play({ ...discovering, url: recorder.url });
    await server.close();
    const called = recorder.seen.flatMap(({ body }) => (body?.method === 'tools/call' ? [body.params.name] : []));
    expect(new Set(called)).toEqual(new Set(['get_latest_answer']));
    const methods = new Set(recorder.seen.flatMap(({ body }) => (body === undefined ? [] : [body.method])));
    expect(methods).toEqual(
      new Set([
        'initialize',
        'notifications/initialized',
        'server/discover',
        'tools/list',
        'tools/call',
        'resources/list',
        'resources/read',
      ]),
    );
    const scanner = report.profiles.find(({ profile }) => profile === 'scanner');
    expect(scanner?.skipped).toEqual([{ why: 'a real server is not scanned', steps: 12 }]);
  });

  it('lists the tools once, ends that session, and reports it apart', async () => {
    const server = await startSimulatedServer({});
    await using recorder = await startRecorder(server.url);
    const report = await play({ ...discovering, url: recorder.url, profiles: profiles.slice(0, 1), rounds: 2 });
    await server.close();
    expect(report.catalogue).toMatchObject({ handshakes: 1, discoveries: 1, sessions: 1, toolCalls: 0, errors: 0 });
    const own = recorder.seen.filter(({ headers }) => headers['user-agent']?.startsWith('mcpspan-simulator/'));
    expect(own.map(({ httpMethod, body }) => body?.method ?? httpMethod)).toEqual([
      'initialize',
      'notifications/initialized',
      'tools/list',
      'DELETE',
    ]);
  });

  it('follows the pages of the list, and fills in what the schema asks', async () => {
    await using server = await startServer([
      [{ name: 'write', inputSchema: {} }],
      [{ name: 'erase', inputSchema: {}, annotations: { readOnlyHint: 'true' } }],
      [{ name: 'look', inputSchema: schema, annotations: readOnly }],
    ]);
    const report = await play({ ...discovering, url: server.url, profiles: profiles.slice(0, 1) });
    expect(report.catalogue?.discoveries).toBe(3);
    expect(server.calls).toEqual(Array(6).fill(['look', { n: 2 }]));
  });

  it('calls nothing when nothing is marked, and says so', async () => {
    await using server = await startServer([[{ name: 'write', inputSchema: {} }]]);
    const report = await play({ ...discovering, url: server.url, profiles: profiles.slice(0, 1) });
    expect(server.calls).toEqual([]);
    expect(report.profiles[0]).toMatchObject({
      toolCalls: 0,
      handshakes: 6,
      skipped: [{ why: 'the server marks no tool as read-only', steps: 6 }],
    });
  });

  it('lists the tools in the modern era when there is no other', async () => {
    const server = http.createServer((request, response) => {
      const reply = async (): Promise<void> => {
        // The player's own JSON-RPC, of this shape.
        const { id, method } = JSON.parse(await text(request)) as Body;
        const modern = request.headers['mcp-method'] === method;
        const tools = [{ name: 'look', inputSchema: {}, annotations: readOnly }];
        const body = modern ? { result: { tools } } : { error: { code: -32601, message: 'Method not found' } };
        response.writeHead(modern ? 200 : 404).end(JSON.stringify({ jsonrpc: '2.0', id, ...body }));
      };
      reply().catch(() => response.destroy());
    });
    await using listening = await listen(server);
    const modern = profiles.filter(({ era }) => era === 'modern');
    const report = await play({ ...discovering, url: listening.url, profiles: modern });
    expect(report.catalogue).toMatchObject({ failedHandshakes: 1, discoveries: 1 });
    expect(report.profiles[0]).toMatchObject({ toolCalls: 7, skipped: [] });
  });

  it('says when the list cannot be had', async () => {
    const server = await startSimulatedServer({});
    await server.close();
    const report = await play({ ...discovering, url: server.url, profiles: profiles.slice(2, 3) });
    expect(report.profiles[0]).toMatchObject({
      toolCalls: 0,
      skipped: [{ why: 'the server did not list its tools', steps: 7 }],
    });
  });
});
