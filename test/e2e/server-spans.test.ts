import { afterAll, describe, expect, it } from 'vitest';
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlp-receiver.ts';
import { startReportingServer } from '../support/reporting-server.ts';
import { startCli } from './cli.ts';
import { connectV1 } from './clients.ts';
import { theSpan, total, tree } from './signals.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const ASKS = { traceparent: `00-${TRACE}-${SPAN}-01`, otel: { traces: { request: true, detailed: true } } };

const stack = new AsyncDisposableStack();
afterAll(() => stack.disposeAsync());

const order = async (url: string, meta: Record<string, unknown> = {}) => {
  const { client, transport } = await connectV1(url, 'shopper');
  const answer = await client.callTool({ name: 'order', arguments: { item: 'tea' }, _meta: meta });
  await transport.terminateSession();
  await client.close();
  return answer;
};
const startReceiver = async (): Promise<OtlpReceiver> => {
  const receiver = await startOtlpReceiver();
  stack.defer(() => receiver.close());
  return receiver;
};

describe.each(['http/protobuf', 'http/json'])('a server that returns spans of its own, over %s', (protocol) => {
  const env = (receiver: OtlpReceiver) => ({
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
  });

  it('has them beneath the operation, where mcpspan told it of that', async () => {
    await using upstream = await startReportingServer({ unasked: true });
    const receiver = await startReceiver();
    await using cli = await startCli(upstream.url, ['--name', 'orders'], env(receiver));
    await order(cli.url);
    await receiver.until(({ spans }) => spans.some(({ name }) => name === 'mcp.session.summary'));
    const ours = theSpan(
      receiver.spans.filter(({ resource }) => resource['service.name'] !== 'shop'),
      'tools/call order',
    );
    expect(tree(receiver.spans.filter(({ traceId }) => traceId === ours.traceId))).toEqual([
      'mcp.session INTERNAL',
      '  initialize SERVER',
      '  notifications/initialized SERVER',
      '  tools/call order SERVER',
      '    tools/call order SERVER',
      '      auth.validate INTERNAL',
      '      db.query CLIENT',
      '  mcp.session.summary INTERNAL',
    ]);
    const query = theSpan(receiver.spans, 'db.query');
    expect(query.resource).toEqual({ 'service.name': 'shop' });
    expect(query.scope.name).toBe('mcp-telemetry-passback');
    expect(query.attributes).toEqual({
      'db.system.name': 'postgresql',
      'db.password': '{redacted}',
      'mcpspan.reported_by_server': true,
      'mcpspan.server': 'orders',
    });
    expect(query.endNs - query.startNs).toBe(500_000n);
    // What it was asked, which is not captured, does not leave by this way either.
    expect(receiver.raw.some((body) => body.includes('hunter2') || body.includes('tea'))).toBe(false);
    expect(await cli.stop()).toBe(0);
    expect(total(receiver, 'mcpspan.server_spans')).toBe(3);
    expect(total(receiver, 'mcpspan.tool_calls')).toBe(1);
  });
});

describe('a server that returns spans of its own to a client that asks for them', () => {
  it("has them in the client's trace, and the client gets them as they were", async () => {
    await using upstream = await startReportingServer();
    const receiver = await startReceiver();
    await using cli = await startCli(upstream.url, [], { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
    expect(await order(cli.url)).not.toHaveProperty('_meta');
    const answer = await order(cli.url, ASKS);
    expect(JSON.stringify(answer._meta)).toContain('hunter2');
    await receiver.until(({ spans }) => spans.filter(({ traceId }) => traceId === TRACE).length === 4);
    const spans = receiver.spans.filter(({ traceId }) => traceId === TRACE);
    expect(spans.filter(({ parentSpanId }) => parentSpanId === SPAN).map(({ name }) => name)).toEqual([
      'tools/call order',
      'tools/call order',
    ]);
    const reported = spans.filter(({ attributes }) => attributes['mcpspan.reported_by_server'] === true);
    expect(reported.map(({ spanId }) => spanId)).toEqual(upstream.returned[0]);
  });

  it('has none of them exported with --server-spans off', async () => {
    await using upstream = await startReportingServer({ unasked: true });
    const receiver = await startReceiver();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };
    await using cli = await startCli(upstream.url, ['--server-spans', 'off'], env);
    await order(cli.url);
    expect(await cli.stop()).toBe(0);
    expect(receiver.spans.map(({ resource }) => resource['service.name'])).not.toContain('shop');
    expect(upstream.returned).toHaveLength(1);
  });

  it('has them on the console', async () => {
    await using upstream = await startReportingServer({ unasked: true });
    await using cli = await startCli(upstream.url, [], { OTEL_TRACES_EXPORTER: 'console' });
    await order(cli.url);
    expect(await cli.stop()).toBe(0);
    expect(cli.stderr()).toContain("'service.name': 'shop'");
    expect(cli.stderr()).toContain("name: 'db.query'");
  });
});
