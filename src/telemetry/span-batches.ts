import type { SpanFacts } from './finished-span.ts';
import type { Timers } from '../transport/timers.ts';

/** Encodes spans, and returns all of them since the last call as one request. */
export interface SpanRequests {
  readonly count: number;
  add(span: SpanFacts): void;
  take(): Uint8Array;
}

export interface SpanBatchesOptions {
  requests: SpanRequests;
  /** Spans per batch, from `OTEL_BSP_MAX_EXPORT_BATCH_SIZE`. */
  batchSize: number;
  /** Milliseconds that the first span of a batch waits for others, from `OTEL_BSP_SCHEDULE_DELAY`. */
  delayMs: number;
  timers: Timers;
  deliver(bytes: Uint8Array, items: number): void;
}

/** Gathers spans into batches like the SDK's batch processor, but holds encoded bytes instead of spans. */
export class SpanBatches {
  readonly #options: SpanBatchesOptions;
  #cancel: (() => void) | undefined;

  constructor(options: SpanBatchesOptions) {
    this.#options = options;
  }

  write(span: SpanFacts): void {
    const { requests, batchSize, delayMs, timers } = this.#options;
    requests.add(span);
    if (requests.count >= batchSize) this.flush();
    else this.#cancel ??= timers.after(delayMs, () => this.flush());
  }

  /** Delivers the spans gathered so far. */
  flush(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const { requests, deliver } = this.#options;
    const items = requests.count;
    if (items > 0) deliver(requests.take(), items);
  }
}
