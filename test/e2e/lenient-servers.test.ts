import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { SSEClientTransport } from '@modelcontextprotocol/sdk/client/sse.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { httpServer, type Listening } from '../support/listen.ts';
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlp-receiver.ts';
import { startCli } from './cli.ts';
import { lenientAnswer, type Json } from './lenient-talk.ts';
import { orphans, theSpan, total } from './signals.ts';
import { through } from './wrapped.ts';

const ENTRY = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const STDIO_SERVER = fileURLToPath(new URL('lenient-stdio.ts', import.meta.url));
const CLIENT = { name: 'cursor-vscode', version: '1.0.0' };
const TOOLS = ['echo', 'slow', 'echo', 'fail'];

let folder: string;
let store: string;
let receiver: OtlpReceiver;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mcpspan-lenient-'));
  store = join(folder, 'record.db');
  receiver = await startOtlpReceiver();
});
afterEach(async () => {
  await receiver.close();
  rmSync(folder, { recursive: true });
});

const ask = (command: string): unknown =>
  JSON.parse(execFileSync(process.execPath, [ENTRY, command, '--store', store, '--json'], { encoding: 'utf8' }));

/** What the official client of the TypeScript SDK gets: the names of the tools that answered it. */
async function converse(transport: Transport, beforeClose?: () => Promise<unknown>): Promise<unknown[]> {
  const client = new Client(CLIENT);
  await client.connect(transport);
  const answers: unknown[] = [];
  for (const name of TOOLS) answers.push((await client.callTool({ name, arguments: {} })).content);
  await beforeClose?.();
  await client.close();
  return answers;
}
const ANSWERS = TOOLS.map((text) => [{ type: 'text', text }]);

/** A server over HTTP: `/mcp` answers in the response, `/sse` on the stream of an endpoint. Ids are text. */
function startServer(): Promise<Listening> {
  const streams = new Map<string, http.ServerResponse>();
  let posts = 0;
  const handle = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '', 'http://localhost');
    if (url.pathname === '/sse') {
      const id = randomUUID().replaceAll('-', '');
      streams.set(id, response);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`event: endpoint\ndata: /messages/?session_id=${id}\n\n`);
      return;
    }
    if (request.method !== 'POST') {
      response.writeHead(request.method === 'DELETE' ? 200 : 405).end();
      return;
    }
    // The client writes requests and notifications.
    const message = (await json(request)) as Json;
    const stream = streams.get(url.searchParams.get('session_id') ?? '');
    if (stream === undefined) {
      const answer = await lenientAnswer(message);
      const minted = message['method'] === 'initialize' ? { 'mcp-session-id': randomUUID() } : {};
      if (answer === undefined) response.writeHead(202).end();
      else response.writeHead(200, { 'content-type': 'application/json', ...minted }).end(JSON.stringify(answer));
      return;
    }
    const tell = async (): Promise<void> => {
      const answer = await lenientAnswer(message);
      if (answer !== undefined) stream.write(`event: message\ndata: ${JSON.stringify(answer)}\n\n`);
    };
    // Servers race with themselves: the answer may come before the request is accepted.
    const early = ++posts % 2 === 0;
    if (early) await tell();
    response.writeHead(200, { 'content-length': '0' }).end();
    if (!early) await tell();
  };
  return httpServer((request, response) => void handle(request, response));
}

/** One session with its handshake, four calls of which one failed, in every place where that is said. */
function expectTheSame(source: 'header' | 'process'): void {
  const { spans } = receiver;
  const roots = spans.filter(({ name }) => name === 'mcp.session');
  expect(roots).toHaveLength(1);
  expect(roots[0]?.attributes).toMatchObject({
    'mcp.client.name': CLIENT.name,
    'mcpspan.client': 'cursor',
    'mcpspan.session.source': source,
  });
  expect(orphans(spans)).toEqual([]);
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
  const errorTypes = spans.map(({ attributes }) => attributes['error.type']).filter((type) => type !== undefined);
  expect(errorTypes).toEqual(['tool_error']);
  const calls = spans.filter(({ attributes }) => attributes['mcp.method.name'] === 'tools/call');
  expect(calls.map(({ attributes }) => attributes['gen_ai.tool.name'])).toEqual(TOOLS);
  for (const { attributes } of spans) expect(attributes).not.toHaveProperty('mcpspan.incomplete');

  const seconds = calls.map(({ startNs, endNs }) => Number(endNs - startNs) / 1e9);
  const slowest = Math.max(...seconds);
  expect(seconds[1]).toBe(slowest);
  expect(slowest).toBeGreaterThanOrEqual(0.03);
  expect(slowest).toBeLessThan(10);

  expect(theSpan(spans, 'mcp.session.summary').attributes).toMatchObject({
    'mcpspan.summary.handshakes': 1,
    'mcpspan.summary.tool_calls': 4,
    'mcpspan.summary.failed': 1,
  });
  const labels = { 'mcpspan.client': 'cursor' };
  expect(total(receiver, 'mcpspan.handshakes', labels)).toBe(1);
  expect(total(receiver, 'mcpspan.handshakes')).toBe(1);
  expect(total(receiver, 'mcpspan.sessions')).toBe(1);
  expect(total(receiver, 'mcpspan.tool_calls', labels)).toBe(4);
  expect(total(receiver, 'mcpspan.anomalies')).toBe(0);
  const durations = receiver.metrics.find(({ name }) => name === 'mcp.server.operation.duration')?.points ?? [];
  const ofCalls = durations.filter((point) => point.attributes['mcp.method.name'] === 'tools/call');
  const sum = ofCalls.reduce((all, point) => all + ('sum' in point ? (point.sum ?? 0) : 0), 0);
  expect(sum).toBeCloseTo(
    seconds.reduce((all, one) => all + one, 0),
    3,
  );

  expect(ask('sessions')).toMatchObject([
    { kind: 'session', source, client: 'cursor', handshakes: 1, toolCalls: 4, opened: 'handshake' },
  ]);
  const clients = ask('clients');
  expect(clients).toMatchObject([
    { client: 'cursor', sessions: 1, handshakes: 1, toolCalls: 4, failed: 1, rejected: 0 },
  ]);
  expect(ask('tools')).toMatchObject([
    { tool: 'echo', calls: 2, failed: 0, rejected: 0 },
    { tool: 'fail', calls: 1, failed: 1, rejected: 0 },
    { tool: 'slow', calls: 1, failed: 0, rejected: 0, p50Seconds: expect.closeTo(slowest, 3) },
  ]);
}

describe('a server that echoes ids as text', () => {
  it('over HTTP is seen as its client sees it', async () => {
    await using upstream = await startServer();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };
    await using cli = await startCli(`http://127.0.0.1:${upstream.port}/mcp`, ['--store', store], env);
    expect(await converse(new StreamableHTTPClientTransport(new URL(cli.url)))).toEqual(ANSWERS);
    expect(await cli.stop()).toBe(0);
    expectTheSame('header');
  });

  it('over a pipe is seen as its client sees it', async () => {
    const [command, ...args] = through([process.execPath, STDIO_SERVER], ['--name', 'lenient', '--store', store]);
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_BSP_SCHEDULE_DELAY: '50',
      OTEL_METRIC_EXPORT_INTERVAL: '200',
    };
    const transport = new StdioClientTransport({ command, args, env, stderr: 'pipe' });
    const arrived = (): Promise<void> =>
      receiver.until((all) => total(all, 'mcpspan.tool_calls') === TOOLS.length, 'the calls');
    expect(await converse(transport, arrived)).toEqual(ANSWERS);
    await receiver.until(({ spans }) => spans.some(({ name }) => name === 'mcp.session.summary'));
    expectTheSame('process');
  });
});

describe('an HTTP+SSE server that accepts requests with 200 and an empty body', () => {
  it('is seen as its client sees it', async () => {
    await using upstream = await startServer();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };
    await using cli = await startCli(`http://127.0.0.1:${upstream.port}/sse`, ['--store', store], env);
    expect(await converse(new SSEClientTransport(new URL(cli.url)))).toEqual(ANSWERS);
    expect(await cli.stop()).toBe(0);
    expectTheSame('header');
  });
});
