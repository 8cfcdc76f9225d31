import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import { failure, request, result, toolCall } from '../support/conversation.ts';
import { startRecorder, type Recorder } from './recorder.ts';

const SESSION = { 'Mcp-Session-Id': 's1' };

function startLegs(): Recorder {
  const recorder = startRecorder({ spans: 'server+client' });
  recorder.talk.initialize('s1');
  return recorder;
}

/** Both spans of the latest operation of this name. */
function both(recorder: Recorder, name: string): { server: ReadableSpan; client: ReadableSpan } {
  const [server, client] = recorder.spans(name).slice(-2);
  if (server === undefined || client === undefined) throw new Error(`${name} has not both spans`);
  return { server, client };
}

describe('the part of the upstream, where it is asked for', () => {
  it('is a CLIENT span inside the SERVER span, in the same trace', () => {
    const recorder = startLegs();
    recorder.talk.call('s1');
    const { server, client } = both(recorder, 'tools/call quiz');
    expect([server.kind, client.kind]).toEqual([SpanKind.SERVER, SpanKind.CLIENT]);
    expect(client.parentSpanContext).toMatchObject({
      spanId: server.spanContext().spanId,
      traceId: server.spanContext().traceId,
    });
    expect(client.spanContext().traceId).toBe(server.spanContext().traceId);
    expect(client.attributes).toMatchObject({
      'mcp.method.name': 'tools/call',
      'server.address': 'quiz',
      'mcpspan.leg': true,
    });
    expect(server.attributes).not.toHaveProperty('mcpspan.leg');
    expect(recorder.spans('mcp.session')).toHaveLength(1);
  });

  it('is what the upstream was told of', () => {
    const recorder = startLegs();
    recorder.talk.call('s1');
    const told = recorder.talk.ended('tools/call').exchange.span?.spanId;
    const { server, client } = both(recorder, 'tools/call quiz');
    expect(client.spanContext().spanId).toBe(told);
    expect(server.spanContext().spanId).not.toBe(told);
  });

  it('counts every code as an error, as clients do, where the server sees the caller at fault', () => {
    const recorder = startLegs();
    recorder.talk.ask(toolCall(1), failure(1, -32_602), SESSION);
    const { server, client } = both(recorder, 'tools/call quiz');
    expect([server.status.code, server.attributes['error.type']]).toEqual([SpanStatusCode.UNSET, undefined]);
    expect([client.status.code, client.attributes['error.type']]).toEqual([SpanStatusCode.ERROR, '-32602']);
    // It counts once.
    expect([server, client].map(({ attributes }) => attributes['mcpspan.rejected'])).toEqual([true, undefined]);
  });

  it('belongs to a call that was given up, which failed for its sender', () => {
    const recorder = startLegs();
    recorder.talk.post(toolCall(1), SESSION).close('client-left');
    const { server, client } = both(recorder, 'tools/call quiz');
    expect([server.attributes['error.type'], client.attributes['error.type']]).toEqual([undefined, 'cancelled']);
  });

  it('is not made for what a server asks its client, which is a CLIENT span already', () => {
    const recorder = startLegs();
    const call = recorder.talk.post(toolCall(1), SESSION);
    call.stream();
    call.event(request('e1', 'elicitation/create', { message: 'sure?' }));
    recorder.talk.post(result('e1', { action: 'accept' }), SESSION).answer(202);
    call.event(result(1));
    call.close();
    expect(recorder.spans('elicitation/create')).toHaveLength(1);
    const { server } = both(recorder, 'tools/call quiz');
    expect(recorder.span('elicitation/create').parentSpanContext?.spanId).toBe(server.spanContext().spanId);
  });

  it('changes no metric', async () => {
    const recorder = startLegs();
    recorder.talk.call('s1');
    const counts = (await recorder.points('mcp.server.operation.duration')).map(({ count }) => count);
    expect(counts).toEqual([1, 1]);
    expect(await recorder.points('mcp.client.operation.duration')).toEqual([]);
  });
});
