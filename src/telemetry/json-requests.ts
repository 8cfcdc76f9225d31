import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { FinishedSpan, type SpanFacts, type SpanOrigin } from './finished-span.ts';
import { DOUBLES } from './semconv.ts';
import type { SpanRequests } from './span-batches.ts';

/** This pattern cannot match inside a JSON string, because quotes are escaped there. */
const WHOLE_DOUBLE = new RegExp(
  `("key":"(?:${[...DOUBLES].map((name) => name.replaceAll('.', '\\.')).join('|')})","value":\\{)"intValue"`,
  'g',
);

/** Encodes spans as OTLP JSON with the SDK's serializer, which writes whole numbers as integers. */
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
