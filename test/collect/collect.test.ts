import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli, startCli, type Command } from '../e2e/cli.ts';
import { connectV1 } from '../e2e/clients.ts';
import { startEverything } from '../e2e/everything.ts';
import { orphans, total } from '../e2e/signals.ts';
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlp-receiver.ts';

const CALLS = 8;
const echo = { name: 'echo', arguments: { message: 'hello' } };

interface ClientRow {
  client: string;
  failed: number;
  rejected: number;
  toolCalls: number;
  sessions: number;
  verdict: string;
}

/** A proxy before a real server, whose spans go to `mcpspan collect`: both tell of the same traffic. */
describe('spans of a server, collected', () => {
  let folder: string;
  let receiver: OtlpReceiver;
  let collect: Command;
  let rows: { proxy: unknown; collect: unknown };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mcpspan-collect-'));
    receiver = await startOtlpReceiver();
    const stores = { proxy: join(folder, 'proxy.db'), collect: join(folder, 'collect.db') };
    collect = runCli(['collect', '--otlp', '127.0.0.1:0', '--page', 'off', '--store', stores.collect], {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_METRIC_EXPORT_INTERVAL: '200',
    });
    await collect.untilSaid((stderr) => /^ {2}spans {5}\S+$/m.test(stderr));
    const endpoint = /^ {2}spans {5}(\S+)$/m.exec(collect.stderr())?.[1] ?? '';
    await using everything = await startEverything();
    await using proxy = await startCli(everything.url, ['--name', 'everything', '--store', stores.proxy], {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint,
    });
    for (let call = 0; call < CALLS; call++) {
      const { client } = await connectV1(proxy.url, 'connects-anew');
      await client.callTool(echo);
      await client.close();
    }
    const { client } = await connectV1(proxy.url, 'keeps');
    for (let call = 0; call < CALLS; call++) await client.callTool(echo);
    await client.callTool({ name: 'no-such-tool', arguments: {} }).catch(() => undefined);
    await client.close();
    expect(await proxy.stop()).toBe(0);
    // At the end nothing waits for more.
    collect.kill();
    expect(await collect.ended).toBe(0);
    rows = { proxy: await clientsIn(stores.proxy), collect: await clientsIn(stores.collect) };
  });
  afterAll(async () => {
    await collect[Symbol.asyncDispose]();
    await receiver.close();
    rmSync(folder, { recursive: true });
  });

  async function clientsIn(store: string): Promise<unknown> {
    const command = runCli(['clients', '--json', '--store', store]);
    expect(await command.ended).toBe(0);
    return (JSON.parse(command.stdout()) as ClientRow[])
      .map(({ client, toolCalls, failed, rejected, sessions, verdict }) => ({
        client,
        toolCalls,
        failed,
        rejected,
        sessions,
        verdict,
      }))
      .toSorted((a, b) => a.client.localeCompare(b.client));
  }

  it('give the figures of the proxy', () => {
    const figures = (verdict: string) => [
      { client: 'connects-anew', toolCalls: CALLS, failed: 0, rejected: 0, sessions: CALLS, verdict },
      { client: 'keeps', toolCalls: CALLS + 1, failed: 0, rejected: 1, sessions: 1, verdict: 'reusing' },
    ];
    expect(rows.proxy).toEqual(figures('per-call'));
    // Spans do not tell that all calls come from one caller: each session may be that of another.
    expect(rows.collect).toEqual(figures('one-shot'));
  });

  it('give the metrics of traffic, told apart by a label', () => {
    const of = (client: string) => ({
      'mcpspan.client': client,
      'mcpspan.server': 'everything',
      'mcpspan.observed': 'spans',
    });
    expect(total(receiver, 'mcpspan.handshakes', of('connects-anew'))).toBe(CALLS);
    expect(total(receiver, 'mcpspan.tool_calls', of('connects-anew'))).toBe(CALLS);
    expect(total(receiver, 'mcpspan.handshakes', of('keeps'))).toBe(1);
    expect(total(receiver, 'mcpspan.tool_calls', of('keeps'))).toBeGreaterThanOrEqual(CALLS);
    expect(total(receiver, 'mcpspan.client.verdict', { ...of('connects-anew'), 'mcpspan.verdict': 'one-shot' })).toBe(
      1,
    );
    expect(total(receiver, 'mcpspan.self.collected_spans', { 'mcpspan.collected': 'operation' })).toBeGreaterThan(
      CALLS,
    );
  });

  it('say nothing of what only traffic shows', () => {
    const names = new Set(receiver.metrics.map(({ name }) => name));
    for (const name of ['mcpspan.message.bytes', 'mcpspan.http.exchanges', 'mcpspan.self.relay_delay'])
      expect(names.has(name), name).toBe(false);
  });

  it('make a small trace for each session, which links to the spans that told of it', () => {
    const named = (name: string) => receiver.spans.filter((span) => span.name === name);
    const roots = named('mcp.session');
    expect(new Set(roots.map(({ traceId }) => traceId)).size).toBe(CALLS + 1);
    for (const { attributes } of roots) expect(attributes['mcpspan.observed']).toBe('spans');
    // Others made the spans of operations: none is made again.
    expect(receiver.spans.filter(({ name }) => name.startsWith('tools/call'))).toEqual([]);
    expect(orphans(receiver.spans)).toEqual([]);
    const summaries = named('mcp.session.summary');
    expect(summaries).toHaveLength(CALLS + 1);
    for (const { links } of summaries) expect(links.length).toBeGreaterThan(0);
    const kept = summaries.find(({ attributes }) => attributes['mcpspan.client'] === 'keeps');
    expect(kept?.links.length).toBeGreaterThanOrEqual(CALLS);
  });

  it('tell of new clients', () => {
    const seen = receiver.logs.filter(({ eventName }) => eventName === 'mcpspan.client.first_seen');
    expect(new Set(seen.map(({ attributes }) => attributes['mcpspan.client']))).toEqual(
      new Set(['connects-anew', 'keeps']),
    );
  });
});

it('an address that others can reach needs a token', async () => {
  const command = runCli(['collect', '--otlp', '0.0.0.0:0']);
  expect(await command.ended).toBe(2);
  expect(command.stderr()).toContain('give --otlp-token TOKEN too, or listen on 127.0.0.1');
});
