import { ATTR, METRIC, type MetricName } from '../../src/telemetry/semconv.ts';
import { labelName, prometheusName } from '../prometheus-name.ts';

/** A label of ours, or one that Prometheus makes: of the resource, of a histogram. */
export type Label = keyof typeof ATTR | 'instance' | 'le';
/** Matchers with their operator: `{ attempt: '="first"' }`. */
export type Matchers = Partial<Record<Label, string>>;
type Part = '' | '_bucket' | '_count' | '_sum';

const prometheusLabel = (label: Label): string =>
  label === 'instance' || label === 'le' ? label : labelName(ATTR[label]);

export const labels = (...names: readonly Label[]): string => names.map(prometheusLabel).join(', ');

export function selector(metric: string, matchers: Matchers): string {
  // The keys of an object literal of this type are labels.
  const names = Object.keys(matchers) as Label[];
  return `${metric}{${names.map((label) => `${prometheusLabel(label)}${matchers[label]}`).join(', ')}}`;
}

const SERVER = { server: '=~"$server"', instance: '=~"$instance"' } as const;
/** What the template variables choose of anything that has a client. */
export const CHOSEN = { server: SERVER.server, client: '=~"$client"', instance: SERVER.instance } as const;

/** What clients did: the chosen servers, clients and instances. */
export const traffic = (name: MetricName, matchers: Matchers = {}, part: Part = ''): string =>
  selector(prometheusName(METRIC[name]) + part, { ...matchers, ...CHOSEN });

/** A bucket's bound, which is written `1` or `1.0`. */
export const bound = (value: number): string => `=~"${value}|${value}[.]0"`;

/** What has no client: mcpspan's own figures, and odd traffic. */
export const own = (name: MetricName, matchers: Matchers = {}, part: Part = ''): string =>
  selector(prometheusName(METRIC[name]) + part, { ...matchers, ...SERVER });

/** In parentheses, over several lines if it has several: whoever edits a panel has to read it. */
export const nested = (expr: string): string =>
  expr.includes('\n') ? `(\n${expr.replaceAll(/^/gm, '  ')}\n)` : `(${expr})`;

export const rate = (series: string): string => `rate(${series}[$__rate_interval])`;

export const increase = (series: string, window = '$__rate_interval'): string => `increase(${series}[${window}])`;

/**
 * What was counted in the whole period, for a sum or a quantile to take in. `increase` alone misses what a series
 * begins with, and ours begin with their first event, at each restart of mcpspan anew. A series that was not there in
 * the hour before the period counts in full.
 */
export const counted = (series: string, period = '$__range'): string =>
  `max_over_time(${series}[${period}])
  unless last_over_time(${series}[1h] offset ${period})
or increase(${series}[${period}])`;

export const sum = (by: readonly Label[], expr: string): string =>
  `sum${by.length === 0 ? '' : ` by (${labels(...by)}) `}${nested(expr)}`;

export const max = (by: readonly Label[], expr: string): string => `max by (${labels(...by)}) ${nested(expr)}`;

/** Over classic buckets; of nothing it would be NaN, and is left out. */
export const quantile = (at: number, by: readonly Label[], buckets: string): string =>
  `histogram_quantile(${at}, ${sum([...by, 'le'], buckets)}) >= 0`;

/** For a row of its own: what was not counted in the period has none. */
export const any = (count: string): string => `${count} > 0`;

/**
 * `part` of `whole`, both sums over the same labels. Where `part` has no series it is 0, not missing: `or vector(0)`
 * would do that only without labels, and also where there is no `whole`.
 */
export const share = (part: string, whole: string, minCount = 0): string =>
  `${nested(`${part}\nor 0 * ${whole}`)} / ${nested(`${whole} ${minCount === 0 ? '>' : '>='} ${minCount}`)}`;

/** The same figure, one period earlier: a subquery of one point, since what `counted` says has offsets of its own. */
const before = (expr: string): string => `last_over_time(${nested(expr)}[1s:1s] offset $__range)`;

/** By which share a figure changed against the period before. */
export const change = (expr: string): string => `${nested(expr)} / (${before(expr)} > 0) - 1`;

/** When anything was last counted, in milliseconds, to within a few minutes. */
export const lastSeen = (by: readonly Label[], series: string): string =>
  `1000 * max_over_time(timestamp(${sum(by, counted(series, '$__rate_interval'))} > 0)[$__range:$__interval])`;
