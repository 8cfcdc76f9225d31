import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectV1 } from '../e2e/clients.ts';
import { openCollector } from './support/collector.ts';
import { eventually } from './support/eventually.ts';
import { startEverything } from './support/everything.ts';
import { startJaeger, type Jaeger } from './support/jaeger.ts';
import { startMcpspan, type Mcpspan } from './support/mcpspan.ts';
import { startTempo, TEMPO_BIN, type Found, type Tempo } from './support/tempo.ts';

// Real clients → mcpspan → collector → Tempo. Jaeger, beside it, tells the ids of the traces.

describe.runIf(TEMPO_BIN !== undefined)('Tempo', () => {
  const stack = new AsyncDisposableStack();
  let tempo: Tempo;
  let jaeger: Jaeger;
  let mcpspan: Mcpspan;

  beforeAll(async () => {
    const everything = stack.use(await startEverything());
    tempo = stack.use(await startTempo());
    jaeger = stack.use(await startJaeger());
    const collector = stack.use(await openCollector({ jaeger: jaeger.otlp, tempo: tempo.otlp }));
    mcpspan = stack.use(await startMcpspan(everything.url, collector, ['--name', 'everything']));
    await session('busy', 3);
    await session('brief', 1);
  });
  afterAll(() => stack.disposeAsync());

  async function session(name: string, calls: number): Promise<void> {
    const { client, transport } = await connectV1(mcpspan.url, name);
    for (let call = 0; call < calls; call++) await client.callTool({ name: 'echo', arguments: { message: 'again' } });
    await transport.terminateSession();
    await client.close();
  }

  const found = (query: string): Promise<readonly Found[]> =>
    eventually(`a trace for ${query}`, async () => {
      const traces = await tempo.search(query);
      return traces.length > 0 ? traces : undefined;
    });
  const idOf = (client: string): Promise<string> =>
    eventually(`the trace of ${client}`, async () => {
      const [trace] = await jaeger.find({ operation: 'mcp.session.summary', tags: { 'mcp.client.name': client } });
      return trace?.traceID;
    });
  // Tempo's search drops leading zeros.
  const bare = (id: string): string => id.replace(/^0+/, '');

  it('has a session by the id of its trace', async () => {
    const id = await idOf('busy');
    const names = await eventually('all spans in Tempo', async () => {
      const there = await tempo.spanNames(id);
      return there?.length === 7 ? there : undefined;
    });
    expect(names.toSorted()).toEqual([
      'initialize',
      'mcp.session',
      'mcp.session.summary',
      'notifications/initialized',
      'tools/call echo',
      'tools/call echo',
      'tools/call echo',
    ]);
  });

  it('finds sessions by their number of tool calls', async () => {
    const many = await found('{ name = "mcp.session.summary" && span.mcpspan.summary.tool_calls >= 3 }');
    expect(many.map(({ traceID }) => traceID)).toEqual([bare(await idOf('busy'))]);
    const one = await found('{ name = "mcp.session.summary" && span.mcpspan.summary.tool_calls = 1 }');
    expect(one.map(({ traceID }) => traceID)).toEqual([bare(await idOf('brief'))]);
  });

  it('finds sessions by client, and shows what of them is asked for', async () => {
    const [trace, ...others] = await found(
      '{ name = "mcp.session.summary" && span.mcpspan.client = "brief" } | select(span.mcp.client.version)',
    );
    expect(others).toEqual([]);
    expect(trace?.traceID).toBe(bare(await idOf('brief')));
    expect(trace?.spanSets[0]?.spans[0]?.attributes).toContainEqual({
      key: 'mcp.client.version',
      value: { stringValue: '1.2.3' },
    });
  });
});
