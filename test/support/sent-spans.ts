/** Spans as a server returns them in `_meta` (SEP-2448), as the first implementation of it writes them. */

export type SentSpanJson = Readonly<Record<string, unknown>>;
export type KeyValue = Readonly<Record<string, unknown>>;

export const textAttribute = (key: string, stringValue: string): KeyValue => ({ key, value: { stringValue } });

/** Milliseconds since the epoch as OTLP JSON has them. */
export const nanoseconds = (ms: number): string => String(BigInt(Math.round(ms * 1_000)) * 1_000n);

/** `_meta` of a result with these spans, under one resource. */
export const metaOf = (
  spans: readonly unknown[],
  resource: readonly unknown[] = [textAttribute('service.name', 'shop')],
  scope: unknown = { name: 'mcp-telemetry-passback' },
): KeyValue => ({
  otel: {
    traces: {
      resourceSpans: [{ resource: { attributes: resource }, scopeSpans: [{ scope, spans }] }],
      truncated: false,
      droppedSpanCount: 0,
    },
  },
});
