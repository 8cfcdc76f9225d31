import { CHOSEN, quantile, rate, increase, selector, sum, type Label } from './promql.ts';
import { SPAN_METRICS } from './collector-names.ts';
import type { Query } from './panel.ts';

/**
 * Latency that the collector computes from our spans. It covers sampled calls only, but it has exemplars, so a point
 * opens a trace. mcpspan's own histograms cover every call and have no exemplars.
 */
const buckets = selector(SPAN_METRICS.duration, { method: '="tools/call"', toolName: '=~"$tool"', ...CHOSEN });

export const tracedQuantile = (at: number, by: readonly Label[], legend: string): Query => ({
  expr: quantile(at, by, rate(buckets)),
  legend,
  exemplar: true,
});

/** Calls in each bucket and step, for a heat map. */
export const tracedSpread: Query = { expr: sum(['le'], increase(buckets)), exemplar: true };
