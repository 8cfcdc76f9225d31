import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prometheusRules } from '../../grafana/alerts/prometheus.ts';
import { RULE_GROUPS } from '../../grafana/alerts/rules.ts';
import { connectV1 } from '../e2e/clients.ts';
import { INSTALL_TIMEOUT } from '../slow/clients/cached.ts';
import { findPython, installPython, NO_PYTHON } from '../slow/python/venv.ts';
import { listen } from '../support/listen.ts';
import { startAlertmanager, type Alertmanager } from './support/alertmanager.ts';
import { startCollect } from './support/collect.ts';
import { openCollector, type Collector } from './support/collector.ts';
import { startEmitter } from './support/emitters.ts';
import { eventually } from './support/eventually.ts';
import { jaegerTree, startJaeger, tagOf, warningsIn, type Jaeger } from './support/jaeger.ts';
import { startMcpspan } from './support/mcpspan.ts';
import { exportSpan } from './support/otlp.ts';
import { freePorts } from './support/ports.ts';
import type { Running } from './support/process.ts';
import { startPrometheus, sumOf, type Prometheus } from './support/prometheus.ts';
import { scratch } from './support/scratch.ts';
import { shipped } from './support/shipped.ts';

// Clients → mcpspan → servers that trace themselves → collector → `mcpspan collect` → the same collector → the backends.
// Does what is made of the servers' spans say the same as the mcpspan that saw the traffic?

const run = promisify(execFile);
const ADDED = { added: [shipped('deploy/otel-collector-collect.yaml')] };
const machine = findPython();
if (machine === undefined) console.log(NO_PYTHON);

/** Rules look back so many times faster than life: a minute is two seconds. */
const FASTER = 30;
const IDLE = ['--idle-seconds', String(600 / FASTER)];
/** An alert needs 20 calls. */
const CALLS = 30;

const SERVERS = [
  { name: 'fastmcp-reusing', sdk: 'fastmcp', sessions: 1 },
  { name: 'fastmcp-per-call', sdk: 'fastmcp', sessions: CALLS },
  { name: 'python-reusing', sdk: 'mcp', sessions: 1 },
  { name: 'python-per-call', sdk: 'mcp', sessions: CALLS },
] as const;

/** The mcpspan before these exports to the same collector. */
const TOLD_TWICE = [
  { name: 'fastmcp-told-twice', sdk: 'fastmcp', sessions: 5 },
  { name: 'python-told-twice', sdk: 'mcp', sessions: 5 },
] as const;

interface Row {
  readonly server: string;
  readonly client: string;
  readonly sessions: number;
  readonly toolCalls: number;
  readonly handshakes: number;
  readonly handshakesPerCall: number;
  readonly verdict: string;
}

describe.skipIf(machine === undefined)('servers that trace themselves', () => {
  const stack = new AsyncDisposableStack();
  let alertmanager: Alertmanager;
  let collect: Running;
  let jaeger: Jaeger;
  let prometheus: Prometheus;
  let store: string;
  /** What the mcpspan before each server saw. */
  const seen = new Map<string, Row>();
  const ids = new Map<string, string[]>();

  beforeAll(async () => {
    const python = await installPython(machine ?? '');
    const disk = stack.use(await scratch('collect'));
    store = join(disk.folder, 'collect.db');
    alertmanager = stack.use(await startAlertmanager());
    const rules = prometheusRules(RULE_GROUPS, FASTER);
    prometheus = stack.use(await startPrometheus({ alertmanager: alertmanager.address, rules }));
    jaeger = stack.use(await startJaeger());
    const [port = 0] = await freePorts(1);
    const env = { COLLECT_ENDPOINT: `http://127.0.0.1:${port}` };
    const backends = { jaeger: jaeger.otlp, prometheus: prometheus.otlp };
    const { otlpUrl } = stack.use(await openCollector(backends, { ...ADDED, env }));
    collect = stack.use(await startCollect(port, { otlpUrl }, ['--store', store, ...IDLE]));
    const elsewhere = stack.use(await openCollector({}));
    const all = [
      ...SERVERS.map((each) => ({ ...each, to: elsewhere })),
      ...TOLD_TWICE.map((each) => ({ ...each, to: { otlpUrl } })),
    ];
    await Promise.all(
      all.map(async ({ name, sdk, sessions, to }) => {
        const server = stack.use(await startEmitter(python, { sdk, name, otlpUrl }));
        const own = join(disk.folder, `${name}.db`);
        const args = ['--name', name, '--store', own];
        const mcpspan = stack.use(await startMcpspan(server.url, to, args, { OTEL_SERVICE_NAME: 'proxy' }));
        ids.set(name, await callIn(mcpspan.url, sessions));
        await mcpspan.stop();
        const [row] = await rowsOf(own);
        if (row !== undefined) seen.set(name, row);
      }),
    );
  }, INSTALL_TIMEOUT);
  afterAll(() => stack.disposeAsync());

  it('a client that shakes hands for every call is named by the alert, with its server', async () => {
    const alerts = await eventually('the alert', async () => {
      const all = await alertmanager.alerts();
      const found = all.filter(({ labels }) => labels['alertname'] === 'McpHandshakePerCall');
      return found.length > 0 ? found : undefined;
    });
    expect(alerts.map(({ labels }) => labels['mcpspan_server'])).toEqual(['fastmcp-per-call']);
    expect(alerts[0]?.annotations['summary']).toContain('handshakes for every tool call on fastmcp-per-call: 1.00');
  });

  it.each(SERVERS)('$name: it knows the calls and handshakes that mcpspan saw', async ({ name, sessions }) => {
    const { toolCalls, handshakes, handshakesPerCall } = await figuresOf(name, sessions);
    expect({ toolCalls, handshakes, handshakesPerCall }).toEqual({
      toolCalls: CALLS,
      handshakes: sessions,
      handshakesPerCall: sessions / CALLS,
    });
    expect(seen.get(name)).toMatchObject({ toolCalls, handshakes, handshakesPerCall });
    const labels = `{mcpspan_server="${name}",mcpspan_observed="spans"}`;
    await eventually('the same in Prometheus', async () => {
      const counted = [`mcpspan_tool_calls_total${labels}`, `mcpspan_handshakes_total${labels}`];
      const [calls = 0, shaken = 0] = await Promise.all(
        counted.map(async (query) => sumOf(await prometheus.query(query))),
      );
      return calls === toolCalls && shaken === handshakes ? true : undefined;
    });
  });

  it.each(SERVERS.filter(({ sdk }) => sdk === 'fastmcp'))(
    '$name: it knows the sessions',
    async ({ name, sessions }) => {
      const row = await figuresOf(name, sessions);
      expect(row.sessions).toBe(seen.get(name)?.sessions);
      // That sessions are of one conversation, no span says; the mcpspan before the server knows their caller.
      const unknowing = { reusing: 'reusing', 'per-call': 'one-shot' }[seen.get(name)?.verdict ?? ''];
      expect(row.verdict).toBe(unknowing);
      const traces = await eventually('a trace of each session', async () => {
        const found = await jaeger.find({ operation: 'mcp.session.summary', tags: { 'mcpspan.server': name } });
        return found.length === sessions ? found : undefined;
      });
      expect(warningsIn(traces)).toEqual([]);
      const found = traces.flatMap(({ spans }) => spans).filter((span) => span.operationName === 'mcp.session');
      expect(new Set(found.map((span) => tagOf(span, 'mcp.session.id')))).toEqual(new Set(ids.get(name)));
      for (const trace of traces) {
        expect(jaegerTree(trace)).toEqual(['mcp.session', '  mcp.session.summary']);
        const summary = trace.spans.find((span) => span.operationName === 'mcp.session.summary');
        const linked = summary?.references.filter((each) => each.refType === 'FOLLOWS_FROM') ?? [];
        // The handshake and the calls.
        expect(linked).toHaveLength(1 + CALLS / sessions);
        const originals = await jaeger.find({ service: name });
        const spans = new Set(originals.flatMap((each) => each.spans.map((span) => `${span.traceID} ${span.spanID}`)));
        expect(linked.filter((each) => !spans.has(`${each.traceID} ${each.spanID}`))).toEqual([]);
      }
    },
  );

  it.each(TOLD_TWICE)('$name: what the server and a mcpspan tell of counts once', async ({ name, sessions }) => {
    const row = await figuresOf(name, sessions);
    const { client, toolCalls, handshakes, verdict } = row;
    expect(seen.get(name)).toMatchObject({ client, toolCalls, handshakes, sessions: row.sessions, verdict });
  });

  it('of attempts to connect it says nothing: spans know too little of them', async () => {
    await collect.stop();
    const operations = await eventually('the sessions of all', async () => {
      const found = await jaeger.find({ operation: 'mcp.session.summary' });
      return found.length > CALLS ? jaeger.operations('mcpspan') : undefined;
    });
    expect(operations.toSorted()).toEqual(['mcp.session', 'mcp.session.summary']);
    expect(await prometheus.series('{__name__=~"mcpspan_connect_.*",job="mcpspan"}')).toEqual([]);
  });

  const figuresOf = (name: string, sessions: number): Promise<Row> =>
    eventually('its figures', async () => {
      const rows = await rowsOf(store);
      const row = rows.find(({ server }) => server === name);
      if (row?.toolCalls === CALLS && row.handshakes === sessions) return row;
      throw new Error(JSON.stringify(rows));
    });
});

/** Calls in so many sessions, as many in each. Gives their ids. */
async function callIn(url: string, sessions: number): Promise<string[]> {
  const ids: string[] = [];
  for (let session = 0; session < sessions; session++) {
    const { client, transport } = await connectV1(url, 'caller');
    ids.push(transport.sessionId ?? 'none');
    for (let call = 0; call < CALLS / sessions; call++)
      await client.callTool({ name: 'echo', arguments: { message: `${session}.${call}` } });
    await transport.terminateSession();
    await client.close();
  }
  return ids;
}

/** What `mcpspan clients` says of a record. */
async function rowsOf(store: string): Promise<readonly Row[]> {
  const { stdout } = await run(process.execPath, [shipped('src/cli.ts'), 'clients', '--json', '--store', store]);
  // What the command documents.
  return JSON.parse(stdout) as readonly Row[];
}

describe('a collect that is stuck', () => {
  it('keeps nobody waiting: its copies are dropped and counted, and backends get everything once', async () => {
    await using jaeger = await startJaeger();
    const stuck = createServer(() => undefined);
    const { port, close } = await listen(stuck);
    const small = { 'queue_size: 20000': 'queue_size: 20', 'timeout: 1s': 'timeout: 10ms' };
    await using disk = await scratch('stuck');
    const added = [await disk.copy(shipped('deploy/otel-collector-collect.yaml'), small)];
    const env = { COLLECT_ENDPOINT: `http://127.0.0.1:${port}` };
    await using collector = await openCollector({ jaeger: jaeger.otlp }, { added, env });
    const names = Array.from({ length: 200 }, (_, at) => `call ${at}`);
    for (const [at, name] of names.entries()) await exportCall(collector, name, at);
    const dropped = await eventually('dropped copies', async () => {
      const metrics = await (await fetch(collector.metricsUrl)).text();
      const line = /^otelcol_exporter_enqueue_failed_spans\{.*otlp_http\/mcpspan.*\} (\d+)$/m.exec(metrics);
      return line === null ? undefined : Number(line[1]);
    });
    expect(dropped).toBeGreaterThan(100);
    const spans = await eventually('all in Jaeger', async () => {
      const found = (await jaeger.find({ service: 'shop' })).flatMap((trace) => trace.spans);
      return found.length >= names.length ? found : undefined;
    });
    expect(spans.map((span) => span.operationName).toSorted()).toEqual(names.toSorted());
    stuck.closeAllConnections();
    await close();
  });
});

const exportCall = (collector: Collector, name: string, at: number): Promise<void> => {
  const now = Date.now();
  const id = (at + 1).toString(16);
  const attributes = { 'mcp.method.name': 'tools/call' };
  const ids = { traceId: id.padStart(32, '0'), spanId: id.padStart(16, '0') };
  return exportSpan(collector, { service: 'shop', name, ...ids, fromMs: now, toMs: now + 1, attributes });
};
