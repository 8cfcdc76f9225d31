import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlp-receiver.ts';
import { METRICS } from '../support/otlp-schema.ts';
import { metricsOf } from '../support/otlp-signals.ts';
import { decodeMessage } from '../support/protobuf.ts';
import { startCli, type Cli } from './cli.ts';
import { connectV1 } from './clients.ts';
import { startEverything } from './everything.ts';
import { startPlainServer } from './plain-server.ts';
import { labelsOf, total } from './signals.ts';
import { speakTo } from './speaker.ts';

const CALLS = 6;

let everything: Awaited<ReturnType<typeof startEverything>>;
let receiver: OtlpReceiver;
let cli: Cli;

beforeAll(async () => {
  [everything, receiver] = await Promise.all([startEverything(), startOtlpReceiver()]);
  cli = await startCli(everything.url, ['--name', 'everything'], { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
});
afterAll(async () => {
  await Promise.all([cli[Symbol.asyncDispose](), everything[Symbol.asyncDispose]()]);
  await receiver.close();
});

const echo = { name: 'echo', arguments: { message: 'hello' } };

/** The numerator and denominator of the alert, as its query adds them up. */
const ratio = (client: string): number => {
  const handshakes = ['initialize', 'discover'].map((kind) =>
    total(receiver, 'mcpspan.handshakes', { 'mcpspan.client': client, 'mcpspan.handshake.kind': kind }),
  );
  const calls = total(receiver, 'mcpspan.tool_calls', { 'mcpspan.client': client, 'mcpspan.attempt': 'first' });
  return handshakes.reduce((sum, each) => sum + each, 0) / calls;
};

const calls = (client: string) => () => total(receiver, 'mcpspan.tool_calls', { 'mcpspan.client': client }) === CALLS;

const verdictsOf = (client: string) =>
  receiver.metrics
    .filter(({ name }) => name === 'mcpspan.client.verdict')
    .flatMap(({ points }) => [...points])
    .filter(({ attributes }) => attributes['mcpspan.client'] === client)
    .map((point) => [point.attributes['mcpspan.verdict'], 'value' in point ? point.value : undefined]);

describe('handshakes per tool call', () => {
  it('are 1 for a client that connects anew for every call, and its verdict is per-call', async () => {
    for (let call = 0; call < CALLS; call++) {
      const { client } = await connectV1(cli.url, 'connects-anew');
      await client.callTool(echo);
      await client.close();
    }
    await receiver.until(calls('connects-anew'));
    expect(ratio('connects-anew')).toBe(1);
    expect(verdictsOf('connects-anew')).toEqual([['per-call', 1]]);
    const labels = { 'mcpspan.client': 'connects-anew', 'mcpspan.session.source': 'header' };
    expect(total(receiver, 'mcpspan.sessions', labels)).toBe(CALLS);
    expect(total(receiver, 'mcpspan.sessions.used', labels)).toBe(CALLS);
  });

  it('are at most a quarter for a client that keeps its session, and its verdict is reusing', async () => {
    const { client } = await connectV1(cli.url, 'keeps');
    await client.listTools();
    await client.listTools();
    for (let call = 0; call < CALLS; call++) await client.callTool(echo);
    await receiver.until(calls('keeps'));
    expect(ratio('keeps')).toBeLessThanOrEqual(0.25);
    expect(verdictsOf('keeps')).toEqual([['reusing', 1]]);
    expect(total(receiver, 'mcpspan.sessions.used', { 'mcpspan.client': 'keeps' })).toBe(1);
    const lists = { 'mcpspan.client': 'keeps', 'mcp.method.name': 'tools/list' };
    expect(total(receiver, 'mcpspan.discoveries', { ...lists, 'mcpspan.avoidable': 'false' })).toBe(1);
    expect(total(receiver, 'mcpspan.discoveries', { ...lists, 'mcpspan.avoidable': 'true' })).toBe(1);
    const open = { 'mcpspan.client': 'keeps', 'mcpspan.state': 'active' };
    expect(total(receiver, 'mcpspan.sessions.open', open)).toBe(1);
    await client.close();
  });
});

describe('the metrics', () => {
  const own = ['mcpspan.server', 'mcpspan.client'];
  const network = ['network.protocol.name', 'network.protocol.version', 'network.transport'];
  const operation = [...own, ...network, 'mcp.method.name', 'mcp.protocol.version'];
  const LABELS: Readonly<Record<string, { always: readonly string[]; sometimes?: readonly string[] }>> = {
    'mcp.server.operation.duration': { always: operation, sometimes: ['gen_ai.tool.name', 'gen_ai.operation.name'] },
    'mcp.server.session.duration': { always: [...own, 'mcp.protocol.version', 'network.protocol.name'] },
    'mcpspan.handshakes': { always: [...own, 'mcpspan.handshake.kind', 'mcpspan.era'] },
    'mcpspan.handshake.duration': { always: [...own, 'mcpspan.handshake.kind'] },
    'mcpspan.tool_calls': { always: [...own, 'mcpspan.session.source', 'mcpspan.era', 'mcpspan.attempt'] },
    'mcpspan.tool_calls.repeated': { always: [...own, 'gen_ai.tool.name'] },
    'mcpspan.discoveries': { always: [...own, 'mcp.method.name', 'mcpspan.avoidable'] },
    'mcpspan.sessions': { always: [...own, 'mcpspan.session.source', 'mcpspan.era', 'mcpspan.session.opened'] },
    'mcpspan.sessions.used': { always: [...own, 'mcpspan.session.source'] },
    'mcpspan.sessions.open': { always: [...own, 'mcpspan.session.source', 'mcpspan.state'] },
    'mcpspan.sessions.ended': {
      always: [...own, 'mcpspan.session.source', 'mcpspan.end_reason', 'mcpspan.session.empty'],
    },
    'mcpspan.session.tool_calls': { always: [...own, 'mcpspan.session.source'] },
    'mcpspan.client.verdict': { always: [...own, 'mcpspan.verdict'] },
    'mcpspan.message.bytes': {
      always: [...own, 'mcp.method.name', 'mcpspan.direction'],
      sometimes: ['gen_ai.tool.name'],
    },
    'mcpspan.tools.definition.bytes': { always: ['mcpspan.server', 'gen_ai.tool.name'] },
    'mcpspan.streams.open': { always: [...own, 'mcpspan.stream.kind'] },
    'mcpspan.stream.duration': { always: [...own, 'mcpspan.stream.kind'] },
    'mcpspan.notifications': { always: [...own, 'mcp.method.name', 'mcpspan.direction'] },
    'mcpspan.http.exchanges': { always: ['mcpspan.server', 'mcpspan.http.class', 'http.response.status_code'] },
    'mcpspan.connect.stages': { always: [...own, 'mcpspan.connect.stage'] },
    'mcpspan.connect.ended': { always: [...own, 'mcpspan.connect.end'] },
    'mcpspan.self.copies_dropped': { always: ['mcpspan.server'] },
    'mcpspan.self.observer_restarts': { always: ['mcpspan.server'] },
    'mcpspan.self.export_failures': { always: ['mcpspan.server'] },
    'mcpspan.self.labels_folded': { always: ['mcpspan.server'] },
    'mcpspan.self.traces_withheld': { always: ['mcpspan.server'] },
    'mcpspan.self.items_lost': { always: ['mcpspan.server', 'mcpspan.signal'] },
    'mcpspan.self.spool_items': { always: ['mcpspan.server', 'mcpspan.signal'] },
    'mcpspan.self.spool_bytes': { always: ['mcpspan.server', 'mcpspan.signal'] },
    'mcpspan.self.relay_delay': { always: ['mcpspan.server'] },
  };

  it('come when the process is told to stop, with the figures of sessions that end then', async () => {
    expect(await cli.stop()).toBe(0);
    const ended = { 'mcpspan.end_reason': 'shutdown', 'mcpspan.session.empty': 'false' };
    expect(total(receiver, 'mcpspan.sessions.ended', { ...ended, 'mcpspan.client': 'connects-anew' })).toBe(CALLS);
    expect(total(receiver, 'mcpspan.sessions.ended', { ...ended, 'mcpspan.client': 'keeps' })).toBe(1);
    expect(total(receiver, 'mcp.server.session.duration', { 'mcpspan.client': 'keeps' })).toBe(1);
    expect(total(receiver, 'mcpspan.sessions.open')).toBe(0);
    const perSession = receiver.metrics.find(({ name }) => name === 'mcpspan.session.tool_calls');
    expect(perSession).toMatchObject({
      kind: 'histogram',
      temporality: 'cumulative',
      points: expect.arrayContaining([
        expect.objectContaining({
          count: CALLS,
          sum: CALLS,
          explicitBounds: [0, 1, 2, 3, 5, 10, 20, 50, 100, 200, 500],
        }),
        expect.objectContaining({ count: 1, sum: CALLS }),
      ]),
    });
  });

  it('are these, with these labels and no others', () => {
    const names = new Set(receiver.metrics.map(({ name }) => name));
    // A metric is missing where nothing happened: no refusal, no odd traffic, no unknown tool, nothing given up.
    expect([...names].toSorted()).toEqual(Object.keys(LABELS).toSorted());
    for (const [metric, { always, sometimes = [] }] of Object.entries(LABELS)) {
      for (const labels of labelsOf(receiver, metric)) {
        const keys = Object.keys(labels);
        expect(keys, metric).toEqual(expect.arrayContaining([...always]));
        expect([...always, ...sometimes], metric).toEqual(expect.arrayContaining(keys));
      }
    }
  });

  it('never count in units of 1, to which Prometheus would append a word', () => {
    for (const { name, unit } of receiver.metrics) expect(unit, name).toMatch(/^(s|By|\{[a-z]+\})$/);
  });

  it('tell of each client once, when it is first seen', () => {
    const seen = receiver.logs.filter(({ eventName }) => eventName === 'mcpspan.client.first_seen');
    expect(seen.map(({ attributes }) => attributes['mcpspan.client'])).toEqual(['connects-anew', 'keeps']);
  });
});

it('of more than 1 000 label sets are exported in several requests, all of them', async () => {
  const CLIENTS = 400;
  await using upstream = await startPlainServer();
  await using own = await startOtlpReceiver();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: own.url };
  await using many = await startCli(upstream.url, ['--max-clients', '500', '--name', 'many'], env);
  for (let client = 0; client < CLIENTS; client++)
    await speakTo(many.url, { name: `client${client}`, version: '1' }, { 'user-agent': `client${client}/1` }).call(
      'echo',
    );

  const seen = new Set<unknown>();
  let read = 0;
  const take = (body: Buffer): void => {
    const metrics = metricsOf(decodeMessage(body, METRICS));
    expect(metrics.reduce((sum, { points }) => sum + points.length, 0)).toBeLessThanOrEqual(1_000);
    for (const { name, points } of metrics)
      if (name === 'mcpspan.tool_calls') for (const { attributes } of points) seen.add(attributes['mcpspan.client']);
  };
  await own.until(() => {
    for (; read < own.raw.length; read++)
      if (own.requests[read]?.path === '/v1/metrics') take(own.raw[read] ?? Buffer.alloc(0));
    return seen.size === CLIENTS;
  });
});
