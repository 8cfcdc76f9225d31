import type { SentSpan, SentSpans, SpanFault } from '../observe/sent-spans.ts';
import { parseTraceParent } from '../transport/trace/trace-parent.ts';
import type { Operation, Placement, ServerSpan, ServerSpans } from './operation.ts';

/** By so much a span may begin before its operation and end after it without a word: no two clocks agree. */
const MARGIN_MS = 1_000;
/** Beyond this, its times say nothing, and a span in the far future would upset whatever stores it. */
const MAX_OFF_MS = 300_000;

/**
 * Decides which of the spans that a server sent may be exported. A server writes only into the traces that it was told of
 * with this request, and never in the place of a span that is not its own.
 * @param ahead how far the wall clock is ahead of ours, in milliseconds
 */
export function admitSpans(
  { spans: sent, dropped: unread }: SentSpans,
  operation: Operation,
  { placement, at, ahead }: { placement: Placement; at: number; ahead: number },
): ServerSpans {
  const { callerContext, exchange, startedAt } = operation;
  const header = parseTraceParent(exchange.request.traceParent);
  const told = exchange.span?.session;
  const traces = new Set([placement.traceId, callerContext?.traceId, header?.traceId, told?.traceId]);
  const taken = new Set([
    operation.spanId,
    operation.legSpanId,
    placement.parentSpanId,
    callerContext?.spanId,
    header?.spanId,
    told?.rootSpanId,
    ...operation.children.map(({ spanId }) => spanId),
  ]);
  const from = startedAt + ahead;
  const to = at + ahead;
  const spans: ServerSpan[] = [];
  const dropped = new Map(unread);
  for (const span of sent) {
    const fault = faultOf(span);
    if (fault === undefined) {
      taken.add(span.spanId);
      const events = span.events.filter((event) => event.at >= from - MAX_OFF_MS && event.at <= to + MAX_OFF_MS);
      const eventsDropped = span.eventsDropped + span.events.length - events.length;
      const outside = span.from < from - MARGIN_MS || span.to > to + MARGIN_MS;
      spans.push({ ...span, events, eventsDropped, outside });
    } else dropped.set(fault, (dropped.get(fault) ?? 0) + 1);
  }
  return { spans, dropped };

  function faultOf(span: SentSpan): SpanFault | undefined {
    if (!traces.has(span.traceId)) return 'other-trace';
    if (taken.has(span.spanId) || span.parentSpanId === span.spanId) return 'taken-id';
    return span.from < from - MAX_OFF_MS || span.to > to + MAX_OFF_MS ? 'out-of-time' : undefined;
  }
}
