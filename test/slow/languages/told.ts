import { labelsOf, orphans, total, valuesOf } from '../../e2e/signals.ts';
import type { OtlpSpan } from '../../support/otlp-signals.ts';
import type { Passage } from './pair.ts';
import type { Transport } from './sdk.ts';
import type { SessionRow } from './store-rows.ts';
import type { Called } from './talk.ts';

/**
 * What a span may be longer than its client saw: an answer is passed on before the clock is looked at, and a busy machine
 * may let others run in between (178 ms seen). A call that waits for the end of its session takes longer.
 */
const MAX_SURPLUS_MS = 1_000;
const SLOW_MS = 200;
/** Nagle's algorithm and a delayed ACK cost at least 40 ms a call. */
const MIN_STALL_MS = 35;

/** All that was told of five calls, in one value to be compared. */
export const told = ({ report, receiver, sessions, clients }: Passage, transport: Transport) => {
  const { spans } = receiver;
  const roots = spans.filter(({ parentSpanId }) => parentSpanId === undefined);
  const calls = spans
    .filter(({ attributes }) => attributes['mcp.method.name'] === 'tools/call')
    .toSorted((a, b) => Number(a.startNs - b.startNs));
  return {
    spans: {
      roots: roots.map(({ name }) => name),
      orphans: orphans(spans),
      named: roots.map(({ attributes }) => [attributes['mcp.client.name'], attributes['mcp.server.name']]),
      calls: calls.map(({ name, attributes }) => [name, attributes['error.type']]),
      progress: calls
        .filter(({ name }) => name === 'tools/call slow')
        .flatMap(({ events }) => events.map(({ attributes }) => attributes['mcpspan.progress'])),
      durations: calls.flatMap((span, index) => strange(span, report.calls[index])),
    },
    metrics: {
      sessions: total(receiver, 'mcpspan.sessions'),
      handshakes: ['initialize', 'discover'].reduce(
        (sum, kind) => sum + total(receiver, 'mcpspan.handshakes', { 'mcpspan.handshake.kind': kind }),
        0,
      ),
      toolCalls: total(receiver, 'mcpspan.tool_calls'),
      errors: Object.fromEntries(
        valuesOf(receiver, 'mcp.server.operation.duration', 'error.type')
          .filter((type) => typeof type === 'string')
          .map((type) => [type, total(receiver, 'mcp.server.operation.duration', { 'error.type': type })]),
      ),
      anomalies: labelsOf(receiver, 'mcpspan.anomalies').map((labels) => labels['mcpspan.anomaly']),
    },
    summaries: spans
      .filter(({ name }) => name === 'mcp.session.summary')
      .map(({ attributes }) => ({
        toolCalls: attributes['mcpspan.summary.tool_calls'],
        failed: attributes['mcpspan.summary.failed'],
        rejected: attributes['mcpspan.summary.rejected'],
        handshakes: attributes['mcpspan.summary.handshakes'],
      })),
    store: {
      sessions: sessions.map(({ clientName, serverName, toolCalls, failed, rejected, handshakes }) => ({
        named: [clientName, serverName],
        toolCalls,
        failed,
        rejected,
        handshakes,
      })),
      clients: clients.map(({ client, toolCalls, failed, rejected, handshakes, ...row }) => ({
        client,
        sessions: row.sessions + row.activities,
        toolCalls,
        failed,
        rejected,
        handshakes,
      })),
    },
    // An HTTP+SSE session is over when its stream is, and does not wait for the proxy's end.
    outlived: transport === 'sse' ? sessions.filter(outlivedStream).map(({ source }) => source) : [],
  };
};

/** What has to be told of them. */
export const right = (client: string, server: string): ReturnType<typeof told> => ({
  spans: {
    roots: ['mcp.session'],
    orphans: [],
    named: [[client, server]],
    calls: [
      ['tools/call echo', undefined],
      ['tools/call echo', undefined],
      ['tools/call fail', 'tool_error'],
      ['tools/call slow', undefined],
      ['tools/call echo', undefined],
    ],
    progress: [1, 2],
    durations: [],
  },
  metrics: { sessions: 1, handshakes: 1, toolCalls: 5, errors: { tool_error: 1 }, anomalies: [] },
  summaries: [{ toolCalls: 5, failed: 1, rejected: 0, handshakes: 1 }],
  store: {
    sessions: [{ named: [client, server], toolCalls: 5, failed: 1, rejected: 0, handshakes: 1 }],
    clients: [{ client, sessions: 1, toolCalls: 5, failed: 1, rejected: 0, handshakes: 1 }],
  },
  outlived: [],
});

const outlivedStream = ({ kind, endReason }: SessionRow): boolean => kind === 'session' && endReason === 'shutdown';

const millisecondsOf = ({ startNs, endNs }: OtlpSpan): number => Number(endNs - startNs) / 1e6;

const strange = (span: OtlpSpan, seen: Called | undefined): string[] => {
  const took = millisecondsOf(span);
  const shortest = seen?.tool === 'slow' ? SLOW_MS : 0;
  const longest = (seen?.ms ?? 0) + MAX_SURPLUS_MS;
  return took >= shortest && took <= longest ? [] : [`${span.name}: ${took} ms, to the client ${seen?.ms}`];
};

/** A line for people where a call usually takes a stall longer through mcpspan than direct; undefined: it does not. */
export const stall = (through: readonly Called[], direct: readonly Called[]): string | undefined => {
  const [usually, alone] = [usual(through), usual(direct)];
  if (usually - alone < MIN_STALL_MS) return undefined;
  return `a call takes ${usually.toFixed(0)} ms through mcpspan, ${alone.toFixed(0)} ms direct: Nagle's algorithm is on at the server`;
};

/** How long the median call of `echo` takes. */
function usual(calls: readonly Called[]): number {
  const sorted = calls.filter(({ tool }) => tool === 'echo').toSorted((a, b) => a.ms - b.ms);
  return sorted[Math.floor(sorted.length / 2)]?.ms ?? 0;
}
