import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { result, toolCall, type Fields } from '../support/conversation.ts';
import { metaOf, nanoseconds, textAttribute, type SentSpanJson } from '../support/sent-spans.ts';
import { startRecorder, type Recorder, type RecorderOptions } from './recorder.ts';

const SESSION = { 'Mcp-Session-Id': 's1' };
const CALLER_TRACE = 'a'.repeat(32);
const CALLER_SPAN = 'c'.repeat(16);
const CALLER = { _meta: { traceparent: `00-${CALLER_TRACE}-${CALLER_SPAN}-01` } };
const id = (number: number): string => number.toString(16).padStart(16, '0');

function start(options: RecorderOptions = {}): Recorder {
  const recorder = startRecorder(options);
  recorder.talk.initialize('s1');
  return recorder;
}

/** A call under a caller's span, whose answer has this `_meta`. */
function answer(recorder: Recorder, meta: unknown, more: Fields = {}): void {
  const exchange = recorder.talk.post(toolCall(1, 'quiz', CALLER), SESSION);
  recorder.talk.clock.advance(100);
  exchange.answer(200, result(1, { content: [], _meta: meta, ...more }));
}

/** A good span that lasts 10 ms, in the trace of the caller. */
function span(recorder: Recorder, number: number, more: SentSpanJson = {}): SentSpanJson {
  const now = recorder.talk.clock.now();
  return {
    traceId: CALLER_TRACE,
    spanId: id(number),
    parentSpanId: CALLER_SPAN,
    name: `step ${number}`,
    kind: 1,
    startTimeUnixNano: nanoseconds(now + 20),
    endTimeUnixNano: nanoseconds(now + 30),
    status: { code: 0 },
    ...more,
  };
}

const reported = (recorder: Recorder) =>
  recorder.spans().filter((one) => one.attributes['mcpspan.reported_by_server'] === true);

/** How many spans were taken, and how many were not, by reason. */
async function figures(recorder: Recorder): Promise<{ taken: number; dropped: Record<string, number> }> {
  const dropped: Record<string, number> = {};
  for (const { labels, value } of await recorder.points('mcpspan.server_spans.dropped').catch(() => []))
    dropped[String(labels['mcpspan.reason'])] = value;
  const taken = await recorder.points('mcpspan.server_spans').catch(() => []);
  return { taken: taken.reduce((sum, { value }) => sum + value, 0), dropped };
}

describe('spans that a server sends with an answer', () => {
  it('are exported as they are, under its resource and scope, and say who reported them', async () => {
    const recorder = start();
    const now = recorder.talk.clock.now();
    const root = span(recorder, 1, {
      name: 'tools/call quiz',
      kind: 2,
      attributes: [
        textAttribute('db.system', 'postgresql'),
        { key: 'rows', value: { intValue: '3' } },
        { key: 'share', value: { doubleValue: 0.5 } },
        { key: 'cached', value: { boolValue: false } },
        { key: 'steps', value: { arrayValue: { values: [{ stringValue: 'a' }, { stringValue: 'b' }] } } },
      ],
      events: [{ timeUnixNano: nanoseconds(now + 25), name: 'retry', attributes: [textAttribute('why', 'busy')] }],
      status: { code: 2 },
    });
    answer(
      recorder,
      metaOf(
        [root, span(recorder, 2, { parentSpanId: id(1) })],
        [textAttribute('service.name', 'shop'), textAttribute('service.version', '7')],
      ),
    );
    const [first, second] = reported(recorder);
    expect(first).toMatchObject({
      name: 'tools/call quiz',
      kind: SpanKind.SERVER,
      attributes: {
        'db.system': 'postgresql',
        rows: 3,
        share: 0.5,
        cached: false,
        steps: ['a', 'b'],
        'mcpspan.server': 'quiz:3000',
      },
      status: { code: SpanStatusCode.ERROR },
      parentSpanContext: { traceId: CALLER_TRACE, spanId: CALLER_SPAN, isRemote: true },
      events: [{ name: 'retry', attributes: { why: 'busy' } }],
    });
    expect(first?.spanContext()).toMatchObject({ traceId: CALLER_TRACE, spanId: id(1) });
    expect(first?.resource.attributes).toEqual({ 'service.name': 'shop', 'service.version': '7' });
    expect(first?.instrumentationScope.name).toBe('mcp-telemetry-passback');
    expect(first?.startTime).toEqual([Math.floor((now + 20) / 1_000), ((now + 20) % 1_000) * 1_000_000]);
    expect(second?.parentSpanContext).toMatchObject({ spanId: id(1), isRemote: false });
    expect(second?.resource).toBe(first?.resource);
    expect(await figures(recorder)).toEqual({ taken: 2, dropped: {} });
    expect(recorder.talk.of('anomaly')).toEqual([]);
  });

  it('are counted by nothing but their own figures', async () => {
    const recorder = start();
    answer(recorder, metaOf([span(recorder, 1, { name: 'tools/call quiz', status: { code: 2 } })]));
    expect((await recorder.points('mcpspan.tool_calls')).map(({ value }) => value)).toEqual([1]);
    expect(recorder.talk.ended('tools/call').counted).toMatchObject({ failed: false });
  });

  it('are read from an answer of any size, and from the data of an error', () => {
    const recorder = start();
    answer(recorder, metaOf([span(recorder, 1, { attributes: [textAttribute('text', 'x'.repeat(9_000))] })]), {
      content: [{ type: 'text', text: 'y'.repeat(100_000) }],
    });
    const [long] = reported(recorder);
    expect(String(long?.attributes['text'])).toHaveLength(1_024);
    const exchange = recorder.talk.post(toolCall(2, 'quiz', CALLER), SESSION);
    const error = { code: -32_603, message: 'no', data: { _meta: metaOf([span(recorder, 2)]) } };
    exchange.answer(200, { jsonrpc: '2.0', id: 2, error });
    expect(reported(recorder)).toHaveLength(2);
  });

  it('are not exported where their operation is not sampled, and not read with --server-spans off', async () => {
    const unsampled = start({ spanSink: { sampler: () => false } });
    answer(unsampled, metaOf([span(unsampled, 1)]));
    expect(reported(unsampled)).toEqual([]);
    const off = start({ 'server-spans': 'off' });
    answer(off, metaOf([span(off, 1)]));
    expect(reported(off)).toEqual([]);
    expect(await figures(off)).toEqual({ taken: 0, dropped: {} });
  });

  it('have the name that the server gave itself in the handshake where its resource has none', () => {
    const recorder = start();
    answer(recorder, metaOf([span(recorder, 1)], []));
    expect(reported(recorder)[0]?.resource.attributes).toEqual({ 'service.name': 'quiz-server' });
  });
});

describe('what is private in them', () => {
  const CONTENT = {
    arguments: ['gen_ai.input.messages', 'gen_ai.tool.call.arguments', 'input.value', 'traceloop.entity.input'],
    results: ['gen_ai.output.messages', 'gen_ai.completion.0.content', 'output.value'],
    errors: ['exception.message', 'exception.stacktrace'],
  } as const;
  const names = Object.values(CONTENT).flat();
  const sent = (recorder: Recorder) =>
    answer(
      recorder,
      metaOf([
        span(recorder, 1, {
          name: 'resources/read https://user:pw@files.example/private.txt?sig=1',
          attributes: [
            ...names.map((name) => textAttribute(name, 'content')),
            textAttribute('authorization', 'x1'),
            textAttribute('http.request.header.cookie', 'x2'),
            textAttribute('session.token', 'x3'),
            { key: 'gen_ai.usage.input_tokens', value: { intValue: '12' } },
            textAttribute('url.full', 'https://user:x4@shop.example/items?key=x5#x6'),
            textAttribute('url.query', 'key=x7'),
            textAttribute('http.target', '/items?key=x8'),
            textAttribute('mcp.resource.uri', 'https://files.example/x9.txt'),
            textAttribute('db.query.text', 'select * from items where password=x10'),
            { key: 'list', value: { arrayValue: { values: [{ stringValue: 'Bearer abcdefghij' }] } } },
            textAttribute('peer.service', 'shop'),
          ],
          status: { code: 2, message: 'no such item: content' },
          events: [
            {
              timeUnixNano: nanoseconds(recorder.talk.clock.now() + 25),
              name: 'exception',
              attributes: [textAttribute('exception.type', 'KeyError'), textAttribute('exception.message', 'content')],
            },
          ],
        }),
      ]),
    );

  it('stays where it is: payload, errors, credentials, queries, whole URIs', () => {
    const recorder = start();
    sent(recorder);
    const [only] = reported(recorder);
    expect(only?.name).toBe('resources/read https://files.example');
    expect(only?.attributes).toEqual({
      authorization: '{redacted}',
      'session.token': '{redacted}',
      'gen_ai.usage.input_tokens': 12,
      'url.full': 'https://{redacted}@shop.example/items?{redacted}',
      'http.target': '/items',
      'mcp.resource.uri': 'https://files.example',
      'db.query.text': 'select * from items where password={redacted}',
      list: ['{redacted}'],
      'peer.service': 'shop',
      'mcpspan.reported_by_server': true,
      'mcpspan.server': 'quiz:3000',
    });
    expect(only?.status).toEqual({ code: SpanStatusCode.ERROR });
    expect(only?.events[0]?.attributes).toEqual({ 'exception.type': 'KeyError' });
    expect(only?.droppedAttributesCount).toBe(11);
  });

  it.each(Object.entries(CONTENT))('leaves where it is captured: %s', (what, captured) => {
    const recorder = start({ privacy: { capture: [what as keyof typeof CONTENT] } });
    sent(recorder);
    const [only] = reported(recorder);
    const kept = names.filter((name) => only?.attributes[name] === 'content');
    expect(kept).toEqual(captured);
    expect(only?.status.message).toBe(what === 'errors' ? 'no such item: content' : undefined);
  });
});

describe('a server that lies', () => {
  it('writes into no trace that it was not told of', async () => {
    const recorder = start();
    answer(recorder, metaOf([span(recorder, 1, { traceId: 'b'.repeat(32) }), span(recorder, 2)]));
    expect(reported(recorder).map(({ name }) => name)).toEqual(['step 2']);
    expect(await figures(recorder)).toEqual({ taken: 1, dropped: { 'other-trace': 1 } });
    expect(recorder.talk.of('anomaly')).toMatchObject([{ what: 'server-spans-dropped' }]);
  });

  it('takes the place of no span of ours, of its caller, or of its own', async () => {
    const recorder = start();
    answer(
      recorder,
      metaOf([
        span(recorder, 1),
        span(recorder, 1),
        span(recorder, 2, { spanId: CALLER_SPAN }),
        span(recorder, 3, { parentSpanId: id(3) }),
      ]),
    );
    const root = recorder.span('mcp.session').spanContext();
    expect(await figures(recorder)).toEqual({ taken: 1, dropped: { 'taken-id': 3 } });
    const exchange = recorder.talk.post(toolCall(2), SESSION);
    recorder.talk.clock.advance(100);
    exchange.answer(200, result(2, { _meta: metaOf([span(recorder, 4, { ...root, parentSpanId: '' })]) }));
    expect(await figures(recorder)).toEqual({ taken: 1, dropped: { 'taken-id': 4 } });
  });

  it('has at most 64 spans of a thousand taken, and the others counted', async () => {
    const recorder = start();
    answer(recorder, metaOf(Array.from({ length: 1_000 }, (_, number) => span(recorder, number + 1))));
    expect(reported(recorder)).toHaveLength(64);
    expect(await figures(recorder)).toEqual({ taken: 64, dropped: { 'too-many': 936 } });
  });

  it('has no more than 4 096 elements looked at', async () => {
    const recorder = start();
    answer(recorder, metaOf([span(recorder, 1), ...Array.from({ length: 10_000 }, () => ({}))]));
    // One is the resource, one the scope.
    expect(await figures(recorder)).toEqual({ taken: 1, dropped: { malformed: 4_093 } });
  });

  it('has spans of more than 16 KiB, and more than 256 KiB of them, left out', async () => {
    const recorder = start();
    const sized = (number: number, size: number) =>
      span(recorder, number, { attributes: [textAttribute('text', 'x'.repeat(size))] });
    answer(
      recorder,
      metaOf([sized(1, 20_000), ...Array.from({ length: 20 }, (_, number) => sized(number + 2, 15_000))]),
    );
    const { taken, dropped } = await figures(recorder);
    expect([taken, dropped]).toEqual([17, { 'too-large': 4 }]);
  });

  it('is marked where its clock differs, and left out where its times mean nothing', async () => {
    const recorder = start();
    const now = recorder.talk.clock.now();
    const at = (number: number, from: number, to: number) =>
      span(recorder, number, { startTimeUnixNano: nanoseconds(now + from), endTimeUnixNano: nanoseconds(now + to) });
    answer(
      recorder,
      metaOf([
        at(1, -900, 0),
        at(2, 0, 1_000),
        at(3, -2_000, -1_500),
        at(4, 0, 5_000),
        at(5, -400_000, 0),
        at(6, 0, 400_000),
        at(7, 2_000_000_000_000, 2_000_000_000_001),
      ]),
    );
    expect(reported(recorder).map(({ name, attributes }) => [name, attributes['mcpspan.outside_operation']])).toEqual([
      ['step 1', undefined],
      ['step 2', undefined],
      ['step 3', true],
      ['step 4', true],
    ]);
    expect(await figures(recorder)).toEqual({ taken: 4, dropped: { 'out-of-time': 3 } });
  });

  it('cannot call its spans ours', () => {
    const recorder = start();
    const forged = [textAttribute('mcpspan.server', 'other'), textAttribute('__proto__', 'x')];
    answer(recorder, metaOf([span(recorder, 1, { attributes: forged })], [textAttribute('mcpspan.name', 'x')]));
    const [only] = reported(recorder);
    expect(only?.attributes['mcpspan.server']).toBe('quiz:3000');
    expect(Object.hasOwn(only?.attributes ?? {}, '__proto__')).toBe(true);
    expect(only?.resource.attributes).toEqual({ 'service.name': 'quiz-server' });
  });
});

describe('a server that sends garbage', () => {
  const deep = `${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}`;

  it.each([
    ['no object', 'text'],
    ['an array', []],
    ['null', null],
    ['no traces', { otel: {} }],
    ['traces that are a list', { otel: { traces: [1] } }],
    ['resourceSpans that are an object', { otel: { traces: { resourceSpans: {} } } }],
    ['a resource that is a number', { otel: { traces: { resourceSpans: [1, null, { scopeSpans: 3 }] } } }],
    ['scopes without spans', { otel: { traces: { resourceSpans: [{ scopeSpans: [1, {}, { spans: 'x' }] }] } } }],
  ])('costs nothing: %s', async (_, meta) => {
    const recorder = start();
    answer(recorder, meta);
    expect(recorder.talk.ended('tools/call').outcome).toEqual({ kind: 'ok' });
    expect(await figures(recorder)).toEqual({ taken: 0, dropped: {} });
  });

  it.each([
    ['a number instead of a span', () => 1],
    ['no trace id', () => ({ traceId: undefined })],
    ['a trace id in base64', () => ({ traceId: Buffer.from(CALLER_TRACE, 'hex').toString('base64') })],
    ['a span id of 15 digits', () => ({ spanId: '1'.repeat(15) })],
    ['a span id of zeros', () => ({ spanId: '0'.repeat(16) })],
    ['a span id that is a number', () => ({ spanId: 1 })],
    ['a parent that is no id', () => ({ parentSpanId: 'root' })],
    ['a name that is no text', () => ({ name: { a: 1 } })],
    ['negative times', () => ({ startTimeUnixNano: '-5' })],
    ['a time that is no number', () => ({ startTimeUnixNano: 'NaN' })],
    ['a time of zero', () => ({ startTimeUnixNano: '0' })],
    ['a time with 20 digits', () => ({ endTimeUnixNano: '9'.repeat(20) })],
    ['an end before its start', () => ({ endTimeUnixNano: '1' })],
  ])('has a broken span counted, and the good one beside it exported: %s', async (_, broken) => {
    const recorder = start();
    const made = broken();
    answer(recorder, metaOf([typeof made === 'object' ? span(recorder, 1, made) : made, span(recorder, 2)]));
    expect(reported(recorder).map(({ name }) => name)).toEqual(['step 2']);
    expect(await figures(recorder)).toEqual({ taken: 1, dropped: { malformed: 1 } });
  });

  it('has NaN, nesting and lone surrogates in a span harm that span alone', async () => {
    const recorder = start();
    // A short answer is parsed whole, and with NaN in it it is no JSON.
    const good = span(recorder, 2, { name: '\ud800 high', attributes: [textAttribute('k', '\udc00')] });
    const broken = JSON.stringify(span(recorder, 1)).replace('"kind":1', '"kind":NaN');
    const nested = JSON.stringify(span(recorder, 3, { attributes: 'DEEP' })).replace('"DEEP"', deep);
    const whole = JSON.stringify(result(1, { content: [], _meta: metaOf([good, 'BROKEN', 'NESTED']) }));
    const exchange = recorder.talk.post(toolCall(1, 'quiz', CALLER), SESSION);
    recorder.talk.clock.advance(100);
    exchange.answer(200, whole.replace('"BROKEN"', broken).replace('"NESTED"', nested));
    expect(reported(recorder).map(({ name }) => name)).toEqual(['\ufffd high', 'step 3']);
    expect((await figures(recorder)).dropped).toEqual({ malformed: 1 });
  });

  it('has attributes of other kinds left out and counted', () => {
    const recorder = start();
    const attributes = [
      { key: 'list', value: { arrayValue: { values: [{ arrayValue: {} }] } } },
      { key: 'map', value: { kvlistValue: { values: [] } } },
      { key: 'bytes', value: { bytesValue: 'AAAA' } },
      { key: 'none' },
      { value: { stringValue: 'no key' } },
      { key: 'k'.repeat(200), value: { stringValue: 'x' } },
      'text',
      { key: 'long', value: { intValue: '9007199254740993' } },
      { key: 'number', value: { intValue: 12 } },
      ...Array.from({ length: 40 }, (_, number) => textAttribute(`a${number}`, 'x')),
    ];
    const [first] =
      (answer(recorder, metaOf([span(recorder, 1, { attributes, links: [{}, {}], kind: 99 })])), reported(recorder));
    expect(first?.attributes).toMatchObject({ long: '9007199254740993', number: 12, a22: 'x' });
    expect(first?.attributes).not.toHaveProperty('a23');
    expect(first).toMatchObject({ droppedAttributesCount: 24, droppedLinksCount: 2, kind: SpanKind.INTERNAL });
  });
});
