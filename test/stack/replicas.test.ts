import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { prometheusRules } from '../../grafana/alerts/prometheus.ts';
import { RULE_GROUPS } from '../../grafana/alerts/rules.ts';
import { startPlainServer } from '../e2e/plain-server.ts';
import { speakTo } from '../e2e/speaker.ts';
import { callOnAndOn, type CallerReport } from './support/caller.ts';
import { openCollector, type Collector } from './support/collector.ts';
import { eventually } from './support/eventually.ts';
import { startJaeger, tagOf, warningsIn, type Jaeger, type JaegerTrace } from './support/jaeger.ts';
import { startPrometheus, sumOf, type Prometheus } from './support/prometheus.ts';
import { FLEET, noReplicas, startReplicas, type ReplicaOptions, type Replicas } from './support/replicas.ts';

// Clients → HAProxy → three mcpspan → collector → Jaeger, Prometheus: one trace for each session, and figures that add up?

if (noReplicas !== undefined) process.stderr.write(`test/stack/replicas is left out: ${noReplicas}\n`);

const REPLICAS = 3;
const CALLERS = 4;
const CALLS = 6;
const CLIENT = 'goes-on';
/** Rules look back 30 s in place of 15 minutes. */
const FASTER = 30;
/** How long spans and metrics wait to be sent in the replica that is killed. */
const WAIT_MS = 5_000;

let stack: AsyncDisposableStack;
let jaeger: Jaeger;
let prometheus: Prometheus;
let collector: Collector;

beforeEach(async () => {
  if (noReplicas !== undefined) return;
  stack = new AsyncDisposableStack();
  jaeger = stack.use(await startJaeger());
  prometheus = stack.use(await startPrometheus({ rules: prometheusRules(RULE_GROUPS, FASTER) }));
  collector = stack.use(await openCollector({ jaeger: jaeger.otlp, prometheus: prometheus.otlp }));
});
afterEach(() => stack?.disposeAsync());

const begin = async (options: Omit<ReplicaOptions, 'collector'>): Promise<Replicas> =>
  stack.use(await startReplicas({ collector, ...options }));

/** Some callers at once, each of which opens so many sessions, or goes on while it is told to. */
const callAll = (url: string, goOn: (opened: number) => boolean): Promise<CallerReport[]> =>
  Promise.all(
    Array.from({ length: CALLERS }, () => {
      let opened = 0;
      return callOnAndOn(url, { callsInSession: CALLS, goOn: () => goOn(opened++) });
    }),
  );

const sum = async (metric: string, matchers = ''): Promise<number> =>
  sumOf(await prometheus.query(`${metric}{mcpspan_server="${FLEET}",mcpspan_client="${CLIENT}"${matchers}}`));

const comesTo = (metric: string, expected: number, matchers = ''): Promise<boolean> =>
  eventually(`${metric} = ${expected}`, async () => {
    const value = await sum(metric, matchers);
    if (value === expected) return true;
    throw new Error(`it is ${value}`);
  });

const sessionsOf = (reports: readonly CallerReport[]): string[] => reports.flatMap(({ sessions }) => sessions);
const failuresOf = (reports: readonly CallerReport[]): string[] => reports.flatMap(({ failed }) => failed);

/** The traces of sessions, by session id. */
async function tracesBySession(): Promise<Map<unknown, JaegerTrace[]>> {
  const traces = await jaeger.find({ tags: { 'mcpspan.server': FLEET } });
  return Map.groupBy(traces, ({ spans }) => tagOf(spans[0] ?? noSpan(), 'mcp.session.id'));
}

const noSpan = (): never => {
  throw new Error('a trace without spans');
};

const named = (trace: JaegerTrace | undefined, name: string): number =>
  trace?.spans.filter(({ operationName }) => operationName === name).length ?? 0;

describe.skipIf(noReplicas !== undefined)('three replicas behind a load balancer', () => {
  it('without stickiness make one trace of each session, and figures that add up', async () => {
    const server = stack.use(await startPlainServer());
    const upstreams = Array.from({ length: REPLICAS }, () => server.url);
    // Who saw only a part of a session hears nothing of its end, so it ends there by silence.
    const { balancer } = await begin({ upstreams, stickiness: 'none', args: ['--idle-seconds', '2'] });
    const reports = await callAll(balancer.url, (opened) => opened < 5);
    const sessions = sessionsOf(reports);
    const calls = sessions.length * CALLS;
    expect(failuresOf(reports)).toEqual([]);
    expect(new Set(sessions).size).toBe(5 * CALLERS);

    await comesTo('mcpspan_tool_calls_total', calls);
    await comesTo('mcpspan_handshakes_total', sessions.length);
    await comesTo('mcpspan_sessions_total', sessions.length, ',mcpspan_session_opened="handshake"');
    await comesTo('mcpspan_sessions_open', 0);
    await comesTo('mcpspan_sessions_ended_total', sessions.length);
    await comesTo('mcpspan_session_tool_calls_count', sessions.length);
    // Each replica served a part of the calls.
    const parts = await prometheus.query(`sum by (instance) (mcpspan_tool_calls_total{mcpspan_client="${CLIENT}"})`);
    expect(parts).toHaveLength(REPLICAS);
    for (const { value } of parts) expect(value).toBeGreaterThan(calls / REPLICAS / 2);

    const traces = await eventually('all spans', async () => {
      const found = await tracesBySession();
      const spans = [...found.values()].flat().reduce((total, trace) => total + named(trace, 'tools/call echo'), 0);
      return spans === calls ? found : undefined;
    });
    expect(new Set(traces.keys())).toEqual(new Set(sessions));
    let shared = 0;
    for (const [session, [trace, ...others]] of traces) {
      expect(others, String(session)).toEqual([]);
      expect(named(trace, 'mcp.session')).toBe(1);
      expect(named(trace, 'initialize')).toBe(1);
      expect(named(trace, 'tools/call echo')).toBe(CALLS);
      // One of each replica that took part.
      if (named(trace, 'mcp.session.summary') > 1) shared++;
    }
    expect(shared).toBeGreaterThan(sessions.length / 2);
    expect(warningsIn([...traces.values()].flat())).toEqual([]);

    // Each replica that saw a call counts the session as used, and judges by what it saw. The rule judges by the sums.
    expect(await sum('mcpspan_sessions_used_total')).toBeGreaterThan(sessions.length);
    await eventually('the verdict over all replicas', async () => {
      const fleet = await prometheus.query(`client:mcpspan_client_verdict:fleet15m{mcpspan_client="${CLIENT}"}`);
      return fleet.length === 1 && fleet[0]?.labels['mcpspan_verdict'] === 'reusing' ? true : undefined;
    });
  });

  it('need stickiness where each has a server with sessions of its own, and then each session stays with one', async () => {
    const servers = await Promise.all(Array.from({ length: REPLICAS }, () => startPlainServer()));
    for (const server of servers) stack.use(server);
    const upstreams = servers.map(({ url }) => url);
    const { balancer, replicas } = await begin({ upstreams, stickiness: 'session' });
    const reports = await callAll(balancer.url, (opened) => opened < 5);
    const sessions = sessionsOf(reports);
    expect(failuresOf(reports)).toEqual([]);
    await comesTo('mcpspan_tool_calls_total', sessions.length * CALLS);
    await comesTo('mcpspan_sessions_total', sessions.length);
    await comesTo('mcpspan_sessions_used_total', sessions.length);
    await comesTo('mcpspan_sessions_ended_total', sessions.length);
    const parts = await prometheus.query(`sum by (instance) (mcpspan_sessions_total{mcpspan_client="${CLIENT}"})`);
    expect(parts).toHaveLength(REPLICAS);
    // Without it, the servers do not know each other's sessions.
    const [one, other] = replicas;
    const speaker = speakTo(one?.url ?? '', { name: 'strays', version: '1' });
    await speaker.open();
    const strayed = speakTo(
      other?.url ?? '',
      { name: 'strays', version: '1' },
      { 'mcp-session-id': speaker.sessionId ?? '' },
    );
    expect(await strayed.call('echo')).toBe(404);
  });

  it('go on when one is killed under load: lost is what it had in flight, and telemetry of its last seconds', async () => {
    const server = stack.use(await startPlainServer());
    const upstreams = Array.from({ length: REPLICAS }, () => server.url);
    // Spans wait for as long by default, metrics for a minute.
    const env = { OTEL_BSP_SCHEDULE_DELAY: String(WAIT_MS), OTEL_METRIC_EXPORT_INTERVAL: String(WAIT_MS) };
    const { balancer, replicas } = await begin({ upstreams, stickiness: 'none', env });
    const long = speakTo(balancer.url, { name: 'long', version: '1' });
    await long.open();
    // Each replica has served it.
    for (let call = 0; call < REPLICAS; call++) expect(await long.call('echo')).toBe(200);

    let over = false;
    const calling = callAll(balancer.url, () => !over);
    await comesToAtLeast('mcpspan_tool_calls_total', 100);
    const [victim] = replicas;
    const killedAt = Date.now();
    victim?.kill('SIGKILL');
    await victim?.ended;
    for (let call = 0; call < 2 * REPLICAS; call++) expect(await long.call('echo')).toBe(200);
    await eventually('calls after it', async () => (Date.now() - killedAt > 3_000 ? true : undefined));
    over = true;
    const reports = await calling;

    // A caller has one request in flight at a time.
    expect(failuresOf(reports).length).toBeLessThanOrEqual(CALLERS);
    const answeredAt = reports.flatMap((report) => report.answeredAt);
    const calls = answeredAt.length + 3 * REPLICAS;
    const spans = await settledValue(async () => {
      const found = await tracesBySession();
      return [...found.values()].flat().reduce((total, trace) => total + named(trace, 'tools/call echo'), 0);
    });
    const counted = await settledValue(() => sum('mcpspan_tool_calls_total'));
    const lost = { requests: failuresOf(reports).length, spans: calls - spans, counts: answeredAt.length - counted };
    process.stderr.write(`one of ${REPLICAS} killed, ${calls} calls: lost ${JSON.stringify(lost)}\n`);
    const atRisk = answeredAt.filter((at) => at <= killedAt && at > killedAt - 2 * WAIT_MS).length;
    expect(lost.spans).toBeLessThan(atRisk);
    expect(lost.counts).toBeLessThan(atRisk);

    const ofLong = (await tracesBySession()).get(long.sessionId) ?? [];
    expect(ofLong).toHaveLength(1);
    // Those after it, and those that another replica served before.
    expect(named(ofLong[0], 'tools/call echo')).toBeGreaterThanOrEqual(2 * REPLICAS);
  });
});

const comesToAtLeast = (metric: string, least: number): Promise<boolean> =>
  eventually(`${metric} ≥ ${least}`, async () => ((await sum(metric)) >= least ? true : undefined));

/** What a figure is when it has not changed for as long as exports may take. */
async function settledValue(read: () => Promise<number>): Promise<number> {
  let [last, since] = [-1, Date.now()];
  return eventually(
    'a figure that stays',
    async () => {
      const value = await read();
      if (value !== last) [last, since] = [value, Date.now()];
      return Date.now() - since > 8_000 ? value : undefined;
    },
    60,
  );
}
