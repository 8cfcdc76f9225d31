import { describe, expect, it } from 'vitest';
import { ATTR, EVENT, METRIC, SCHEMA_URL, SPAN } from '../../src/telemetry/semconv.ts';

// Literals on purpose: renaming one of these breaks people's dashboards, alerts and queries.
const METRICS = [
  ['mcp.server.operation.duration', 'histogram', 's'],
  ['mcp.client.operation.duration', 'histogram', 's'],
  ['mcp.server.session.duration', 'histogram', 's'],
  ['mcpspan.handshakes', 'counter', '{handshake}'],
  ['mcpspan.handshakes.avoidable', 'counter', '{handshake}'],
  ['mcpspan.handshake.duration', 'histogram', 's'],
  ['mcpspan.tool_calls', 'counter', '{call}'],
  ['mcpspan.tool_calls.repeated', 'counter', '{call}'],
  ['mcpspan.discoveries', 'counter', '{call}'],
  ['mcpspan.sessions', 'counter', '{session}'],
  ['mcpspan.sessions.used', 'counter', '{session}'],
  ['mcpspan.sessions.open', 'observable-up-down-counter', '{session}'],
  ['mcpspan.sessions.ended', 'counter', '{session}'],
  ['mcpspan.session.tool_calls', 'histogram', '{call}'],
  ['mcpspan.client.verdict', 'observable-gauge', '{client}'],
  ['mcpspan.message.bytes', 'histogram', 'By'],
  ['mcpspan.tools.unknown', 'counter', '{call}'],
  ['mcpspan.tools.definition.bytes', 'observable-gauge', 'By'],
  ['mcpspan.server_spans', 'counter', '{span}'],
  ['mcpspan.server_spans.dropped', 'counter', '{span}'],
  ['mcpspan.tools.changes', 'counter', '{change}'],
  ['mcpspan.streams.open', 'observable-up-down-counter', '{stream}'],
  ['mcpspan.stream.duration', 'histogram', 's'],
  ['mcpspan.notifications', 'counter', '{notification}'],
  ['mcpspan.cancellations', 'counter', '{call}'],
  ['mcpspan.http.rejections', 'counter', '{request}'],
  ['mcpspan.http.exchanges', 'counter', '{request}'],
  ['mcpspan.connect.stages', 'counter', '{attempt}'],
  ['mcpspan.connect.ended', 'counter', '{attempt}'],
  ['mcpspan.anomalies', 'counter', '{event}'],
  ['mcpspan.server.users', 'observable-gauge', '{user}'],
  ['mcpspan.client.users', 'observable-gauge', '{user}'],
  ['mcpspan.tool.users', 'observable-gauge', '{user}'],
  ['mcpspan.lint.violations', 'counter', '{violation}'],
  ['mcpspan.self.copies_dropped', 'observable-counter', '{copy}'],
  ['mcpspan.self.observer_restarts', 'observable-counter', '{restart}'],
  ['mcpspan.self.export_failures', 'observable-counter', '{batch}'],
  ['mcpspan.self.labels_folded', 'observable-counter', '{label}'],
  ['mcpspan.self.traces_withheld', 'observable-counter', '{trace}'],
  ['mcpspan.self.items_lost', 'observable-counter', '{item}'],
  ['mcpspan.self.spool_items', 'observable-up-down-counter', '{item}'],
  ['mcpspan.self.collected_spans', 'counter', '{span}'],
  ['mcpspan.self.spool_bytes', 'observable-up-down-counter', 'By'],
  ['mcpspan.self.relay_delay', 'histogram', 's'],
] as const;

const ATTRIBUTES = [
  'error.type',
  'gen_ai.conversation.id',
  'gen_ai.operation.name',
  'gen_ai.prompt.name',
  'gen_ai.tool.call.arguments',
  'gen_ai.tool.call.id',
  'gen_ai.tool.call.result',
  'gen_ai.tool.name',
  'http.response.status_code',
  'jsonrpc.request.id',
  'mcp.client.name',
  'mcp.client.version',
  'mcp.method.name',
  'mcp.protocol.version',
  'mcp.resource.uri',
  'mcp.server.name',
  'mcp.server.version',
  'mcp.session.id',
  'mcpspan.after',
  'mcpspan.anomaly',
  'mcpspan.attempt',
  'mcpspan.avoidable',
  'mcpspan.before',
  'mcpspan.cancelled',
  'mcpspan.change',
  'mcpspan.changes',
  'mcpspan.client',
  'mcpspan.collected',
  'mcpspan.connect.again',
  'mcpspan.connect.ambiguous',
  'mcpspan.connect.end',
  'mcpspan.connect.error',
  'mcpspan.connect.reached',
  'mcpspan.connect.requests',
  'mcpspan.connect.stage',
  'mcpspan.direction',
  'mcpspan.end_reason',
  'mcpspan.era',
  'mcpspan.first_byte_seconds',
  'mcpspan.handshake.kind',
  'mcpspan.http.class',
  'mcpspan.incomplete',
  'mcpspan.leg',
  'mcpspan.level',
  'mcpspan.lint.rule',
  'mcpspan.observed',
  'mcpspan.outside_operation',
  'mcpspan.progress',
  'mcpspan.reason',
  'mcpspan.rejected',
  'mcpspan.reported_by_server',
  'mcpspan.request.bytes',
  'mcpspan.response.bytes',
  'mcpspan.server',
  'mcpspan.session.empty',
  'mcpspan.session.opened',
  'mcpspan.session.segment',
  'mcpspan.session.source',
  'mcpspan.signal',
  'mcpspan.state',
  'mcpspan.stream.kind',
  'mcpspan.summary.discoveries',
  'mcpspan.summary.failed',
  'mcpspan.summary.handshake_seconds',
  'mcpspan.summary.handshakes',
  'mcpspan.summary.operations',
  'mcpspan.summary.part',
  'mcpspan.summary.partial',
  'mcpspan.summary.rejected',
  'mcpspan.summary.tool_calls',
  'mcpspan.total',
  'mcpspan.trait',
  'mcpspan.user.kind',
  'mcpspan.verdict',
  'network.protocol.name',
  'network.protocol.version',
  'network.transport',
  'rpc.response.status_code',
  'server.address',
  'server.port',
  'url.path',
  'user_agent.original',
];

describe('names that others build on', () => {
  it('are those of the metrics, with kind and unit', () => {
    const present = Object.values(METRIC).map(({ name, kind, unit }) => [name, kind, unit]);
    expect(present).toEqual(METRICS);
  });

  it('hold no unit 1, which Prometheus would make a ratio of [OTEL-METRIC-5]', () => {
    expect(METRICS.filter(([, , unit]) => unit !== 's' && unit !== 'By' && !/^\{[a-z]+\}$/.test(unit))).toEqual([]);
  });

  it('are those of the attributes', () => {
    expect(Object.values(ATTR).toSorted()).toEqual(ATTRIBUTES);
  });

  it('are those of spans of ours', () => {
    expect(SPAN).toEqual({ session: 'mcp.session', summary: 'mcp.session.summary', connect: 'mcp.connect' });
  });

  it('are those of log events', () => {
    expect(Object.values(EVENT)).toEqual([
      'mcpspan.client.first_seen',
      'mcpspan.client.changed',
      'mcpspan.tools.changed',
      'mcpspan.observer.restarted',
      'mcpspan.connect.stopped',
      'mcpspan.export.failing',
      'mcpspan.export.restored',
    ]);
  });

  it('are of the registry that is said', () => {
    expect(SCHEMA_URL).toBe('https://opentelemetry.io/schemas/gen-ai-dev/1.42.0-dev');
  });
});

describe('buckets of histograms', () => {
  it('are those that the conventions recommend for durations [OTEL-METRIC-6]', () => {
    const recommended = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];
    for (const name of ['serverOperation', 'clientOperation', 'serverSession'] as const) {
      expect(METRIC[name].boundaries).toEqual(recommended);
    }
  });

  it('of calls per session keep one call apart from none and two', () => {
    expect(METRIC.sessionToolCalls.boundaries).toEqual([0, 1, 2, 3, 5, 10, 20, 50, 100, 200, 500]);
  });
});
