import type { Meter, Observable } from '@opentelemetry/api';
import { METRIC, type MetricDefinition, type MetricName } from './semconv.ts';

/** The SDK's instrument for a metric that is only looked at when a reader asks. */
export function observable(meter: Meter, metric: MetricName): Observable {
  const { name, kind, unit, description }: MetricDefinition = METRIC[metric];
  switch (kind) {
    case 'observable-gauge':
      return meter.createObservableGauge(name, { unit, description });
    case 'observable-counter':
      return meter.createObservableCounter(name, { unit, description });
    case 'observable-up-down-counter':
      return meter.createObservableUpDownCounter(name, { unit, description });
    case 'counter':
    case 'histogram':
      throw new Error(`${name} is recorded, not observed`);
  }
}
