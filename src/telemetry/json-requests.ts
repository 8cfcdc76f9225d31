import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { FinishedSpan, type SpanFacts, type SpanOrigin } from './finished-span.ts';
import { DOUBLES } from './semconv.ts';
import type { SpanRequests } from './span-batches.ts';

/** A double that was serialized as an integer. No string in the JSON can match, because quotes in strings are escaped. */
const WHOLE_DOUBLE = new RegExp(
  `("key":"(?:${[...DOUBLES].map((name) => name.replaceAll('.', '\\.')).join('|')})","value":\\{)"intValue"`,
  'g',
);

/** Spans as OTLP's JSON. The SDK's serializer writes whole numbers as integers, so doubles are corrected afterwards. */
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
    const request = JsonTraceSerializer.serializeRequest(spans);
    if (request === undefined) return new Uint8Array();
    return Buffer.from(Buffer.from(request).toString('utf8').replace(WHOLE_DOUBLE, '$1"doubleValue"'));
  }
}
