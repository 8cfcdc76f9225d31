import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { Context } from '@opentelemetry/api';

/**
 * Counts what waits in a batch processor, which drops in silence what finds no room: so it is refused, and counted,
 * before.
 */
export class SpanQueue implements SpanProcessor {
  readonly #processor: SpanProcessor;
  readonly #most: number;
  readonly #onDropped: () => void;
  #waiting = 0;

  constructor(processor: SpanProcessor, most: number, onDropped: () => void) {
    this.#processor = processor;
    this.#most = most;
    this.#onDropped = onDropped;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** A batch was taken out to be exported. */
  taken(count: number): void {
    this.#waiting -= count;
  }

  onStart(span: Span, context: Context): void {
    this.#processor.onStart(span, context);
  }

  onEnd(span: ReadableSpan): void {
    if (this.#waiting >= this.#most) {
      this.#onDropped();
      return;
    }
    this.#waiting++;
    this.#processor.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.#processor.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#processor.shutdown();
  }
}
