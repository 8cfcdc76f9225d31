import { afterAll, beforeAll, expect, it } from 'vitest';
import { startPlainServer } from '../e2e/plain-server.ts';
import { speakTo } from '../e2e/speaker.ts';
import { callOnAndOn } from './support/caller.ts';
import { eventually } from './support/eventually.ts';
import { jaegerTree, startJaeger, tagOf, type Jaeger } from './support/jaeger.ts';
import { startMcpspan } from './support/mcpspan.ts';
import { startPrometheus, sumOf, type Prometheus } from './support/prometheus.ts';
import { openAgent, openGateway } from './support/two-tiers.ts';

// mcpspan → agent → gateway → Jaeger: are the sessions kept that matter, and kept whole?

/** One in ten is kept: that all of them are has a chance of 1 in 10^40. */
const HEALTHY = 40;

const stack = new AsyncDisposableStack();
let jaeger: Jaeger;
let prometheus: Prometheus;

beforeAll(async () => {
  const server = stack.use(await startPlainServer());
  server.intercept = ({ body }, response) => {
    if (!body.includes('"fails"')) return false;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result: { isError: true, content: [] } }));
    return true;
  };
  jaeger = stack.use(await startJaeger());
  prometheus = stack.use(await startPrometheus());
  const gateway = stack.use(await openGateway({ jaeger: jaeger.otlp }, '3s'));
  const agent = stack.use(await openAgent(gateway, { prometheus: prometheus.otlp }));
  const mcpspan = stack.use(await startMcpspan(server.url, agent, ['--name', 'plain']));

  const failing = speakTo(mcpspan.url, { name: 'failing', version: '1.0.0' });
  await failing.open();
  await failing.call('fails');
  await failing.call('echo');
  await failing.end();
  const open = speakTo(mcpspan.url, { name: 'open', version: '1.0.0' });
  await open.open();
  await open.call('echo');
  let sessions = 0;
  await callOnAndOn(mcpspan.url, { callsInSession: 1, goOn: () => sessions++ < HEALTHY });
});
afterAll(() => stack.disposeAsync());

const tracesOf = async (client: string): ReturnType<Jaeger['find']> =>
  jaeger.find({ tags: { 'mcp.client.name': client } });

it('a session with an error is there, whole', async () => {
  const tree = await eventually('its trace', async () => {
    const [trace] = await tracesOf('failing');
    return trace?.spans.length === 6 ? jaegerTree(trace) : undefined;
  });
  expect(tree).toEqual([
    'mcp.session',
    '  initialize',
    '  notifications/initialized',
    '  tools/call fails ERROR',
    '  tools/call echo',
    '  mcp.session.summary',
  ]);
});

it('so is one that is still open', async () => {
  const tree = await eventually('its trace', async () => {
    const [trace] = await tracesOf('open');
    return trace?.spans.length === 4 ? jaegerTree(trace) : undefined;
  });
  expect(tree).toEqual(['mcp.session', '  initialize', '  notifications/initialized', '  tools/call echo']);
});

it('of those without an error some are, and those whole; the metrics know of all', async () => {
  const healthy = 'traces_span_metrics_calls_total{mcpspan_client="goes-on",mcp_method_name="tools/call"}';
  await eventually('the count of all', async () =>
    sumOf(await prometheus.query(healthy)) === HEALTHY ? true : undefined,
  );
  const kept = await tracesOf('goes-on');
  expect(kept.length).toBeLessThan(HEALTHY);
  for (const { spans } of kept) {
    expect(spans.map(({ operationName }) => operationName)).toHaveLength(5);
    expect(new Set(spans.map((span) => tagOf(span, 'mcp.session.id'))).size).toBe(1);
  }
});
