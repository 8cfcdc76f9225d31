import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startDualEraServer, type DualEraServer } from '../support/dual-era-server.ts';
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlp-receiver.ts';
import { startCli, type Cli } from './cli.ts';
import { connectV1, connectV2 } from './clients.ts';
import { labelsOf, theSpan, total, tree, watchOrphans } from './signals.ts';

let dualEra: DualEraServer;

beforeAll(async () => {
  dualEra = await startDualEraServer();
});
afterAll(() => dualEra[Symbol.asyncDispose]());

describe.each(['http/protobuf', 'http/json'])('with a server of both eras, over %s', (protocol) => {
  let receiver: OtlpReceiver;
  let cli: Cli;
  let orphans: ReturnType<typeof watchOrphans>;

  beforeAll(async () => {
    receiver = await startOtlpReceiver();
    orphans = watchOrphans(receiver);
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_EXPORTER_OTLP_PROTOCOL: protocol };
    cli = await startCli(dualEra.url, ['--name', 'dual-era'], env);
  });
  afterAll(async () => {
    await cli[Symbol.asyncDispose]();
    await receiver.close();
  });

  const clientOf = (name: string) => receiver.spans.filter((span) => span.attributes['mcp.client.name'] === name);

  it.each(['auto', 'modern'] as const)(
    'the v2 client in %s mode has one activity with a modern server',
    async (mode) => {
      const name = `v2-${mode}`;
      const { client } = await connectV2(cli.url, name, mode, (asked) => {
        asked.setRequestHandler('elicitation/create', () => ({ action: 'accept', content: { confirm: true } }));
      });
      const listening = await client.listen({ toolsListChanged: true });
      await client.listTools();
      await client.callTool({ name: 'add', arguments: { a: 1, b: 2 } });
      await client.callTool({ name: 'confirm' });
      await expect(client.callTool({ name: 'unheard-of' })).rejects.toThrow('not found');
      const stream = { 'mcpspan.client': name, 'mcpspan.stream.kind': 'listen' };
      await receiver.until(() => total(receiver, 'mcpspan.streams.open', stream) === 1);
      await listening.close();
      await client.close();
      await receiver.until(() => clientOf(name).some((span) => span.name === 'subscriptions/listen'));
      await receiver.until(() => clientOf(name).some((span) => span.name === 'notifications/cancelled'));
      expect(tree(clientOf(name))).toEqual([
        'mcp.session INTERNAL',
        '  server/discover SERVER',
        '  subscriptions/listen SERVER',
        '  tools/list SERVER',
        '  tools/call add SERVER',
        '  tools/call confirm SERVER',
        '  tools/call confirm SERVER',
        // The caller is at fault: a complete list of tools did not hold this name.
        '  tools/call _OTHER SERVER',
        '  notifications/cancelled SERVER',
      ]);
      const root = theSpan(clientOf(name), 'mcp.session');
      expect(root.attributes).toMatchObject({
        'mcpspan.session.source': 'peer',
        'mcpspan.session.opened': 'handshake',
        'mcp.server.name': 'dual-era',
        'mcp.protocol.version': '2026-07-28',
      });
      for (const span of clientOf(name)) expect(span.attributes).not.toHaveProperty('mcp.session.id');
      await receiver.until(() => total(receiver, 'mcpspan.streams.open', stream) === 0);
      expect(total(receiver, 'mcpspan.stream.duration', stream)).toBe(1);
      const calls = { 'mcpspan.client': name, 'mcpspan.era': 'modern' };
      expect(total(receiver, 'mcpspan.tool_calls', { ...calls, 'mcpspan.attempt': 'first' })).toBe(3);
      expect(total(receiver, 'mcpspan.tool_calls', { ...calls, 'mcpspan.attempt': 'retry' })).toBe(1);
    },
  );

  it('a call that the client gives up is no error', async () => {
    const { client } = await connectV2(cli.url, 'gives-up', 'modern');
    const stop = new AbortController();
    const called = dualEra.untilSlow();
    const call = client.callTool({ name: 'slow', arguments: { milliseconds: 300 } }, { signal: stop.signal });
    await called;
    stop.abort();
    await expect(call).rejects.toThrow();
    await receiver.until(() => clientOf('gives-up').some((span) => span.name === 'tools/call slow'));
    const given = theSpan(clientOf('gives-up'), 'tools/call slow');
    expect(given).toMatchObject({ status: { code: 'unset' }, attributes: { 'mcpspan.cancelled': true } });
    expect(given.attributes).not.toHaveProperty('error.type');
    const labels = { 'mcpspan.client': 'gives-up', 'mcp.method.name': 'tools/call' };
    await receiver.until(() => total(receiver, 'mcpspan.cancellations', labels) === 1);
    await client.close();
  });

  it('a further round of a multi-round call is linked to the first', () => {
    const spans = clientOf('v2-modern').filter((span) => span.name === 'tools/call confirm');
    const [first, second] = spans.toSorted((a, b) => Number(a.startNs - b.startNs));
    expect(second?.attributes['mcpspan.attempt']).toBe(2);
    expect(second?.links).toMatchObject([{ traceId: first?.traceId, spanId: first?.spanId }]);
  });

  it('that GET is not offered is nothing odd', async () => {
    const get = await fetch(cli.url, { headers: { accept: 'text/event-stream' } });
    expect([get.status, await get.json()]).toMatchObject([405, { error: { code: -32000 }, id: null }]);
    const { client } = await connectV1(cli.url, 'v1');
    await client.callTool({ name: 'echo', arguments: { message: 'hello' } });
    await client.close();
    await receiver.until(() => total(receiver, 'mcpspan.tool_calls', { 'mcpspan.era': 'legacy' }) === 1);
    expect(labelsOf(receiver, 'mcpspan.anomalies')).toEqual([]);
  });

  it('no span was ever without its parent, and a stop sums up what is open', async () => {
    expect(await cli.stop()).toBe(0);
    for (const name of ['v2-auto', 'v2-modern']) {
      const summary = theSpan(clientOf(name), 'mcp.session.summary');
      expect(summary.attributes['mcpspan.end_reason']).toBe('shutdown');
    }
    expect(await orphans.stop()).toEqual([]);
  });

  it('a summary counts as many failures as its operations have errors', () => {
    const spans = clientOf('v2-modern');
    const errors = spans.filter(({ status }) => status.code === 'error');
    expect(theSpan(spans, 'mcp.session.summary').attributes['mcpspan.summary.failed']).toBe(errors.length);
  });
});
