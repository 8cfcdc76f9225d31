/** Series that are not mcpspan's own: what the collector of the shipped pipeline makes of our spans, and tells of itself. */
export const SPAN_METRICS = {
  duration: 'traces_span_metrics_duration_seconds_bucket',
} as const;

export const COLLECTOR = {
  queueSize: 'otelcol_exporter_queue_size',
  queueCapacity: 'otelcol_exporter_queue_capacity',
} as const;

export const SIGNALS = { spans: 'spans', metric_points: 'metric points', log_records: 'log records' } as const;

/** A counter ends in `_total` or does not, as the collector's reader is configured. */
export const collectorCounter = (name: string, signal: keyof typeof SIGNALS): string =>
  `{__name__=~"otelcol_${name}_${signal}(_total)?"}`;
