import { SpanKind, SpanStatusCode, type Attributes } from '@opentelemetry/api';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { describe, expect, it } from 'vitest';
import { FinishedSpan, timeOf, UNSET, type SpanFacts, type SpanOrigin } from '../../src/telemetry/finished-span.ts';
import { JsonRequests } from '../../src/telemetry/json-requests.ts';
import { SpanEncoder } from '../../src/telemetry/span-encoder.ts';
import { TRACES } from '../support/otlp-schema.ts';
import { decodeMessage } from '../support/protobuf.ts';

const ORIGIN: SpanOrigin = {
  resource: resourceFromAttributes({
    'service.name': 'mcpspan',
    'process.command_args': ['node', 'cli.ts', 'ü'.repeat(200)],
    'process.pid': 4_711,
  }),
  scope: { name: 'mcpspan', version: '1.2.3', schemaUrl: 'https://opentelemetry.io/schemas/1.42.0' },
};

const facts = (more: Partial<SpanFacts> = {}): SpanFacts => ({
  name: 'tools/call create_cloze_question',
  kind: SpanKind.SERVER,
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  parentSpanId: '00f067aa0ba902b7',
  remoteParent: false,
  common: {},
  attributes: { 'mcp.method.name': 'tools/call', 'server.port': 3_000, 'mcpspan.first_byte_seconds': 0.000_312 },
  links: [],
  events: [],
  eventsDropped: 0,
  status: UNSET,
  from: 1_795_000_000_123.456,
  to: 1_795_000_000_124.007,
  ...more,
});

const link = (traceFlags: number) => ({
  context: { traceId: 'ffffffffffffffffffffffffffffffff', spanId: '00000000000000ab', traceFlags },
});

const event = (attributes: Attributes, name = 'notifications/progress') => ({
  name,
  attributes,
  time: timeOf(1_795_000_000_123_999),
});

/** What the SDK's serializer makes of the same spans. */
const bySdk = (spans: readonly SpanFacts[], origin: SpanOrigin): Buffer =>
  Buffer.from(ProtobufTraceSerializer.serializeRequest(spans.map((span) => new FinishedSpan(span, origin))) ?? []);

function byUs(spans: readonly SpanFacts[], origin: SpanOrigin): Buffer {
  const encoder = new SpanEncoder(origin);
  for (const span of spans) encoder.add(span);
  return Buffer.from(encoder.take());
}

const COMMON: Attributes = {
  'gen_ai.tool.name': 'quiz',
  'mcpspan.leg': true,
  'user_agent.original': 'ü'.repeat(2_000),
};

const ODD: Record<string, readonly SpanFacts[]> = {
  'a plain span': [facts()],
  'a root, an internal span and a client span': [
    facts({ parentSpanId: undefined, kind: SpanKind.INTERNAL }),
    facts({ kind: SpanKind.CLIENT }),
  ],
  'a parent elsewhere': [facts({ remoteParent: true })],
  'spans that have attributes in common': [
    facts({ common: COMMON, attributes: { 'mcpspan.request.bytes': 1 } }),
    facts({ common: COMMON, attributes: {} }),
    facts({ common: { 'gen_ai.tool.name': 'other' } }),
    ...Array.from({ length: 50 }, () => facts({ common: COMMON })),
  ],
  'no attribute': [facts({ attributes: {} })],
  'attributes of every type': [
    facts({
      attributes: {
        yes: true,
        no: false,
        zero: 0,
        small: 127,
        larger: 128,
        large: 2 ** 31,
        huge: 2 ** 53 - 1,
        beyond: 2 ** 63,
        negative: -1,
        lowest: -(2 ** 40),
        minusZero: -0,
        fraction: 1.5,
        tiny: 5e-324,
        nothing: '',
        list: ['a', '', 'ü'],
        numbers: [1, -2, 2.5],
        truths: [true, false],
        empty: [],
      },
    }),
  ],
  'text beyond ASCII, at every length around the sizes of lengths': [
    ...[1, 8, 22, 23, 24, 25, 41, 42, 43, 60, 63, 64, 127, 128, 129].flatMap((length) =>
      ['a', 'ü', '€', '😀', '\ud800'].map((text) =>
        facts({ name: text.repeat(length), attributes: { [text.repeat(3)]: text.repeat(length) } }),
      ),
    ),
    facts({ attributes: { long: 'x'.repeat(5_000), wide: '€'.repeat(6_000), wider: 'é'.repeat(70_000) } }),
    facts({ attributes: { mixed: `${'a'.repeat(20)}ü`, half: `${'a'.repeat(120)}€€€` } }),
  ],
  'the same words again and again': Array.from({ length: 300 }, (_, index) =>
    facts({
      name: `tools/call ${index % 3}`,
      attributes: {
        'mcpspan.client': `client ${index % 70}`,
        'jsonrpc.request.id': String(index),
        text: 'b'.repeat(90),
      },
    }),
  ),
  'events and links': [
    facts({
      events: [
        event({}),
        event({ 'mcpspan.progress': 0.5, 'mcpspan.total': 3.5 }),
        event({ 'mcpspan.level': 'i'.repeat(200) }),
      ],
      eventsDropped: 300,
      links: [link(1), link(0)],
    }),
    facts({ links: Array.from({ length: 128 }, () => link(1)) }),
  ],
  'every status': [
    facts({ status: { code: SpanStatusCode.ERROR } }),
    facts({ status: { code: SpanStatusCode.ERROR, message: 'no such table' } }),
    facts({ status: { code: SpanStatusCode.ERROR, message: 'ü'.repeat(4_000) } }),
    facts({ status: { code: SpanStatusCode.OK } }),
  ],
  'times long ago, far ahead, and backwards': [
    facts({ from: 0, to: 0 }),
    facts({ from: 4_102_444_800_000.001, to: 4_102_444_800_000.002 }),
    facts({ from: 1_795_000_000_123.456, to: 1_795_000_000_000 }),
    ...Array.from({ length: 200 }, (_, index) =>
      facts({ from: 1_795_000_000_000 + index * 4_294.967_296, to: 1_795_000_900_000 }),
    ),
  ],
};

describe('spans as OTLP bytes', () => {
  it.each(Object.entries(ODD))('are those of the SDK for %s', (_name, spans) => {
    expect(byUs(spans, ORIGIN).equals(bySdk(spans, ORIGIN))).toBe(true);
    for (const span of spans) expect(byUs([span], ORIGIN).toString('hex')).toBe(bySdk([span], ORIGIN).toString('hex'));
  });

  it('are those of the SDK without a version, a schema, or anything about the process', () => {
    const bare: SpanOrigin = { resource: resourceFromAttributes({}), scope: { name: '' } };
    expect(byUs([facts()], bare).toString('hex')).toBe(bySdk([facts()], bare).toString('hex'));
  });

  it('are those of the SDK where some come from elsewhere', () => {
    const elsewhere = (name: string): SpanOrigin => ({
      resource: resourceFromAttributes({ 'service.name': name }),
      scope: { name: 'theirs', version: '7' },
    });
    const [shop, bank] = [elsewhere('shop'), elsewhere('bank')];
    const spans = [
      facts(),
      facts({ origin: shop, name: 'auth', attributesDropped: 3, linksDropped: 300, attributes: { text: 'a', n: 1 } }),
      facts({ name: 'ours again' }),
      facts({ origin: bank, name: 'pay', attributes: { big: 'x'.repeat(9_000) } }),
      facts({ origin: shop, name: 'db.query', attributes: { text: 'a' } }),
    ];
    expect(byUs(spans, ORIGIN).toString('hex')).toBe(bySdk(spans, ORIGIN).toString('hex'));
    const [, theirs] = spans;
    expect(theirs && byUs([theirs], ORIGIN).toString('hex')).toBe(theirs && bySdk([theirs], ORIGIN).toString('hex'));
    // Nothing of them is left in the next batch.
    const encoder = new SpanEncoder(ORIGIN);
    for (const batch of [spans, [facts(), facts({ origin: bank }), facts({ origin: shop })]]) {
      for (const span of batch) encoder.add(span);
      expect(encoder.count).toBe(batch.length);
      expect(Buffer.from(encoder.take()).equals(bySdk(batch, ORIGIN))).toBe(true);
    }
  });

  it('begin anew with each batch', () => {
    const encoder = new SpanEncoder(ORIGIN);
    for (let batch = 0; batch < 3; batch++) {
      const spans = [facts({ name: `batch ${batch}` }), facts()];
      for (const span of spans) encoder.add(span);
      expect(encoder.count).toBe(2);
      expect(Buffer.from(encoder.take()).equals(bySdk(spans, ORIGIN))).toBe(true);
      expect(encoder.count).toBe(0);
    }
  });

  it('stay as they were taken when more is written', () => {
    const encoder = new SpanEncoder(ORIGIN);
    encoder.add(facts());
    const taken = encoder.take();
    const before = Buffer.from(taken).toString('hex');
    for (let index = 0; index < 1_000; index++) encoder.add(facts({ name: `later ${index}` }));
    expect(Buffer.from(taken).toString('hex')).toBe(before);
  });
});

/** Attributes anywhere in a request, by name: in which field of OTLP's AnyValue each is told. */
function fieldsIn(node: unknown): Record<string, string> {
  if (typeof node !== 'object' || node === null || node instanceof Uint8Array) return {};
  if ('key' in node && 'value' in node && typeof node.value === 'object' && node.value !== null)
    return { [String(node.key)]: Object.keys(node.value).join() };
  return Object.assign({}, ...Object.values(node).map(fieldsIn));
}

describe('an attribute that measures', () => {
  const alike = '{"key":"mcpspan.total","value":{"intValue":3}}';
  const measured = facts({
    attributes: {
      'mcpspan.first_byte_seconds': 0,
      'mcpspan.summary.handshake_seconds': 3,
      'mcpspan.summary.operations': 3,
      alike,
    },
    events: [event({ 'mcpspan.progress': 1, 'mcpspan.total': 2 })],
  });
  const FIELDS = {
    'mcpspan.first_byte_seconds': 'doubleValue',
    'mcpspan.summary.handshake_seconds': 'doubleValue',
    'mcpspan.progress': 'doubleValue',
    'mcpspan.total': 'doubleValue',
    'mcpspan.summary.operations': 'intValue',
    alike: 'stringValue',
  };

  it('is a double in protobuf, also when it is whole', () => {
    expect(fieldsIn(decodeMessage(byUs([measured], ORIGIN), TRACES))).toMatchObject(FIELDS);
  });

  it('is a double in JSON, also when it is whole, and a text that looks like one stays a text', () => {
    const requests = new JsonRequests(ORIGIN);
    requests.add(measured);
    const text = Buffer.from(requests.take()).toString();
    expect(fieldsIn(JSON.parse(text))).toMatchObject(FIELDS);
    expect(text).toContain(JSON.stringify(alike));
  });
});
