/** What an attribute holds. The receiver leaves out what OTLP nests deeper; a whole number beyond 2^53 comes as text. */
export type AttributeValue = string | number | boolean | readonly (string | number | boolean)[];
export type Attributes = ReadonlyMap<string, AttributeValue>;

/** A span as it was received, whoever made it. */
export interface ReceivedSpan {
  /** Ids are lower-case hex. */
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer' | 'unspecified';
  /** Milliseconds since the epoch, with fractions, by the clock of whoever made it. */
  readonly startedAt: number;
  readonly endedAt: number;
  readonly attributes: Attributes;
  readonly events: readonly { readonly name: string; readonly at: number; readonly attributes: Attributes }[];
  readonly status: 'unset' | 'ok' | 'error';
  readonly statusMessage: string;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly resource: Attributes;
  readonly scope: { readonly name: string; readonly version: string };
}
