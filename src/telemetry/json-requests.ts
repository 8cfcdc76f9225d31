import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { FinishedSpan, type SpanFacts, type SpanOrigin } from './finished-span.ts';
import type { SpanRequests } from './span-batches.ts';

/** Spans as OTLP's JSON, by the SDK's serializer. */
export class JsonRequests implements SpanRequests {
  readonly #origin: SpanOrigin;
  #spans: FinishedSpan[] = [];

  constructor(origin: SpanOrigin) {
    this.#origin = origin;
  }

  get count(): number {
    return this.#spans.length;
  }

  add(span: SpanFacts): void {
    this.#spans.push(new FinishedSpan(span, this.#origin));
  }

  take(): Uint8Array {
    const spans = this.#spans;
    this.#spans = [];
    return JsonTraceSerializer.serializeRequest(spans) ?? new Uint8Array();
  }
}
