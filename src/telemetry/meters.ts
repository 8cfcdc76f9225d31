import type { Meter } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import { MeterProvider, type CollectionResult, type IMetricReader, type MetricData } from '@opentelemetry/sdk-metrics';
import { Aggregation, type Recording } from './aggregation.ts';
import type { WallClock } from './series.ts';

/** The SDK's own bound is for all servers together. What is observed is bounded for each server where it comes from, below this. */
const MAX_OBSERVED = 1_000_000;

export interface MetersOptions {
  resource: Resource;
  scope: InstrumentationScope;
  readers: IMetricReader[];
  wallClock: WallClock;
  /** Called when names of a label set became `_OTHER`. */
  onFolded(): void;
}

export interface Meters {
  /** For what is observed when a reader asks. */
  meter: Meter;
  /** For what is recorded as it happens. */
  recording: Recording;
  shutdown(): Promise<void>;
}

/** Connects readers to what they read: the SDK's observable instruments and our own aggregation, as one scope. */
export function createMeters({ resource, scope, readers, wallClock, onFolded }: MetersOptions): Meters {
  const aggregation = new Aggregation(readers, wallClock, onFolded);
  for (const [index, reader] of readers.entries()) {
    const setMetricProducer = reader.setMetricProducer.bind(reader);
    // A reader's `metricProducers` would come out beside the SDK's metrics, as a second scope of the same name.
    reader.setMetricProducer = (sdk) =>
      setMetricProducer({
        collect: async (options) => together(await sdk.collect(options), scope, aggregation.collect(index)),
      });
  }
  const views = [{ instrumentName: '*', aggregationCardinalityLimit: MAX_OBSERVED }];
  const provider = new MeterProvider({ resource, readers, views });
  return {
    meter: provider.getMeter(
      scope.name,
      scope.version,
      scope.schemaUrl === undefined ? {} : { schemaUrl: scope.schemaUrl },
    ),
    recording: aggregation,
    shutdown: () => provider.shutdown(),
  };
}

/** The SDK's metrics are those of our only meter. They come last: of what is lost when time runs out, gauges matter least. */
function together(
  { resourceMetrics: { resource, scopeMetrics }, errors }: CollectionResult,
  scope: InstrumentationScope,
  own: readonly MetricData[],
): CollectionResult {
  const metrics = [...own, ...scopeMetrics.flatMap((one) => one.metrics)];
  return { resourceMetrics: { resource, scopeMetrics: metrics.length === 0 ? [] : [{ scope, metrics }] }, errors };
}
