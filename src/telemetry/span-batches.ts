import type { SpanFacts } from './finished-span.ts';

/** Writes spans down, and gives all since the last time as one request. */
export interface SpanRequests {
  readonly count: number;
  add(span: SpanFacts): void;
  take(): Uint8Array;
}

export interface SpanBatchesOptions {
  requests: SpanRequests;
  /** Spans of a batch, `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`. */
  batchSize: number;
  /** Milliseconds the first span of a batch waits for others, `OTEL_BSP_SCHEDULE_DELAY`. */
  delay: number;
  /** Spans that may wait, those of the batch under way aside: `OTEL_BSP_MAX_QUEUE_SIZE`. */
  most: number;
  /** Delivers a batch, keeps it, or counts it as lost; never rejects. */
  deliver(bytes: Uint8Array, items: number): Promise<void>;
  onDropped(): void;
}

/**
 * Gathers spans into batches and hands these on one after the other, as the SDK's batch processor does; but what waits
 * here are encoded bytes, not spans. What finds no room is refused and counted.
 */
export class SpanBatches {
  readonly #options: SpanBatchesOptions;
  readonly #queue: { bytes: Uint8Array; items: number }[] = [];
  #waiting = 0;
  #timer: NodeJS.Timeout | undefined;
  #delivering: Promise<void> | undefined;

  constructor(options: SpanBatchesOptions) {
    this.#options = options;
  }

  /** Spans that wait to be delivered. */
  get waiting(): number {
    return this.#waiting;
  }

  write(span: SpanFacts): void {
    const { requests, most, batchSize, delay, onDropped } = this.#options;
    if (this.#waiting >= most) {
      onDropped();
      return;
    }
    requests.add(span);
    this.#waiting++;
    if (requests.count >= batchSize) this.#cut();
    else this.#timer ??= setTimeout(() => this.#cut(), delay).unref();
  }

  /** Hands on all that waits. */
  async flush(): Promise<void> {
    this.#cut();
    await this.#delivering;
  }

  #cut(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { requests } = this.#options;
    const items = requests.count;
    if (items > 0) this.#queue.push({ bytes: requests.take(), items });
    this.#delivering ??= this.#deliver();
  }

  async #deliver(): Promise<void> {
    for (let batch = this.#queue.shift(); batch !== undefined; batch = this.#queue.shift()) {
      this.#waiting -= batch.items;
      await this.#options.deliver(batch.bytes, batch.items);
    }
    this.#delivering = undefined;
  }
}
