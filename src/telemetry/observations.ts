import type { Attributes, Meter, ObservableResult } from '@opentelemetry/api';
import { keyOf, MAX_LABEL_SETS } from './label-sets.ts';
import { observable } from './observable.ts';
import { METRIC, type MetricName } from './semconv.ts';

/** Takes what is true now of one label set. */
export type Observe = (value: number, labels: Attributes) => void;
type Report = (observe: Observe) => void;

/**
 * What is only looked at when a reader asks, of all servers that share a meter. Two of one name, such as before and after a
 * change of its settings, have the same label sets, of which the SDK would keep the last value alone; and it would go on
 * with the last values of a server that is gone.
 */
export class Observations {
  readonly #meter: Meter;
  readonly #metrics = new Map<MetricName, Observation>();

  constructor(meter: Meter) {
    this.#meter = meter;
  }

  /** Has a server asked. Returns a function that ends that: what it reported becomes 0. */
  add(name: MetricName, report: Report): () => void {
    const known = this.#metrics.get(name) ?? new Observation(METRIC[name].kind !== 'observable-gauge');
    if (!this.#metrics.has(name)) {
      this.#metrics.set(name, known);
      observable(this.#meter, name).addCallback((result) => known.report(result));
    }
    return known.add(report);
  }
}

class Observation {
  /** What several servers report of one label set is added up; otherwise the youngest counts. */
  readonly #sums: boolean;
  readonly #reports = new Set<Report>();
  /** Label sets of servers that are gone. */
  readonly #gone = new Map<string, Attributes>();

  constructor(sums: boolean) {
    this.#sums = sums;
  }

  add(report: Report): () => void {
    this.#reports.add(report);
    return () => {
      this.#reports.delete(report);
      report((_value, labels) => {
        const key = keyOf(labels);
        if (this.#gone.size < MAX_LABEL_SETS || this.#gone.has(key)) this.#gone.set(key, labels);
      });
    };
  }

  report(result: ObservableResult): void {
    const found = new Map<string, { value: number; labels: Attributes }>();
    for (const [key, labels] of this.#gone) found.set(key, { value: 0, labels });
    for (const report of this.#reports)
      report((value, labels) => {
        const key = keyOf(labels);
        const before = this.#sums ? (found.get(key)?.value ?? 0) : 0;
        found.set(key, { value: before + value, labels });
      });
    for (const { value, labels } of found.values()) result.observe(value, labels);
  }
}
