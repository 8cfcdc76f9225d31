import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import { REQUEST } from '../../src/collect/otlp-definitions.ts';
import { MalformedRequest, readSpans, type Encoding } from '../../src/collect/read-spans.ts';

const START_MS = 1_700_000_000_000;

/** A span as the official SDK makes and writes it. */
function written(encoding: Encoding): Uint8Array {
  const exporter = new InMemorySpanExporter();
  const resource = resourceFromAttributes({ 'service.name': 'quiz' });
  const provider = new TracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const span = provider.getTracer('emitter', '1.2').startSpan('tools/call grade', {
    kind: SpanKind.SERVER,
    startTime: START_MS,
    links: [{ context: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: TraceFlags.SAMPLED } }],
    attributes: { text: 'é', whole: 5, double: 1.5, flag: true, list: ['x', 'y'], big: 2 ** 52 },
  });
  span.addEvent('event', { at: 1 }, START_MS + 1);
  span.setStatus({ code: SpanStatusCode.ERROR, message: 'no' });
  span.end(START_MS + 12.5);
  const serializer = encoding === 'json' ? JsonTraceSerializer : ProtobufTraceSerializer;
  const bytes = serializer.serializeRequest(exporter.getFinishedSpans());
  if (bytes === undefined) throw new Error('it was not written');
  return bytes;
}

const all = (body: Uint8Array, encoding: Encoding) => [...readSpans(body, encoding)];
const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));
const spansIn = (spans: unknown): Uint8Array => json({ resourceSpans: [{ scopeSpans: [{ spans }] }] });

describe.each<Encoding>(['protobuf', 'json'])('a span of the official SDK in %s', (encoding) => {
  it('is read whole', () => {
    const [span, ...more] = all(written(encoding), encoding);
    expect(more).toEqual([]);
    expect(span).toMatchObject({
      name: 'tools/call grade',
      kind: 'server',
      startedAt: START_MS,
      endedAt: START_MS + 12.5,
      parentSpanId: undefined,
      status: 'error',
      statusMessage: 'no',
      links: [{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }],
      scope: { name: 'emitter', version: '1.2' },
    });
    expect(span?.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(span?.spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(Object.fromEntries(span?.attributes ?? [])).toEqual({
      text: 'é',
      whole: 5,
      double: 1.5,
      flag: true,
      list: ['x', 'y'],
      big: 2 ** 52,
    });
    expect(span?.events.map(({ name, at }) => [name, at])).toEqual([['event', START_MS + 1]]);
    expect(span?.resource.get('service.name')).toBe('quiz');
  });
});

describe('what is no request of OTLP', () => {
  it.each<[string, Uint8Array, Encoding]>([
    ['garbage', Buffer.from('garbage'), 'protobuf'],
    ['half a message', written('protobuf').subarray(0, 40), 'protobuf'],
    ['half of JSON', Buffer.from('{"resourceSpans":['), 'json'],
    ['a JSON text', json('text'), 'json'],
    ['a JSON list', json([1]), 'json'],
  ])('%s is refused', (_, body, encoding) => {
    expect(() => all(body, encoding)).toThrow(MalformedRequest);
  });

  it('levels without end are refused, not followed', () => {
    let value: object = { stringValue: 'x' };
    for (let depth = 0; depth < 50_000; depth++) value = { arrayValue: { values: [value] } };
    const span = { attributes: [{ key: 'deep', value }] };
    let body: Uint8Array | undefined;
    try {
      body = REQUEST.encode(REQUEST.create({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })).finish();
    } catch {
      // The writer gives up sooner than the reader.
    }
    if (body !== undefined) expect(() => all(body, 'protobuf')).toThrow(MalformedRequest);
  });
});

describe('what a span lacks, or has of another type,', () => {
  it('is empty or left out', () => {
    const [span] = all(
      spansIn([
        {
          traceId: 'not hex',
          spanId: 7,
          name: ['x'],
          kind: 99,
          startTimeUnixNano: 'soon',
          endTimeUnixNano: '-5',
          attributes: [
            { key: 1, value: { stringValue: 'x' } },
            { key: 'odd', value: { intValue: 'many' } },
            'none',
            null,
          ],
          events: 'none',
          status: 5,
        },
      ]),
      'json',
    );
    expect(span).toMatchObject({ traceId: '', spanId: '', name: '', kind: 'unspecified', startedAt: 0, endedAt: 0 });
    expect(span?.attributes.size).toBe(0);
    expect(span?.events).toEqual([]);
  });

  it('a span that ends before it begins takes no time', () => {
    const [span] = all(spansIn([{ startTimeUnixNano: '2000000', endTimeUnixNano: '1000000' }]), 'json');
    expect([span?.startedAt, span?.endedAt]).toEqual([2, 2]);
  });

  it('values and lists are bounded', () => {
    const attributes = Array.from({ length: 1_000 }, (_, index) => ({
      key: `key${index}`,
      value: { stringValue: 'x'.repeat(1_000_000 / 100) },
    }));
    const [span] = all(spansIn([{ attributes }]), 'json');
    expect(span?.attributes.size).toBe(256);
    expect(span?.attributes.get('key0')).toHaveLength(4_096);
  });
});
