import type { Attributes, Meter } from '@opentelemetry/api';
import type { Recording } from '../../src/telemetry/aggregation.ts';
import { METRIC, type MetricNameOf } from '../../src/telemetry/semconv.ts';

const MAX_LABEL_SETS = 4_000;
const NAMES = ['mcpspan.client', 'gen_ai.tool.name', 'gen_ai.prompt.name'];

/** Records with the SDK's own instruments: the witness that our aggregation is compared with. */
export class SdkRecording implements Recording {
  readonly #meter: Meter;
  readonly #onFolded: () => void;
  readonly #seen = new Map<string, Set<string>>();

  constructor(meter: Meter, onFolded: () => void) {
    this.#meter = meter;
    this.#onFolded = onFolded;
  }

  counter(name: MetricNameOf<'counter'>, labels: Attributes) {
    const { name: full, unit, description } = METRIC[name];
    const bounded = this.#bounded(name, labels);
    return { increment: (by = 1) => this.#meter.createCounter(full, { unit, description }).add(by, bounded) };
  }

  histogram(name: MetricNameOf<'histogram'>, labels: Attributes) {
    const { name: full, unit, description, boundaries } = METRIC[name];
    const advice = { explicitBucketBoundaries: [...boundaries] };
    const bounded = this.#bounded(name, labels);
    return {
      record: (value: number) =>
        this.#meter.createHistogram(full, { unit, description, advice }).record(value, bounded),
    };
  }

  #bounded(metric: string, labels: Attributes): Attributes {
    const seen = this.#seen.get(metric) ?? new Set();
    this.#seen.set(metric, seen);
    const key = JSON.stringify(labels);
    if (seen.has(key) || seen.size < MAX_LABEL_SETS) {
      seen.add(key);
      return labels;
    }
    this.#onFolded();
    const others = NAMES.filter((name) => name in labels).map((name) => [name, '_OTHER']);
    return { ...labels, ...Object.fromEntries(others) };
  }
}
