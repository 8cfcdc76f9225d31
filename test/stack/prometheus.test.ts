import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labelName, prometheusName } from '../../grafana/prometheus-name.ts';
import type { PlayReport } from '../../src/simulator/player.ts';
import { ATTR, METRIC, type MetricDefinition } from '../../src/telemetry/semconv.ts';
import { eventually } from './support/eventually.ts';
import { goAgainstTheRules, goOddly } from './support/odd-traffic.ts';
import { sumOf } from './support/prometheus.ts';
import { playEverybody, startWhole, type Whole } from './support/whole.ts';

// All kinds of traffic → mcpspan → collector → Prometheus: do the names hold, and the figures?

const stack = new AsyncDisposableStack();
let whole: Whole;
let reports: readonly PlayReport[];

beforeAll(async () => {
  whole = stack.use(await startWhole());
  [reports] = await Promise.all([
    playEverybody(whole, 4),
    goOddly(whole.everything.url),
    goAgainstTheRules(whole.shop.url),
  ]);
});
afterAll(() => stack.disposeAsync());

const seriesOf = ({ kind, ...metric }: MetricDefinition): string[] => {
  const name = prometheusName({ kind, ...metric });
  return kind === 'histogram' ? ['_bucket', '_count', '_sum'].map((part) => name + part) : [name];
};
const DEFINED = Object.values(METRIC);

describe('every metric', () => {
  it.each(DEFINED.map((metric) => [prometheusName(metric), metric] as const))('arrives as %s', async (_, metric) => {
    for (const name of seriesOf(metric)) {
      await eventually(`series of ${name}`, async () => {
        const samples = await whole.prometheus.query(`{__name__="${name}"}`);
        return samples.length > 0 ? samples : undefined;
      });
    }
  });

  it('arrives under no other name', async () => {
    const found = await whole.prometheus.query('count by (__name__) ({__name__=~"mcp.*"})');
    expect(DEFINED.flatMap(seriesOf)).toEqual(expect.arrayContaining(found.map(({ labels }) => labels['__name__'])));
  });

  it('has labels of ours, and says which process it is from', async () => {
    const ours = new Set(Object.values(ATTR).map(labelName));
    const series = await whole.prometheus.series('{__name__=~"mcp.*"}');
    for (const labels of series) {
      const { __name__: name, job, instance, le: _, ...others } = labels;
      expect(job, name).toBe('mcpspan');
      expect(labels['service_name'], name).toBe('mcpspan');
      expect(labels['service_instance_id'], name).toBe(instance);
      expect(labels['mcpspan_server'], name).toMatch(/^(quiz|quiz-2026|everything|shop|collected)$/);
      const unknown = Object.keys(others).filter((label) => !ours.has(label) && !/^(service|otel_scope)_/.test(label));
      expect(unknown, name).toEqual([]);
    }
    expect(new Set(series.map(({ instance }) => instance)).size).toBe(5);
  });
});

describe('the figures', () => {
  const CLIENTS: Readonly<Record<string, string>> = {
    'chatgpt-2025': 'chatgpt',
    'claude-2026-03': 'claude.ai',
    'modern-stateless': 'antigravity',
    'reconnect-loop': 'cursor',
  };
  const counted = (query: string, expected: number): Promise<boolean> =>
    eventually(`${query} = ${expected}`, async () => {
      const value = sumOf(await whole.prometheus.query(query));
      if (value === expected) return true;
      throw new Error(`it is ${value}`);
    });

  it.each(Object.entries(CLIENTS))('are those that %s itself has counted', async (profile, client) => {
    const report = reports.flatMap(({ profiles }) => profiles).find((each) => each.profile === profile);
    if (report === undefined) throw new Error(`${profile} did not play`);
    const of = (metric: MetricDefinition, more = ''): string =>
      `${prometheusName(metric)}{mcpspan_server="quiz",mcpspan_client="${client}"${more}}`;
    await counted(of(METRIC.toolCalls), report.toolCalls);
    const succeeded = report.handshakes - report.failedHandshakes;
    await counted(of(METRIC.handshakes, ',mcpspan_handshake_kind=~"initialize|discover"'), succeeded);
    await counted(of(METRIC.sessions, ',mcpspan_session_source="header"'), report.sessions);
  });
});

describe('the latency series of the collector', () => {
  it('open traces that Jaeger has', async () => {
    const name = 'traces_span_metrics_duration_seconds_bucket';
    const exemplars = await eventually('exemplars', async () => {
      const found = await whole.prometheus.exemplars(
        `${name}{mcpspan_client="claude.ai",mcp_method_name="tools/call"}`,
      );
      return found.length > 0 ? found : undefined;
    });
    const traces = await whole.jaeger.find({ tags: { 'mcpspan.client': 'claude.ai' } });
    const known = new Set(traces.map(({ traceID }) => traceID));
    for (const { labels } of exemplars) expect(known).toContain(labels['trace_id']);
  });

  const counted = async (profile: string, server: string): Promise<void> => {
    const report = reports.flatMap(({ profiles }) => profiles).find((each) => each.profile === profile);
    const calls = `traces_span_metrics_calls_total{mcpspan_server="${server}",mcpspan_client="chatgpt",mcp_method_name="tools/call"}`;
    await eventually(
      `${report?.toolCalls} calls`,
      async () => {
        const value = sumOf(await whole.prometheus.query(calls));
        if (value === report?.toolCalls) return true;
        throw new Error(`there are ${value}`);
      },
      10,
    );
  };

  it('are of operations only, and count each of them', async () => {
    await counted('chatgpt-2025', 'quiz');
    const series = await whole.prometheus.series('traces_span_metrics_calls_total');
    expect(series.filter(({ mcp_method_name: method }) => method === undefined)).toEqual([]);
  });

  // The connector takes CLIENT spans as well, so its figures double: the filter before it must keep SERVER spans only.
  it('count them once also when the upstream has a span of its own for each', async () => {
    await counted('chatgpt-2026', 'quiz-2026');
  });
});
