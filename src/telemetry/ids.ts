import { randomSpanId, randomTraceId } from '../transport/trace-id.ts';

/** The SDK's seam for ids: hands out those that were chosen for the next span, which is made at once. */
export class ChosenIds {
  #traceId: string | undefined;
  #spanId: string | undefined;

  next(traceId: string, spanId: string): void {
    this.#traceId = traceId;
    this.#spanId = spanId;
  }

  generateTraceId(): string {
    const id = this.#traceId ?? randomTraceId();
    this.#traceId = undefined;
    return id;
  }

  generateSpanId(): string {
    const id = this.#spanId ?? randomSpanId();
    this.#spanId = undefined;
    return id;
  }
}
