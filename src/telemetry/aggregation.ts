import { ValueType, type Attributes } from '@opentelemetry/api';
import { millisToHrTime } from '@opentelemetry/core';
import {
  AggregationTemporality,
  DataPointType,
  InstrumentType,
  type DataPoint,
  type IMetricReader,
  type MetricData,
} from '@opentelemetry/sdk-metrics';
import { LabelSets } from './label-sets.ts';
import { METRIC, type MetricDefinition, type MetricName, type MetricNameOf } from './semconv.ts';
import { CounterSeries, HistogramSeries, type Series, type WallClock } from './series.ts';

export interface Counter {
  /** @param by 1 if it is left out */
  increment(by?: number): void;
}

export interface Histogram {
  record(value: number): void;
}

/** Where metrics are recorded. A caller that often records with the same labels keeps what it got for them. */
export interface Recording {
  counter(name: MetricNameOf<'counter'>, labels: Attributes): Counter;
  histogram(name: MetricNameOf<'histogram'>, labels: Attributes): Histogram;
}

/** Records with further labels. */
export const withLabels = (recording: Recording, further: Attributes): Recording => ({
  counter: (name, labels) => recording.counter(name, { ...labels, ...further }),
  histogram: (name, labels) => recording.histogram(name, { ...labels, ...further }),
});

type Metrics<Value> = ReadonlyMap<MetricName, LabelSets<Series<Value>>>;
type Read<Value> = Omit<MetricData, 'dataPointType' | 'dataPoints'> & { dataPoints: DataPoint<Value>[] };
const SUM = { dataPointType: DataPointType.SUM, isMonotonic: true } as const;
const HISTOGRAM = { dataPointType: DataPointType.HISTOGRAM } as const;

/** One collection by one reader. */
interface Collection {
  /** Which reader. */
  index: number;
  isDelta: boolean;
  at: number;
  /** When this reader collected before; 0: never. */
  before: number;
}

/**
 * Aggregates our counters and histograms. The SDK's instruments hash the labels of each recording to find its series,
 * which took a third of the observer's time. Here a recording is a few additions to a series that the caller has at hand.
 * Readers get what the SDK's aggregation would give them (a test compares both).
 */
export class Aggregation implements Recording {
  readonly #readers: readonly { selector: IMetricReader; collectedAt: number }[];
  readonly #wallClock: WallClock;
  readonly #onFolded: () => void;
  readonly #counters = new Map<MetricName, LabelSets<CounterSeries>>();
  readonly #histograms = new Map<MetricName, LabelSets<HistogramSeries>>();

  constructor(readers: readonly IMetricReader[], wallClock: WallClock, onFolded: () => void) {
    this.#readers = readers.map((selector) => ({ selector, collectedAt: 0 }));
    this.#wallClock = wallClock;
    this.#onFolded = onFolded;
  }

  counter(name: MetricNameOf<'counter'>, labels: Attributes): CounterSeries {
    let sets = this.#counters.get(name);
    if (sets === undefined) {
      const { length } = this.#readers;
      sets = new LabelSets((own) => new CounterSeries(own, length, this.#wallClock), this.#onFolded);
      this.#counters.set(name, sets);
    }
    return sets.of(labels);
  }

  histogram(name: MetricNameOf<'histogram'>, labels: Attributes): HistogramSeries {
    let sets = this.#histograms.get(name);
    if (sets === undefined) {
      const { length } = this.#readers;
      const { boundaries } = METRIC[name];
      sets = new LabelSets((own) => new HistogramSeries(own, boundaries, length, this.#wallClock), this.#onFolded);
      this.#histograms.set(name, sets);
    }
    return sets.of(labels);
  }

  /**
   * Returns the metrics for one reader: all since the start, or all since it last collected, as it asks.
   * @param index its place among the readers
   */
  collect(index: number): MetricData[] {
    const reader = this.#readers[index];
    if (reader === undefined) return [];
    const { selector, collectedAt: before } = reader;
    const at = this.#wallClock();
    reader.collectedAt = at;
    const read = <Value>(metrics: Metrics<Value>, type: InstrumentType): Read<Value>[] => {
      const aggregationTemporality = selector.selectAggregationTemporality(type);
      const isDelta = aggregationTemporality === AggregationTemporality.DELTA;
      return [...metrics]
        .map(([name, sets]) => ({
          descriptor: descriptorOf(name, type),
          aggregationTemporality,
          dataPoints: pointsOf(sets.all(), { index, isDelta, at, before }),
        }))
        .filter(({ dataPoints }) => dataPoints.length > 0);
    };
    return [
      ...read(this.#counters, InstrumentType.COUNTER).map((one) => ({ ...one, ...SUM })),
      ...read(this.#histograms, InstrumentType.HISTOGRAM).map((one) => ({ ...one, ...HISTOGRAM })),
    ];
  }
}

/** With the members that the SDK's own descriptors have: the console exporter prints all of them. */
function descriptorOf(name: MetricName, type: InstrumentType): MetricData['descriptor'] {
  const { name: full, unit, description, boundaries }: MetricDefinition = METRIC[name];
  const advice = boundaries === undefined ? {} : { explicitBucketBoundaries: [...boundaries] };
  const descriptor = { name: full, type, description, unit, valueType: ValueType.DOUBLE, advice };
  return descriptor;
}

function pointsOf<Value>(all: Iterable<Series<Value>>, collection: Collection): DataPoint<Value>[] {
  const { index, isDelta, at, before } = collection;
  const endTime = millisToHrTime(at);
  const points: DataPoint<Value>[] = [];
  for (const { labels, figures } of all) {
    const own = figures[index];
    if (own === undefined || own.firstAt === 0) continue;
    const value = own.value();
    if (!isDelta) {
      points.push({ attributes: labels, startTime: millisToHrTime(own.firstAt), endTime, value });
      continue;
    }
    // A difference begins where the one before it ended, if that was reported.
    const from = before > 0 && own.reportedAt === before ? before : own.firstAt;
    points.push({ attributes: labels, startTime: millisToHrTime(from), endTime, value });
    own.reportedAt = at;
    own.clear();
  }
  return points;
}
