import { SpanKind, type HrTime } from '@opentelemetry/api';
import { describe, expect, it } from 'vitest';
import { createSampler } from '../../src/transport/trace/sampling.ts';
import { deriveRootIds } from '../../src/transport/trace/trace-id.ts';
import { MODERN_META, notification, request, result, SERVER, toolCall } from '../support/conversation.ts';
import { startRecorder } from './recorder.ts';

const SESSION = { 'Mcp-Session-Id': 's1' };
const ROOT = deriveRootIds(SERVER, 's1');
const CALLER = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) };
const microseconds = ([seconds, nanos]: HrTime): bigint => BigInt(seconds) * 1_000_000n + BigInt(nanos / 1_000);

describe('the root of a session', () => {
  it('is exported when the session opens, as a marker of a microsecond [OTEL-ROOT-1]', () => {
    const { talk, span } = startRecorder();
    const at = talk.clock.now();
    talk.initialize('s1');
    const root = span('mcp.session');
    expect(root.spanContext()).toMatchObject({ traceId: ROOT.traceId, spanId: ROOT.spanId });
    expect(root).toMatchObject({ kind: SpanKind.INTERNAL, parentSpanContext: undefined, links: [] });
    expect(microseconds(root.startTime)).toBe(BigInt(at) * 1_000n);
    expect(microseconds(root.endTime) - microseconds(root.startTime)).toBe(1n);
    expect(root.attributes).toEqual({
      'mcpspan.server': SERVER,
      'mcpspan.client': 'cursor',
      'mcpspan.session.source': 'header',
      'mcpspan.session.opened': 'handshake',
      'mcpspan.session.segment': 0,
      'mcp.session.id': 's1',
      'mcp.client.name': 'cursor-vscode',
      'mcp.client.version': '1.0.0',
      'mcp.server.name': 'quiz-server',
      'mcp.server.version': '2.0.0',
      'mcp.protocol.version': '2025-11-25',
    });
  });

  it('is not made for a session that was open before', () => {
    const { talk, spans } = startRecorder();
    talk.call('s9');
    expect(spans('mcp.session')).toEqual([]);
    expect(spans('tools/call quiz')[0]?.parentSpanContext?.spanId).toBe(deriveRootIds(SERVER, 's9').spanId);
  });

  it('is not made again when the session goes on after its end', () => {
    const { talk, spans } = startRecorder();
    talk.initialize('s1');
    talk.clock.advance(600_000);
    talk.sweep();
    talk.call('s1');
    expect(spans('mcp.session')).toHaveLength(1);
    expect(spans('tools/call quiz')[0]?.spanContext().traceId).toBe(ROOT.traceId);
  });

  it('of a further segment links to the first and to the one before', () => {
    const { talk, spans } = startRecorder({ 'segment-operations': 2 });
    talk.initialize('s1');
    for (let index = 0; index < 6; index++) talk.call('s1');
    const roots = spans('mcp.session');
    expect(roots.map(({ attributes }) => attributes['mcpspan.session.segment'])).toEqual([0, 1, 2]);
    const [first, second] = roots.map((root) => root.spanContext().spanId);
    expect(roots.map(({ links }) => links.map(({ context }) => context.spanId))).toEqual([
      [],
      [first],
      [first, second],
    ]);
    expect(new Set(roots.map((root) => root.spanContext().traceId)).size).toBe(3);
  });

  it('of activity has no session id', () => {
    const { talk, span } = startRecorder();
    talk.ask(toolCall(1, 'quiz', { _meta: { ...MODERN_META, 'openai/session': 'v1/a' } }), result(1));
    expect(span('mcp.session').attributes).toMatchObject({
      'mcpspan.session.source': 'conversation',
      'mcpspan.session.opened': 'first-use',
      'gen_ai.conversation.id': 'v1/a',
    });
    expect(span('mcp.session').attributes).not.toHaveProperty('mcp.session.id');
    expect(span('tools/call quiz').attributes).not.toHaveProperty('mcp.session.id');
  });
});

describe('the span of an operation', () => {
  it('says what it was, and where [OTEL-SPAN-1]', () => {
    const { talk, span } = startRecorder();
    talk.initialize('s1');
    const meta = { _meta: { 'openai/session': 'v1/a', 'claudecode/toolUseId': 'toolu_1' } };
    const exchange = talk.post(toolCall(5, 'quiz', meta), { ...SESSION, 'User-Agent': 'Cursor/1.0 (x; y@z)' });
    talk.clock.advance(40);
    exchange.stream();
    exchange.event(notification('notifications/progress', { progress: 1 }));
    talk.clock.advance(60);
    exchange.event(result(5));
    exchange.close();
    const call = span('tools/call quiz');
    const answer = JSON.stringify(result(5));
    expect(call.kind).toBe(SpanKind.SERVER);
    expect(call.parentSpanContext).toMatchObject({ traceId: ROOT.traceId, spanId: ROOT.spanId });
    expect(microseconds(call.endTime) - microseconds(call.startTime)).toBe(100_000n);
    expect(call.attributes).toEqual({
      'mcp.method.name': 'tools/call',
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'quiz',
      'gen_ai.tool.call.id': 'toolu_1',
      'gen_ai.conversation.id': 'v1/a',
      'jsonrpc.request.id': '5',
      'mcp.session.id': 's1',
      'mcp.protocol.version': '2025-11-25',
      'mcp.client.name': 'cursor-vscode',
      'mcp.client.version': '1.0.0',
      'mcpspan.server': SERVER,
      'mcpspan.client': 'cursor',
      'mcpspan.session.source': 'header',
      'mcpspan.era': 'legacy',
      'mcpspan.request.bytes': Buffer.byteLength(JSON.stringify(toolCall(5, 'quiz', meta))),
      'mcpspan.response.bytes': answer.length,
      'mcpspan.first_byte_seconds': 0.04,
      'network.transport': 'tcp',
      'network.protocol.name': 'http',
      'network.protocol.version': '1.1',
      'server.address': 'quiz',
      'server.port': 3000,
      'url.path': '/mcp',
      'user_agent.original': 'Cursor/1.0',
      'http.response.status_code': 200,
    });
    expect(call.events).toMatchObject([{ name: 'notifications/progress', attributes: { 'mcpspan.progress': 1 } }]);
  });

  it.each([
    ['tools/call', { name: 'quiz' }, 'tools/call quiz', 'execute_tool', 'gen_ai.tool.name'],
    ['prompts/get', { name: 'quiz' }, 'prompts/get quiz', undefined, 'gen_ai.prompt.name'],
    ['resources/read', { uri: 'quiz://words/1' }, 'resources/read', undefined, 'mcp.resource.uri'],
    ['resources/subscribe', { uri: 'quiz://words/1' }, 'resources/subscribe', undefined, 'mcp.resource.uri'],
    ['completion/complete', { name: 'quiz' }, 'completion/complete', undefined, 'mcp.method.name'],
    ['acme/custom', {}, '_OTHER', undefined, 'mcp.method.name'],
  ])(
    'of %s is named by method and target, never by URI [OTEL-SPAN-2]',
    (method, params, name, operation, attribute) => {
      const { talk, span } = startRecorder();
      talk.ask(request(1, method, params), result(1));
      expect(span(name).attributes['gen_ai.operation.name']).toBe(operation);
      expect(span(name).attributes['mcp.method.name']).toBe(method);
      expect(span(name).attributes).toHaveProperty(attribute);
    },
  );

  it.each([
    [1, '1'],
    ['1', '1'],
    [0, '0'],
    ['', ''],
  ])('with the id %j carries it as text [OTEL-SPAN-3]', (id, text) => {
    const { talk, span } = startRecorder();
    talk.ask(toolCall(id), result(id));
    expect(span('tools/call quiz').attributes['jsonrpc.request.id']).toBe(text);
  });

  it('of a notification carries no id [OTEL-SPAN-4]', () => {
    const { talk, span } = startRecorder();
    talk.initialize('s1');
    talk.post(notification('notifications/initialized'), SESSION).answer(202);
    expect(span('notifications/initialized').attributes).not.toHaveProperty('jsonrpc.request.id');
  });

  it('of a tool nobody knows has a bounded name, and the raw one as attribute', () => {
    const { talk, span } = startRecorder();
    talk.ask(request(1, 'tools/list'), result(1, { tools: [{ name: 'quiz' }] }));
    talk.ask(toolCall(2, 'x'.repeat(500)), { jsonrpc: '2.0', id: 2, error: { code: -32_602, message: '' } });
    expect(span('tools/call _OTHER').attributes['gen_ai.tool.name']).toBe('x'.repeat(128));
  });

  it("hangs in the caller's trace, linked to the session, whose summary links back [OTEL-CONTEXT-2]", () => {
    const { talk, span } = startRecorder();
    talk.initialize('s1');
    const traceparent = `00-${CALLER.traceId}-${CALLER.spanId}-00`;
    talk.ask(toolCall(1, 'quiz', { _meta: { traceparent } }), result(1), SESSION);
    const call = span('tools/call quiz');
    expect(call.spanContext().traceId).toBe(CALLER.traceId);
    expect(call.parentSpanContext).toMatchObject({ ...CALLER, isRemote: true });
    expect(call.links.map(({ context }) => context)).toMatchObject([ROOT]);
    talk.tracker.shutdown(talk.clock.now());
    expect(span('mcp.session.summary').links.map(({ context: { spanId } }) => spanId)).toEqual([
      call.spanContext().spanId,
    ]);
  });

  it('is not made where its trace is withheld', () => {
    const { talk, spans } = startRecorder();
    for (let index = 0; index < 70; index++) talk.post(toolCall(1)).answer(401);
    expect(spans('tools/call quiz')).toHaveLength(60);
  });

  it('tells how many events found no room', () => {
    const { talk, span } = startRecorder();
    const exchange = talk.post(toolCall(1));
    exchange.stream();
    for (let index = 0; index < 70; index++) exchange.event(notification('notifications/message', { level: 'info' }));
    exchange.event(result(1));
    expect(span('tools/call quiz').events).toHaveLength(64);
    expect(span('tools/call quiz').droppedEventsCount).toBe(6);
  });

  it('has its times moved by what the wall clock is ahead', () => {
    const { talk, span } = startRecorder({ spanSink: { skew: () => 5_000 } });
    const at = talk.clock.now();
    talk.call(undefined);
    expect(microseconds(span('tools/call quiz').startTime)).toBe(BigInt(at + 5_000) * 1_000n);
  });
});

describe('the summary of a session', () => {
  it('says what it added up to, from its first request to its last activity, under its root', () => {
    const { talk, span } = startRecorder();
    const at = talk.clock.now();
    talk.initialize('s1');
    talk.call('s1');
    const until = talk.clock.now();
    talk.clock.advance(600_000);
    talk.sweep();
    const summary = span('mcp.session.summary');
    expect(summary.parentSpanContext?.spanId).toBe(ROOT.spanId);
    expect([microseconds(summary.startTime), microseconds(summary.endTime)]).toEqual([
      BigInt(at) * 1_000n,
      BigInt(until) * 1_000n,
    ]);
    const { 'mcpspan.session.segment': segment, ...identity } = span('mcp.session').attributes;
    expect(segment).toBe(0);
    expect(summary.attributes).toMatchObject({
      ...identity,
      'mcpspan.end_reason': 'idle',
      'mcpspan.summary.operations': 2,
      'mcpspan.summary.tool_calls': 1,
      'mcpspan.summary.failed': 0,
      'mcpspan.summary.rejected': 0,
      'mcpspan.summary.handshakes': 1,
      'mcpspan.summary.discoveries': 0,
      'mcpspan.summary.handshake_seconds': 0.003,
      'mcpspan.summary.part': 1,
    });
    expect(summary.attributes).not.toHaveProperty('mcpspan.summary.partial');
  });

  it('by a process that did not open it says so', () => {
    const { talk, span } = startRecorder();
    talk.call('s9');
    talk.tracker.shutdown(talk.clock.now());
    expect(span('mcp.session.summary').attributes['mcpspan.summary.partial']).toBe(true);
  });
});

describe('what is not sampled', () => {
  it('makes no span, and is counted all the same [OTEL-SAMPLING-3]', async () => {
    const { talk, spans, points } = startRecorder({
      spanSink: { sampler: createSampler({ root: 'always_off', ratio: 1 }) },
    });
    talk.initialize('s1');
    talk.call('s1');
    expect(spans()).toEqual([]);
    expect(await points('mcpspan.tool_calls')).toMatchObject([{ value: 1 }]);
  });

  it("is not for a stranger's flag to say", () => {
    const { talk, spans } = startRecorder();
    const traceparent = `00-${CALLER.traceId}-${CALLER.spanId}-00`;
    talk.ask(toolCall(1, 'quiz', { _meta: { traceparent } }), result(1), SESSION);
    expect(spans('tools/call quiz')).toHaveLength(1);
  });

  it('is for the caller to say who is followed', () => {
    const { talk, spans } = startRecorder({ 'trace-parent': 'caller', spanSink: { followsCaller: true } });
    const traceparent = `00-${CALLER.traceId}-${CALLER.spanId}-00`;
    talk.ask(toolCall(1), result(1), { ...SESSION, traceparent });
    expect(spans('tools/call quiz')).toEqual([]);
  });
});

describe('what is captured', () => {
  const capture = ['arguments', 'results'] as const;

  it('is there for tool calls only where that was asked for', () => {
    const { talk, span } = startRecorder({ capture });
    const call = { name: 'quiz', arguments: { a: 1, password: 'x' } };
    talk.ask(request(1, 'tools/call', call), result(1, { content: [], secret: 5 }));
    expect(span('tools/call quiz').attributes).toMatchObject({
      'gen_ai.tool.call.arguments': '{"a":1,"password":"{redacted}"}',
      'gen_ai.tool.call.result': '{"content":[],"secret":"{redacted}"}',
    });
  });

  it('is not there by default', () => {
    const { talk, span } = startRecorder();
    talk.call(undefined);
    expect(span('tools/call quiz').attributes).not.toHaveProperty('gen_ai.tool.call.arguments');
    expect(span('tools/call quiz').attributes).not.toHaveProperty('gen_ai.tool.call.result');
  });
});
