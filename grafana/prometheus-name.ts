import type { MetricDefinition } from '../src/telemetry/semconv.ts';

/** What OTLP's units become as suffixes in Prometheus; units in braces are annotations and leave nothing. */
const UNIT_SUFFIX: Readonly<Record<string, string>> = { s: 'seconds', By: 'bytes' };

/**
 * The name a metric has in Prometheus when it arrives by OTLP, by the default `UnderscoreEscapingWithSuffixes` strategy
 * (OTel spec, "Prometheus and OpenMetrics Compatibility"). For histograms it is the base name: `_bucket`, `_count` and
 * `_sum` follow.
 */
export function prometheusName({ name, unit, kind }: MetricDefinition): string {
  const words = [labelName(name)];
  const suffix = unit.startsWith('{') ? undefined : UNIT_SUFFIX[unit];
  if (suffix === undefined && !unit.startsWith('{'))
    throw new Error(`no Prometheus suffix is known for the unit ${unit}`);
  if (suffix !== undefined && !name.endsWith(suffix)) words.push(suffix);
  if (kind === 'counter' || kind === 'observable-counter') words.push('total');
  return words.join('_');
}

/** The name an attribute has as a label in Prometheus. */
export function labelName(attribute: string): string {
  return attribute.replaceAll(/[^A-Za-z0-9]+/g, '_');
}
