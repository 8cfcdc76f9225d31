/** Series that are not mcpspan's own: the shipped collector makes them from our spans, or reports them about itself. */
export const SPAN_METRICS = {
  duration: 'traces_span_metrics_duration_seconds_bucket',
} as const;

export const COLLECTOR = {
  queueSize: 'otelcol_exporter_queue_size',
  queueCapacity: 'otelcol_exporter_queue_capacity',
} as const;

export const SIGNALS = { spans: 'spans', metric_points: 'metric points', log_records: 'log records' } as const;

/** Whether a counter ends in `_total` depends on the configuration of the collector's reader. */
export const collectorCounter = (name: string, signal: keyof typeof SIGNALS): string =>
  `{__name__=~"otelcol_${name}_${signal}(_total)?"}`;
