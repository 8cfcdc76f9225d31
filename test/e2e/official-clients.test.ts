import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlp-receiver.ts';
import { startCli, type Cli } from './cli.ts';
import { connectV1, connectV2 } from './clients.ts';
import { startEverything } from './everything.ts';
import { labelsOf, theSpan, total, traceOf, tree, watchOrphans } from './signals.ts';

let everything: Awaited<ReturnType<typeof startEverything>>;

beforeAll(async () => {
  everything = await startEverything();
});
afterAll(() => everything[Symbol.asyncDispose]());

describe.each(['http/protobuf', 'http/json'])('with a server of sessions, over %s', (protocol) => {
  let receiver: OtlpReceiver;
  let cli: Cli;
  let orphans: ReturnType<typeof watchOrphans>;

  beforeAll(async () => {
    receiver = await startOtlpReceiver();
    orphans = watchOrphans(receiver);
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_EXPORTER_OTLP_PROTOCOL: protocol };
    cli = await startCli(everything.url, ['--name', 'everything'], env);
  });
  afterAll(async () => {
    await cli[Symbol.asyncDispose]();
    await receiver.close();
  });

  const hasSpan = (name: string, client: string) => () =>
    receiver.spans.some((span) => span.name === name && span.attributes['mcp.client.name'] === client);
  const clientOf = (name: string) => receiver.spans.filter((span) => span.attributes['mcp.client.name'] === name);

  it('the session of the v1 client is one trace, which is whole before the session ends', async () => {
    const { client, transport } = await connectV1(cli.url, 'v1');
    await client.listTools();
    await client.callTool({ name: 'echo', arguments: { message: 'hello' } });
    await client.callTool({ name: 'get-sum', arguments: { a: 1, b: 'two' } });
    await client.readResource({ uri: 'demo://resource/dynamic/text/1' });
    await client.getPrompt({ name: 'simple-prompt' });
    await receiver.until(hasSpan('prompts/get simple-prompt', 'v1'));
    const { sessionId } = transport;
    expect(tree(traceOf(receiver.spans, sessionId))).toEqual([
      'mcp.session INTERNAL',
      '  initialize SERVER',
      '  notifications/initialized SERVER',
      '  tools/list SERVER',
      '  tools/call echo SERVER',
      '  tools/call get-sum SERVER error',
      '  resources/read SERVER',
      '  prompts/get simple-prompt SERVER',
    ]);

    await transport.terminateSession();
    await client.close();
    await receiver.until(hasSpan('mcp.session.summary', 'v1'));
    const spans = traceOf(receiver.spans, sessionId);
    const root = theSpan(spans, 'mcp.session');
    // It is 1 µs, or nothing after rounding.
    expect(root.endNs - root.startNs).toBeLessThanOrEqual(1_000n);
    expect(root.attributes).toEqual({
      'mcpspan.server': 'everything',
      'mcpspan.client': 'v1',
      'mcpspan.session.source': 'header',
      'mcpspan.session.opened': 'handshake',
      'mcpspan.session.segment': 0,
      'mcp.session.id': sessionId,
      'mcp.client.name': 'v1',
      'mcp.client.version': '1.2.3',
      'mcp.server.name': 'mcp-servers/everything',
      'mcp.server.version': expect.any(String),
      'mcp.protocol.version': '2025-11-25',
    });
    const { 'mcpspan.session.segment': _, ...identity } = root.attributes;
    const summary = theSpan(spans, 'mcp.session.summary');
    expect(summary.attributes).toEqual({
      ...identity,
      'mcpspan.end_reason': 'deleted',
      'mcpspan.summary.operations': 7,
      'mcpspan.summary.tool_calls': 2,
      'mcpspan.summary.failed': 1,
      'mcpspan.summary.rejected': 0,
      'mcpspan.summary.handshakes': 1,
      'mcpspan.summary.discoveries': 1,
      'mcpspan.summary.handshake_seconds': expect.any(Number),
      'mcpspan.summary.part': 1,
    });
    expect(summary.startNs).toBe(root.startNs);
    for (const span of spans) expect(span.endNs <= summary.endNs).toBe(true);
    expect(new Set(spans.map((span) => span.resource['service.name']))).toEqual(new Set(['mcpspan']));
  });

  it('an operation carries the attributes of the conventions and ours, and nothing else', () => {
    const spans = clientOf('v1');
    const { port, hostname } = new URL(everything.url);
    const root = theSpan(spans, 'mcp.session');
    const everyOperation = {
      'mcpspan.server': 'everything',
      'mcpspan.client': 'v1',
      'mcpspan.session.source': 'header',
      'mcpspan.era': 'legacy',
      'mcp.session.id': root.attributes['mcp.session.id'],
      'mcp.client.name': 'v1',
      'mcp.client.version': '1.2.3',
      'mcp.protocol.version': '2025-11-25',
      'network.transport': 'tcp',
      'network.protocol.name': 'http',
      'network.protocol.version': '1.1',
      'server.address': hostname,
      'server.port': Number(port),
      'url.path': '/mcp',
      'user_agent.original': 'node',
      'mcpspan.request.bytes': expect.any(Number),
    };
    const everyRequest = {
      ...everyOperation,
      'jsonrpc.request.id': expect.stringMatching(/^\d+$/),
      'http.response.status_code': 200,
      'mcpspan.response.bytes': expect.any(Number),
      'mcpspan.first_byte_seconds': expect.any(Number),
    };
    const everyToolCall = { ...everyRequest, 'mcp.method.name': 'tools/call', 'gen_ai.operation.name': 'execute_tool' };
    expect(theSpan(spans, 'initialize').attributes).toEqual({
      ...everyRequest,
      'mcp.method.name': 'initialize',
      'mcpspan.handshake.kind': 'initialize',
    });
    expect(theSpan(spans, 'notifications/initialized').attributes).toEqual({
      ...everyOperation,
      'mcp.method.name': 'notifications/initialized',
      'http.response.status_code': 202,
    });
    expect(theSpan(spans, 'tools/call echo').attributes).toEqual({ ...everyToolCall, 'gen_ai.tool.name': 'echo' });
    const failed = theSpan(spans, 'tools/call get-sum');
    expect(failed.attributes).toEqual({
      ...everyToolCall,
      'gen_ai.tool.name': 'get-sum',
      'error.type': 'tool_error',
    });
    expect(failed.status).toEqual({ code: 'error', message: '' });
    expect(theSpan(spans, 'resources/read').attributes).toEqual({
      ...everyRequest,
      'mcp.method.name': 'resources/read',
      'mcp.resource.uri': 'demo://resource',
    });
    expect(theSpan(spans, 'prompts/get simple-prompt').attributes).toEqual({
      ...everyRequest,
      'mcp.method.name': 'prompts/get',
      'gen_ai.prompt.name': 'simple-prompt',
    });
  });

  it('what the server asks of the client is a CLIENT span under the call that led to it', async () => {
    const { client } = await connectV1(cli.url, 'asked', { elicitation: {} }, (asked) => {
      asked.setRequestHandler(ElicitRequestSchema, () => ({ action: 'decline' }));
    });
    const progress: number[] = [];
    await client.callTool({ name: 'trigger-elicitation-request', arguments: {} });
    await client.callTool(
      { name: 'trigger-long-running-operation', arguments: { duration: 0.1, steps: 2 } },
      undefined,
      {
        onprogress: (step) => progress.push(step.progress),
      },
    );
    await client.close();
    await receiver.until(hasSpan('tools/call trigger-long-running-operation', 'asked'));
    expect(tree(clientOf('asked'))).toEqual([
      'mcp.session INTERNAL',
      '  initialize SERVER',
      '  notifications/initialized SERVER',
      '  tools/call trigger-elicitation-request SERVER',
      '    elicitation/create CLIENT',
      '  tools/call trigger-long-running-operation SERVER',
    ]);
    expect(progress).toEqual([1, 2]);
    const long = theSpan(clientOf('asked'), 'tools/call trigger-long-running-operation');
    expect(long.events.map(({ name }) => name)).toEqual(['notifications/progress', 'notifications/progress']);
    const labels = { 'mcp.method.name': 'elicitation/create', 'mcpspan.client': 'asked' };
    await receiver.until(() => total(receiver, 'mcp.client.operation.duration', labels) === 1);
  });

  // A stream with event ids could be resumed, so its client is waited for a while.
  it('a call that the client gives up is no error, and is told of when it has ended', async () => {
    const { client } = await connectV1(cli.url, 'gives-up');
    const stop = new AbortController();
    const long = { name: 'trigger-long-running-operation', arguments: { duration: 1, steps: 10 } };
    const call = client.callTool(long, undefined, { signal: stop.signal, onprogress: () => stop.abort() });
    await expect(call).rejects.toThrow();
    await client.close();
    await receiver.until(hasSpan('tools/call trigger-long-running-operation', 'gives-up'), 'its span', 15_000);
    const given = theSpan(clientOf('gives-up'), 'tools/call trigger-long-running-operation');
    expect(given).toMatchObject({ status: { code: 'unset' }, attributes: { 'mcpspan.cancelled': true } });
    expect(given.attributes).not.toHaveProperty('error.type');
    const labels = { 'mcpspan.client': 'gives-up', 'mcp.method.name': 'tools/call' };
    await receiver.until(() => total(receiver, 'mcpspan.cancellations', labels) === 1);
  });

  it.each(['legacy', 'auto'] as const)('the v2 client in %s mode falls in with a legacy server', async (mode) => {
    const name = `v2-${mode}`;
    const { client } = await connectV2(cli.url, name, mode);
    await client.listTools();
    await client.callTool({ name: 'echo', arguments: { message: 'hello' } });
    await client.close();
    await receiver.until(hasSpan('tools/call echo', name));
    expect(tree(clientOf(name).filter((span) => span.name !== 'server/discover'))).toEqual([
      'mcp.session INTERNAL',
      '  initialize SERVER',
      '  notifications/initialized SERVER',
      '  tools/list SERVER',
      '  tools/call echo SERVER',
    ]);
    const probes = clientOf(name).filter((span) => span.name === 'server/discover');
    expect(probes.map(({ attributes }) => attributes['mcpspan.handshake.kind'])).toEqual(
      mode === 'auto' ? ['probe'] : [],
    );
  });

  it('a probe that a legacy server refuses is a trace of its own, no error and no session', async () => {
    await expect(connectV2(cli.url, 'v2-pinned', 'modern')).rejects.toThrow('did not offer');
    await receiver.until(hasSpan('server/discover', 'v2-pinned'));
    const [probe, ...more] = clientOf('v2-pinned');
    expect(more).toEqual([]);
    expect(probe).toMatchObject({
      parentSpanId: undefined,
      status: { code: 'unset' },
      attributes: {
        'mcpspan.handshake.kind': 'probe',
        'mcpspan.era': 'modern',
        'http.response.status_code': 400,
        'rpc.response.status_code': '-32000',
      },
    });
    expect(probe?.attributes).not.toHaveProperty('error.type');
    const labels = { 'mcpspan.server': 'everything', 'mcpspan.handshake.kind': 'probe' };
    // The first one is that of the `auto` client.
    await receiver.until(() => total(receiver, 'mcpspan.handshakes', labels) === 2);
    expect(labelsOf(receiver, 'mcpspan.sessions').map((each) => each['mcpspan.client'])).not.toContain('v2-pinned');
  });

  it('no span was ever without its parent, and a stop sums up what is open', async () => {
    expect(await cli.stop()).toBe(0);
    for (const name of ['asked', 'v2-legacy', 'v2-auto']) {
      const summary = theSpan(clientOf(name), 'mcp.session.summary');
      expect(summary.attributes['mcpspan.end_reason']).toBe('shutdown');
    }
    const found = await orphans.stop();
    // What the server asks is told of before the call that led to it ends; see server-requests.test.ts.
    expect(found.filter((orphan) => !orphan.startsWith('elicitation/create'))).toEqual([]);
  });
});
