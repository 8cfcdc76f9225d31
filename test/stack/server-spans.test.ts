import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectV1 } from '../e2e/clients.ts';
import { startReportingServer } from '../support/reporting-server.ts';
import { openCollector } from './support/collector.ts';
import { eventually } from './support/eventually.ts';
import { jaegerTree, startJaeger, tagOf, warningsIn, type Jaeger } from './support/jaeger.ts';
import { startMcpspan, type Mcpspan } from './support/mcpspan.ts';

// A client → mcpspan → a server that reports on itself; mcpspan → collector → Jaeger.

const stack = new AsyncDisposableStack();
let jaeger: Jaeger;
let mcpspan: Mcpspan;

beforeAll(async () => {
  const server = stack.use(await startReportingServer({ unasked: true }));
  jaeger = stack.use(await startJaeger());
  const collector = stack.use(await openCollector({ jaeger: jaeger.otlp }));
  mcpspan = stack.use(await startMcpspan(server.url, collector, ['--name', 'orders']));
});
afterAll(() => stack.disposeAsync());

it('a call is one trace with what its server reports of it beneath, under the name of the server', async () => {
  const { client, transport } = await connectV1(mcpspan.url, 'shopper');
  await client.callTool({ name: 'order', arguments: { item: 'tea' } });
  await transport.terminateSession();
  await client.close();
  const trace = await eventually('the trace with the spans of both', async () => {
    const found = await jaeger.find({ service: 'shop' });
    const [only] = found;
    if (found.length === 1 && only?.spans.length === 8) return only;
    throw new Error(`there are now: ${JSON.stringify(found.map((each) => jaegerTree(each)))}`);
  });
  const tree = jaegerTree(trace);
  expect(tree.slice(0, 5)).toEqual([
    'mcp.session',
    '  initialize',
    '  notifications/initialized',
    '  tools/call order',
    '    tools/call order',
  ]);
  // They begin in the same millisecond.
  expect(tree.slice(5, 7).toSorted()).toEqual(['      auth.validate', '      db.query']);
  expect(tree.slice(7)).toEqual(['  mcp.session.summary']);
  const query = trace.spans.find(({ operationName }) => operationName === 'db.query');
  expect(query && tagOf(query, 'mcpspan.reported_by_server')).toBe(true);
  expect(query && tagOf(query, 'db.password')).toBe('{redacted}');
  expect([...(await jaeger.services())].toSorted()).toEqual(['mcpspan', 'shop']);
  expect(warningsIn([trace])).toEqual([]);
});
