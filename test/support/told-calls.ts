import { readMcpSpan } from '../../src/collect/mcp-span.ts';
import type { ReceivedSpan } from '../../src/collect/received-span.ts';
import { callsOf, spanKey, type Call, type SeenOperation } from '../../src/collect/same-call.ts';

/** The calls that received spans tell of, those between them known by their parents. */
export function callsTold(spans: readonly ReceivedSpan[]): Call[] {
  const seen: SeenOperation[] = [];
  const parents = new Map<string, string>();
  for (const span of spans) {
    const operation = readMcpSpan(span);
    if (operation !== undefined) seen.push({ span, operation });
    else if (span.parentSpanId !== undefined) parents.set(spanKey(span.traceId, span.spanId), span.parentSpanId);
  }
  return callsOf(seen, parents);
}

/** How often each server was asked for what, by its name: `library: initialize` → 3. */
export function tally(calls: readonly Call[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { operation } of calls) {
    const what = `${operation.serverName ?? '?'}: ${operation.method}`;
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
}
