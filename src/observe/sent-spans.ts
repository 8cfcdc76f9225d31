import { eachElement, endOfValue } from '../json/scan.ts';
import { asBuffer } from '../transport/wire/copy.ts';
import { isObject, objectOr, textAt, type JsonObject } from './json-object.ts';
import { sliceOfMember } from './skim.ts';

/** Attributes have one value or a list of them; what OTLP nests deeper, and bytes, are left out and counted. */
export type SentValue = string | number | boolean | (string | number | boolean)[];
export type SentAttributes = ReadonlyMap<string, SentValue>;

/** A span that a server sent with an answer. Ids are lower-case hex; times are ms since the epoch, by the server's clock. */
export interface SentSpan {
  source: SpanSource;
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  name: string;
  /** As OTLP numbers it: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  kind: number;
  from: number;
  to: number;
  attributes: SentAttributes;
  attributesDropped: number;
  events: SentEvent[];
  eventsDropped: number;
  linksDropped: number;
  /** 0 unset, 1 ok, 2 error. */
  statusCode: number;
  statusMessage: string;
}

export interface SentEvent {
  name: string;
  at: number;
  attributes: SentAttributes;
}

/** Who made a span: the server's resource, and the instrumentation in it. */
export interface SpanSource {
  resource: SentAttributes;
  scope: { name: string; version: string | undefined };
}

/** Why a span was not taken. */
export type SpanFault = 'malformed' | 'too-many' | 'too-large' | 'other-trace' | 'taken-id' | 'out-of-time';

export interface SentSpans {
  spans: SentSpan[];
  dropped: ReadonlyMap<SpanFault, number>;
}

const PATH = ['_meta', 'otel', 'traces', 'resourceSpans'];
const MAX_SPANS = 64;
/** Elements of lists that are looked at. What comes after them is not even counted. */
const MAX_VISITS = 4_096;
const MAX_SPAN_BYTES = 16_384;
const MAX_ANSWER_BYTES = 262_144;
const MAX_SOURCE_BYTES = 8_192;
const MAX_ATTRIBUTES = 32;
const MAX_ITEMS = 32;
const MAX_EVENTS = 8;
const MAX_KEY_CHARS = 128;
const MAX_NAME_CHARS = 128;
const MAX_TEXT_CHARS = 1_024;
const TRACE_ID = /^(?!0+$)[0-9a-f]{32}$/;
const SPAN_ID = /^(?!0+$)[0-9a-f]{16}$/;
/** Up to the year 2200. */
const MAX_MS = 7_258_118_400_000;

/** The value of a result's or an error's `_meta.otel` says whether there is anything to read. */
export const offersSpans = (result: JsonObject | undefined): boolean => {
  const meta = result?.['_meta'];
  return isObject(meta) && isObject(meta['otel']);
};

/**
 * Reads the spans that a server sent with an answer: OTLP JSON in `_meta.otel.traces.resourceSpans` of its result, or of
 * the data of its error. Each span is parsed by itself, so that one that is broken costs no other, and those beyond the
 * bounds are counted and never parsed. Undefined: there are none.
 * @param message the JSON text of the answer
 * @see https://github.com/modelcontextprotocol/modelcontextprotocol/pull/2448
 * @see https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export function readSentSpans(message: Uint8Array, member: 'result' | 'error'): SentSpans | undefined {
  const list = sliceOfMember(message, member === 'result' ? ['result', ...PATH] : ['error', 'data', ...PATH]);
  if (list === undefined) return undefined;
  const reading = new Reading();
  reading.resources(list);
  const { spans, dropped } = reading;
  return spans.length > 0 || dropped.size > 0 ? { spans, dropped } : undefined;
}

class Reading {
  readonly spans: SentSpan[] = [];
  readonly dropped = new Map<SpanFault, number>();
  #visits = 0;
  #bytes = 0;

  resources(list: Uint8Array): void {
    this.#each(list, (resourceSpans) => {
      let resource: SentAttributes | undefined;
      this.#each(sliceOfMember(resourceSpans, ['scopeSpans']), (scopeSpans) => {
        let source: SpanSource | undefined;
        this.#each(sliceOfMember(scopeSpans, ['spans']), (span) =>
          this.#span(span, () => {
            resource ??= attributesOf(this.#parsed(resourceSpans, 'resource')['attributes']).attributes;
            source ??= { resource, scope: scopeOf(this.#parsed(scopeSpans, 'scope')) };
            return source;
          }),
        );
      });
    });
  }

  /** @param sourceOf is asked only if the span is good */
  #span(text: Uint8Array, sourceOf: () => SpanSource): void {
    if (this.spans.length >= MAX_SPANS) return this.#drop('too-many');
    if (text.length > MAX_SPAN_BYTES || this.#bytes + text.length > MAX_ANSWER_BYTES) return this.#drop('too-large');
    this.#bytes += text.length;
    const span = spanOf(parsed(text), sourceOf);
    if (span === undefined) this.#drop('malformed');
    else this.spans.push(span);
  }

  /** A member that many spans share; `{}` where it is too large. */
  #parsed(text: Uint8Array, member: 'resource' | 'scope'): JsonObject {
    const slice = sliceOfMember(text, [member]);
    if (slice === undefined || slice.length > MAX_SOURCE_BYTES) return {};
    this.#bytes += slice.length;
    return parsed(slice);
  }

  #drop(fault: SpanFault): void {
    this.dropped.set(fault, (this.dropped.get(fault) ?? 0) + 1);
  }

  #each(list: Uint8Array | undefined, visit: (element: Uint8Array) => void): void {
    if (list === undefined || list[0] !== 0x5b) return;
    const text = asBuffer(list);
    eachElement(text, 0, (at) => {
      const end = endOfValue(text, at);
      if (end === -1 || ++this.#visits > MAX_VISITS) return -1;
      visit(list.subarray(at, end));
      return end;
    });
  }
}

function scopeOf(scope: JsonObject): SpanSource['scope'] {
  const version = textAt(scope, 'version');
  return {
    name: cut(textAt(scope, 'name') ?? '', MAX_NAME_CHARS),
    version: version === undefined ? undefined : cut(version, MAX_NAME_CHARS),
  };
}

function parsed(text: Uint8Array): JsonObject {
  try {
    return objectOr(JSON.parse(Buffer.from(text).toString('utf8')));
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}

function spanOf(span: JsonObject, sourceOf: () => SpanSource): SentSpan | undefined {
  const traceId = idOf(span['traceId'], TRACE_ID);
  const spanId = idOf(span['spanId'], SPAN_ID);
  const name = textAt(span, 'name');
  const from = millisecondsOf(span['startTimeUnixNano']);
  const to = millisecondsOf(span['endTimeUnixNano']);
  if (traceId === undefined || spanId === undefined || name === undefined) return undefined;
  if (from === undefined || to === undefined || to < from) return undefined;
  const parent = span['parentSpanId'];
  const hasParent = parent !== undefined && parent !== null && parent !== '';
  const parentSpanId = hasParent ? idOf(parent, SPAN_ID) : undefined;
  if (hasParent && parentSpanId === undefined) return undefined;
  const { attributes, dropped } = attributesOf(span['attributes']);
  const events = Array.isArray(span['events']) ? span['events'] : [];
  const taken = events.slice(0, MAX_EVENTS).flatMap((event: unknown) => eventOf(objectOr(event)));
  const status = objectOr(span['status']);
  return {
    source: sourceOf(),
    traceId,
    spanId,
    parentSpanId,
    name: cut(name, MAX_NAME_CHARS),
    kind: oneOf(span['kind'], 5),
    from,
    to,
    attributes,
    attributesDropped: dropped + countOf(span['droppedAttributesCount']),
    events: taken,
    eventsDropped: events.length - taken.length + countOf(span['droppedEventsCount']),
    linksDropped: (Array.isArray(span['links']) ? span['links'].length : 0) + countOf(span['droppedLinksCount']),
    statusCode: oneOf(status['code'], 2),
    statusMessage: cut(textAt(status, 'message') ?? '', MAX_TEXT_CHARS),
  };
}

function eventOf(event: JsonObject): SentEvent[] {
  const name = textAt(event, 'name');
  const at = millisecondsOf(event['timeUnixNano']);
  if (name === undefined || at === undefined) return [];
  return [{ name: cut(name, MAX_NAME_CHARS), at, attributes: attributesOf(event['attributes']).attributes }];
}

function attributesOf(list: unknown): { attributes: Map<string, SentValue>; dropped: number } {
  const attributes = new Map<string, SentValue>();
  if (!Array.isArray(list)) return { attributes, dropped: 0 };
  let dropped = Math.max(0, list.length - MAX_ATTRIBUTES);
  for (const item of list.slice(0, MAX_ATTRIBUTES)) {
    const key = textAt(objectOr(item), 'key');
    const value = valueOf(objectOr(objectOr(item)['value']));
    if (key === undefined || key === '' || key.length > MAX_KEY_CHARS || value === undefined) dropped++;
    else attributes.set(key, value);
  }
  return { attributes, dropped };
}

function valueOf(value: JsonObject): SentValue | undefined {
  const { arrayValue } = value;
  if (!isObject(arrayValue)) return scalarOf(value);
  const { values } = arrayValue;
  const items = Array.isArray(values) ? values.slice(0, MAX_ITEMS) : [];
  const scalars = items.map((item: unknown) => scalarOf(objectOr(item))).filter((item) => item !== undefined);
  return scalars.length === items.length ? scalars : undefined;
}

function scalarOf({
  stringValue,
  boolValue,
  intValue,
  doubleValue,
}: JsonObject): string | number | boolean | undefined {
  if (typeof stringValue === 'string') return cut(stringValue.toWellFormed(), MAX_TEXT_CHARS);
  if (typeof boolValue === 'boolean') return boolValue;
  if (typeof doubleValue === 'number' && Number.isFinite(doubleValue)) return doubleValue;
  // 64 bits are a string in OTLP JSON, and receivers take numbers too.
  if (typeof intValue === 'number' && Number.isSafeInteger(intValue)) return intValue;
  if (typeof intValue !== 'string' || !/^-?\d{1,19}$/.test(intValue)) return undefined;
  return Number.isSafeInteger(Number(intValue)) ? Number(intValue) : intValue;
}

function idOf(value: unknown, form: RegExp): string | undefined {
  if (typeof value !== 'string' || value.length > 32) return undefined;
  const id = value.toLowerCase();
  return form.test(id) ? id : undefined;
}

/** Nanoseconds in 64 bits, as text or as a number, in milliseconds, exact to a microsecond. */
function millisecondsOf(value: unknown): number | undefined {
  let ms: number | undefined;
  if (typeof value === 'string' && /^\d{1,19}$/.test(value)) ms = Number(BigInt(value) / 1_000n) / 1_000;
  if (typeof value === 'number') ms = value / 1_000_000;
  return ms !== undefined && ms > 0 && ms < MAX_MS ? ms : undefined;
}

/** A whole number from 0 to `most`; anything else is 0. */
const oneOf = (value: unknown, most: number): number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most ? value : 0;

const MAX_COUNT = 1_000_000;
const countOf = (value: unknown): number => oneOf(value, MAX_COUNT);

const cut = (text: string, most: number): string =>
  text.length <= most ? text : `${text.slice(0, most - 1)}…`.toWellFormed();
