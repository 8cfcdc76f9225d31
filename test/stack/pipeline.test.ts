import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { play } from '../../src/simulator/player.ts';
import { profiles } from '../../src/simulator/profiles.ts';
import { startSimulatedServer } from '../../src/simulator/server.ts';
import { connectV1, connectV2 } from '../e2e/clients.ts';
import { speakTo } from '../e2e/speaker.ts';
import { openCollector, type Collector } from './support/collector.ts';
import { eventually } from './support/eventually.ts';
import { startEverything } from './support/everything.ts';
import { jaegerTree, startJaeger, tagOf, warningsIn, type Jaeger, type JaegerTrace } from './support/jaeger.ts';
import { startMcpspan, type Mcpspan } from './support/mcpspan.ts';
import { exportSpan } from './support/otlp.ts';

// Real clients → mcpspan → collector → Jaeger.

const stack = new AsyncDisposableStack();
let jaeger: Jaeger;
let collector: Collector;
let mcpspan: Mcpspan;

beforeAll(async () => {
  const everything = stack.use(await startEverything());
  jaeger = stack.use(await startJaeger());
  collector = stack.use(await openCollector({ jaeger: jaeger.otlp }));
  mcpspan = stack.use(await startMcpspan(everything.url, collector, ['--name', 'everything']));
});
afterAll(() => stack.disposeAsync());

/** The session traces of a client, once there are so many, with so many spans in all. */
const sessionsOf = (client: string, count: number, spans: number): Promise<readonly JaegerTrace[]> =>
  eventually(`${count} traces of ${client} with ${spans} spans in all`, async () => {
    const found = await jaeger.find({ operation: 'mcp.session', tags: { 'mcp.client.name': client } });
    if (found.length === count && found.flatMap((trace) => trace.spans).length >= spans) return found;
    throw new Error(
      `there are now: ${JSON.stringify(
        found.map((trace) => jaegerTree(trace)),
        undefined,
        1,
      )}`,
    );
  });

const idsFoundBy = async (search: Parameters<Jaeger['find']>[0]): Promise<string[]> =>
  (await jaeger.find(search)).map(({ traceID }) => traceID);

describe('a client that opens a session for each call', () => {
  it('is one trace for each session', async () => {
    const sessionIds = [];
    for (let call = 0; call < 3; call++) {
      const { client, transport } = await connectV1(mcpspan.url, 'per-call');
      await client.callTool({ name: 'echo', arguments: { message: `call ${call}` } });
      sessionIds.push(transport.sessionId);
      await transport.terminateSession();
      await client.close();
    }
    const traces = await sessionsOf('per-call', 3, 15);
    for (const trace of traces) {
      expect(new Set(trace.spans.map((span) => tagOf(span, 'mcp.session.id'))).size).toBe(1);
      expect(jaegerTree(trace)).toEqual([
        'mcp.session',
        '  initialize',
        '  notifications/initialized',
        '  tools/call echo',
        '  mcp.session.summary',
      ]);
    }
    const found = traces.flatMap(({ spans }) => spans.map((span) => tagOf(span, 'mcp.session.id')));
    expect(new Set(found)).toEqual(new Set(sessionIds));
  });
});

describe('a client that keeps its session', () => {
  it('is one trace, found by service, tool, session id and error', async () => {
    const { client, transport } = await connectV1(mcpspan.url, 'keeper');
    await client.listTools();
    await client.callTool({ name: 'echo', arguments: { message: 'one' } });
    await client.callTool({ name: 'get-sum', arguments: { a: 1, b: 2 } });
    await client.callTool({ name: 'get-sum', arguments: { a: 'no', b: 'number' } });
    const { sessionId = 'none' } = transport;
    await transport.terminateSession();
    await client.close();

    const [trace] = await sessionsOf('keeper', 1, 8);
    if (trace === undefined) throw new Error('found no trace');
    expect(jaegerTree(trace)).toEqual([
      'mcp.session',
      '  initialize',
      '  notifications/initialized',
      '  tools/list',
      '  tools/call echo',
      '  tools/call get-sum',
      '  tools/call get-sum ERROR',
      '  mcp.session.summary',
    ]);
    expect(await jaeger.services()).toEqual(['mcpspan']);
    expect(await idsFoundBy({ service: 'mcpspan' })).toContain(trace.traceID);
    expect(await idsFoundBy({ operation: 'tools/call get-sum' })).toEqual([trace.traceID]);
    expect(await idsFoundBy({ tags: { 'gen_ai.tool.name': 'get-sum' } })).toEqual([trace.traceID]);
    expect(await idsFoundBy({ tags: { 'mcp.session.id': sessionId } })).toEqual([trace.traceID]);
    expect(await idsFoundBy({ tags: { 'error.type': 'tool_error' } })).toEqual([trace.traceID]);
    expect(await idsFoundBy({ tags: { 'mcpspan.summary.failed': '1' } })).toEqual([trace.traceID]);
  });
});

describe('a session that is still open', () => {
  it('is a whole tree already', async () => {
    const { client } = await connectV2(mcpspan.url, 'stays', 'legacy');
    await client.callTool({ name: 'echo', arguments: { message: 'still here' } });
    const [trace] = await sessionsOf('stays', 1, 4);
    expect(trace && jaegerTree(trace)).toEqual([
      'mcp.session',
      '  initialize',
      '  notifications/initialized',
      '  tools/call echo',
    ]);
  });
});

describe('a conversation without any session id', () => {
  it('is one trace as well', async () => {
    const server = await startSimulatedServer({});
    stack.defer(() => server.close());
    const proxy = stack.use(await startMcpspan(server.url, collector, ['--name', 'quiz']));
    const modern = profiles.filter(({ name }) => name === 'modern-stateless');
    await play({ url: proxy.url, profiles: modern, speed: 200, seed: 1, rounds: 1 });
    // Discovery names no conversation, so it is apart.
    const trees = (await sessionsOf('antigravity-client', 2, 11)).map((trace) => jaegerTree(trace));
    expect(trees).toContainEqual(['mcp.session', '  server/discover', '  tools/list']);
    expect(trees).toContainEqual([
      'mcp.session',
      '  tools/call create_matching_question',
      '  tools/call submit_answer',
      '  tools/call get_latest_answer',
      '  tools/call create_cloze_question',
      '  tools/call submit_answer',
      '  tools/call get_latest_answer',
      '  tools/call create_cloze_question',
    ]);
  });
});

describe("the upstream's part of each operation, asked for as a span", () => {
  it('is a child of the operation', async () => {
    const server = stack.use(await startEverything());
    const proxy = stack.use(await startMcpspan(server.url, collector, ['--name', 'both', '--spans', 'server+client']));
    const { client, transport } = await connectV1(proxy.url, 'both');
    await client.callTool({ name: 'echo', arguments: { message: 'one' } });
    await transport.terminateSession();
    await client.close();
    const [trace] = await sessionsOf('both', 1, 8);
    expect(trace && jaegerTree(trace)).toEqual([
      'mcp.session',
      '  initialize',
      '    initialize',
      '  notifications/initialized',
      '    notifications/initialized',
      '  tools/call echo',
      '    tools/call echo',
      '  mcp.session.summary',
    ]);
  });
});

describe('a caller with a trace of its own', () => {
  it('finds the call in that trace, and the session by a link', async () => {
    const traceId = randomBytes(16).toString('hex');
    const spanId = randomBytes(8).toString('hex');
    const fromMs = Date.now();
    const speaker = speakTo(mcpspan.url, { name: 'traced', version: '1.0.0' });
    await speaker.open();
    await speaker.call('echo', { meta: { traceparent: `00-${traceId}-${spanId}-01` } });
    await speaker.end();
    await exportSpan(collector, { service: 'agent', name: 'think', traceId, spanId, fromMs, toMs: Date.now() });

    const [session] = await sessionsOf('traced', 1, 4);
    const joined = await eventually("the caller's trace", async () =>
      (await jaeger.find({ service: 'agent' })).find(({ spans }) => spans.length === 2),
    );
    expect(joined.traceID).toBe(traceId);
    expect(jaegerTree(joined)).toEqual(['think', '  tools/call echo ERROR']);
    const call = joined.spans.find(({ operationName }) => operationName === 'tools/call echo');
    expect(call?.references).toContainEqual(
      expect.objectContaining({ refType: 'FOLLOWS_FROM', traceID: session?.traceID }),
    );
  });
});

it('Jaeger has nothing to complain of in any of them, the open ones included', async () => {
  const traces = await jaeger.find({});
  expect(traces.length).toBeGreaterThanOrEqual(8);
  expect(warningsIn(traces)).toEqual([]);
});
