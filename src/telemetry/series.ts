import type { Attributes } from '@opentelemetry/api';
import type { Histogram } from '@opentelemetry/sdk-metrics';

/** Milliseconds since the epoch, as the SDK reads them: from the wall clock. */
export type WallClock = () => number;

/** The figures of one label set, as one reader gets them. */
export interface Figures<Value> {
  /** When the first of them was recorded, in milliseconds since the epoch; 0: none was. */
  firstAt: number;
  /** When the reader last got them; 0: never. */
  reportedAt: number;
  /** A copy, which later recordings do not change. */
  value(): Value;
  clear(): void;
}

/** One label set of a metric. Each reader has its own figures, because one that reads differences clears them. */
export interface Series<Value> {
  readonly labels: Attributes;
  readonly figures: readonly Figures<Value>[];
}

class Count implements Figures<number> {
  firstAt = 0;
  reportedAt = 0;
  readonly #wallClock: WallClock;
  #count = 0;

  constructor(wallClock: WallClock) {
    this.#wallClock = wallClock;
  }

  increment(by: number): void {
    if (this.firstAt === 0) this.firstAt = this.#wallClock();
    this.#count += by;
  }

  value(): number {
    return this.#count;
  }

  clear(): void {
    this.firstAt = 0;
    this.#count = 0;
  }
}

export class CounterSeries implements Series<number> {
  readonly labels: Attributes;
  readonly figures: readonly Count[];

  constructor(labels: Attributes, readers: number, wallClock: WallClock) {
    this.labels = labels;
    this.figures = Array.from({ length: readers }, () => new Count(wallClock));
  }

  increment(by = 1): void {
    for (const count of this.figures) count.increment(by);
  }
}

class Distribution implements Figures<Histogram> {
  firstAt = 0;
  reportedAt = 0;
  readonly #boundaries: readonly number[];
  readonly #wallClock: WallClock;
  readonly #counts: number[];
  #count = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  constructor(boundaries: readonly number[], wallClock: WallClock) {
    this.#boundaries = boundaries;
    this.#wallClock = wallClock;
    this.#counts = Array.from({ length: boundaries.length + 1 }, () => 0);
  }

  record(value: number, bucket: number): void {
    if (this.firstAt === 0) this.firstAt = this.#wallClock();
    this.#count++;
    this.#sum += value;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
  }

  value(): Histogram {
    return {
      min: this.#min,
      max: this.#max,
      sum: this.#sum,
      buckets: { boundaries: [...this.#boundaries], counts: [...this.#counts] },
      count: this.#count,
    };
  }

  clear(): void {
    this.firstAt = 0;
    this.#counts.fill(0);
    this.#count = 0;
    this.#sum = 0;
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = Number.NEGATIVE_INFINITY;
  }
}

export class HistogramSeries implements Series<Histogram> {
  readonly labels: Attributes;
  readonly figures: readonly Distribution[];
  readonly #boundaries: readonly number[];

  /** @param boundaries the highest value of each bucket except the last, in ascending order */
  constructor(labels: Attributes, boundaries: readonly number[], readers: number, wallClock: WallClock) {
    this.labels = labels;
    this.#boundaries = boundaries;
    this.figures = Array.from({ length: readers }, () => new Distribution(boundaries, wallClock));
  }

  /** Ignores what is below zero, as the SDK does. */
  record(value: number): void {
    if (!(value >= 0)) return;
    const bucket = this.#bucketOf(value);
    for (const distribution of this.figures) distribution.record(value, bucket);
  }

  #bucketOf(value: number): number {
    const boundaries = this.#boundaries;
    // Most values are small, so the search begins with the lowest bucket.
    for (let index = 0; index < boundaries.length; index++) if (value <= (boundaries[index] ?? 0)) return index;
    return boundaries.length;
  }
}
