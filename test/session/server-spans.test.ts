import { describe, expect, it } from 'vitest';
import type { SentSpan } from '../../src/observe/sent-spans.ts';
import { admitSpans } from '../../src/session/server-spans.ts';
import type { EndedOperation, ServerSpans } from '../../src/session/operation.ts';
import { startConversation, type ConversationOptions } from '../support/conversation.ts';

const CALLER_TRACE = 'a'.repeat(32);
const HEADERS = { traceparent: `00-${CALLER_TRACE}-${'c'.repeat(16)}-01` };

/** A call of 12 ms in a session, which has a `traceparent` header of its caller's if there are headers. */
function call(options: ConversationOptions = {}, headers: Record<string, string> = {}): EndedOperation {
  const talk = startConversation(options);
  talk.initialize('s1');
  return talk.call('s1', 'quiz', headers);
}

const span = (operation: EndedOperation, more: Partial<SentSpan> = {}): SentSpan => ({
  source: { resource: new Map(), scope: { name: '', version: undefined } },
  traceId: operation.placement.traceId,
  spanId: '1'.repeat(16),
  parentSpanId: undefined,
  name: 'step',
  kind: 1,
  from: operation.startedAt,
  to: operation.endedAt,
  attributes: new Map(),
  attributesDropped: 0,
  events: [],
  eventsDropped: 0,
  linksDropped: 0,
  statusCode: 0,
  statusMessage: '',
  ...more,
});

const admitted = (operation: EndedOperation, spans: SentSpan[], ahead = 0): ServerSpans => {
  const { placement, endedAt: at } = operation;
  return admitSpans({ spans, dropped: new Map() }, operation, { placement, at, ahead });
};

describe('the spans that a server sends of itself', () => {
  it('never have the id of our operation, of its part of the upstream, or of the root of the session', () => {
    const operation = call({ spans: 'server+client' });
    const { spanId, legSpanId, placement } = operation;
    const ids = [spanId, legSpanId, placement.parentSpanId].filter((id) => id !== undefined);
    expect(ids).toHaveLength(3);
    const { spans, dropped } = admitted(
      operation,
      ids.map((id) => span(operation, { spanId: id })),
    );
    expect([spans, dropped]).toEqual([[], new Map([['taken-id', 3]])]);
  });

  it('keep the parent that they have: our operation, what the upstream was told of, or one that nobody knows', () => {
    const operation = call({ spans: 'server+client' });
    const parents = [operation.spanId, operation.legSpanId, 'f'.repeat(16), undefined];
    const sent = parents.map((parentSpanId, index) =>
      span(operation, { parentSpanId, spanId: `${index + 1}`.repeat(16) }),
    );
    expect(admitted(operation, sent).spans.map(({ parentSpanId }) => parentSpanId)).toEqual(parents);
  });

  it('may be in the trace of a header that came from the client, whichever trace the operation is in', () => {
    for (const traceParent of ['meta', 'caller', 'session'] as const) {
      const operation = call({ 'trace-parent': traceParent }, HEADERS);
      const { spans, dropped } = admitted(operation, [
        span(operation, { traceId: CALLER_TRACE }),
        span(operation, { traceId: 'b'.repeat(32), spanId: '2'.repeat(16) }),
      ]);
      expect(spans.map(({ traceId }) => traceId)).toEqual([CALLER_TRACE]);
      expect(dropped).toEqual(new Map([['other-trace', 1]]));
    }
  });

  it('are compared with the wall clock, which may be ahead of ours', () => {
    const operation = call();
    const ahead = 3_600_000;
    const { startedAt, endedAt } = operation;
    const later = { from: startedAt + ahead, to: endedAt + ahead };
    expect(admitted(operation, [span(operation, later)], ahead).spans).toMatchObject([{ outside: false }]);
    expect(admitted(operation, [span(operation)], ahead).dropped).toEqual(new Map([['out-of-time', 1]]));
  });

  it('lose events whose times mean nothing', () => {
    const operation = call();
    const at = (time: number) => ({ name: 'retry', at: time, attributes: new Map() });
    const events = [at(operation.startedAt), at(operation.startedAt + 1e12)];
    const [only] = admitted(operation, [span(operation, { events })]).spans;
    expect(only).toMatchObject({ events: [events[0]], eventsDropped: 1 });
  });
});
