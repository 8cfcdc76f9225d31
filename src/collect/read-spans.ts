import { isObject, objectOr, type JsonObject } from '../observe/json-object.ts';
import { REQUEST } from './otlp-definitions.ts';
import type { AttributeValue, Attributes, ReceivedSpan } from './received-span.ts';

/** How the body of a request is written. */
export type Encoding = 'protobuf' | 'json';

/** It is no request of OTLP. */
export class MalformedRequest extends Error {}

const KINDS: readonly ReceivedSpan['kind'][] = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'];
const STATUSES: readonly ReceivedSpan['status'][] = ['unset', 'ok', 'error'];
const MAX_ATTRIBUTES = 256;
const MAX_EVENTS = 128;
const MAX_TEXT_CHARS = 4_096;
const NANOSECONDS_PER_MS = 1e6;

/**
 * The spans of an `ExportTraceServiceRequest`, one after the other. What a span lacks is empty; what is of another type
 * than the definition says is left out.
 * @throws {MalformedRequest}
 */
export function* readSpans(body: Uint8Array, encoding: Encoding): Generator<ReceivedSpan> {
  for (const resourceSpans of listAt(decoded(body, encoding), 'resourceSpans')) {
    const resource = attributesAt(objectOr(resourceSpans['resource']));
    for (const scopeSpans of listAt(resourceSpans, 'scopeSpans')) {
      const { name, version } = objectOr(scopeSpans['scope']);
      const scope = { name: textOf(name), version: textOf(version) };
      for (const span of listAt(scopeSpans, 'spans')) yield readSpan(span, resource, scope);
    }
  }
}

function decoded(body: Uint8Array, encoding: Encoding): JsonObject {
  try {
    if (encoding === 'json') {
      const value: unknown = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString());
      if (isObject(value)) return value;
    } else {
      // Messages of protobufjs have their fields as members, as JSON has them.
      return REQUEST.decode(body) as unknown as JsonObject;
    }
  } catch (error) {
    throw new MalformedRequest(error instanceof Error ? error.message : 'it cannot be read');
  }
  throw new MalformedRequest('it is no JSON object');
}

function readSpan(span: JsonObject, resource: Attributes, scope: ReceivedSpan['scope']): ReceivedSpan {
  const parent = idOf(span['parentSpanId']);
  const startedAt = timeOf(span['startTimeUnixNano']);
  const status = objectOr(span['status']);
  return {
    traceId: idOf(span['traceId']),
    spanId: idOf(span['spanId']),
    parentSpanId: parent === '' ? undefined : parent,
    name: textOf(span['name']),
    kind: KINDS[Number(span['kind'])] ?? 'unspecified',
    startedAt,
    endedAt: Math.max(startedAt, timeOf(span['endTimeUnixNano'])),
    attributes: attributesAt(span),
    events: listAt(span, 'events')
      .slice(0, MAX_EVENTS)
      .map((event) => ({
        name: textOf(event['name']),
        at: timeOf(event['timeUnixNano']),
        attributes: attributesAt(event),
      })),
    status: STATUSES[Number(status['code'] ?? 0)] ?? 'unset',
    statusMessage: textOf(status['message']),
    links: listAt(span, 'links')
      .slice(0, MAX_EVENTS)
      .map((link) => ({ traceId: idOf(link['traceId']), spanId: idOf(link['spanId']) })),
    resource,
    scope,
  };
}

function attributesAt(holder: JsonObject): Attributes {
  const attributes = new Map<string, AttributeValue>();
  for (const { key, value } of listAt(holder, 'attributes').slice(0, MAX_ATTRIBUTES)) {
    const read = valueOf(objectOr(value));
    if (typeof key === 'string' && read !== undefined) attributes.set(key, read);
  }
  return attributes;
}

function valueOf(value: JsonObject): AttributeValue | undefined {
  const scalar = scalarOf(value);
  if (scalar !== undefined) return scalar;
  const values = value['arrayValue'];
  if (!isObject(values)) return undefined;
  return listAt(values, 'values')
    .slice(0, MAX_ATTRIBUTES)
    .flatMap((each) => scalarOf(each) ?? []);
}

/** A member that protobufjs made of a default has it on the prototype: only own members were sent. */
function scalarOf(value: JsonObject): string | number | boolean | undefined {
  const own = (name: string): unknown => (Object.hasOwn(value, name) ? value[name] : undefined);
  const text = own('stringValue');
  if (typeof text === 'string') return text.slice(0, MAX_TEXT_CHARS);
  const flag = own('boolValue');
  if (typeof flag === 'boolean') return flag;
  const double = own('doubleValue');
  if (typeof double === 'number') return double;
  const whole = integerOf(own('intValue'));
  if (whole === undefined) return undefined;
  const number = Number(whole);
  return Number.isSafeInteger(number) ? number : whole.toString();
}

/** A number, the text of one (JSON), or a 64-bit integer of protobufjs. */
function integerOf(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : undefined;
  if (typeof value === 'string') return /^-?\d{1,20}$/.test(value) ? BigInt(value) : undefined;
  if (!isObject(value)) return undefined;
  const { low, high } = value;
  if (typeof low !== 'number' || typeof high !== 'number') return undefined;
  return (BigInt(high) << 32n) + BigInt(low >>> 0);
}

const listAt = (holder: JsonObject, name: string): JsonObject[] => {
  const list = holder[name];
  return Array.isArray(list) ? list.filter(isObject) : [];
};

const textOf = (value: unknown): string => (typeof value === 'string' ? value.slice(0, MAX_TEXT_CHARS) : '');

/** In JSON ids are hex (OTLP 1, "JSON Protobuf Encoding"), and bytes in protobuf. */
function idOf(value: unknown): string {
  const hex = value instanceof Uint8Array ? Buffer.from(value).toString('hex') : textOf(value).toLowerCase();
  return /^[0-9a-f]{1,32}$/.test(hex) && !/^0+$/.test(hex) ? hex : '';
}

/** Milliseconds since the epoch. */
const timeOf = (value: unknown): number => Math.max(0, Number(integerOf(value) ?? 0n) / NANOSECONDS_PER_MS);
