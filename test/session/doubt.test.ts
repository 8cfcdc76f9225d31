import { describe, expect, it } from 'vitest';
import {
  failure,
  notification,
  result,
  startConversation,
  toolCall,
  type Conversation,
} from '../support/conversation.ts';
import { openEndpoint } from './endpoint-stream.ts';
import { SESSION, anomalies, getStream, outcomes, startSessions, streamed } from './two-sessions.ts';

const ids = (talk: Conversation) =>
  talk
    .of('operation-ended')
    .map(({ operation: { requestId, outcome, incomplete } }) => [requestId, outcome.kind, incomplete]);

describe('an answer that fits no call, while one waits', () => {
  it('leaves that call uncertain: neither an error nor lost, ended when the answer came', () => {
    const talk = startConversation();
    const wrapped = talk.wrap();
    wrapped.client(toolCall(1));
    talk.clock.advance(40);
    wrapped.server(result('a-made-up-id'));
    talk.clock.advance(3_600_000);
    wrapped.exit();
    expect(ids(talk)).toEqual([[1, 'ok', true]]);
    expect(talk.ended().endedAt - talk.ended().startedAt).toBe(40);
    expect(talk.ended().counted.failed).toBe(false);
    expect(anomalies(talk)).toEqual(['unmatched-response']);
  });

  it('leaves one call uncertain, and not the second', () => {
    const talk = startConversation();
    const wrapped = talk.wrap();
    wrapped.client(toolCall(1));
    wrapped.client(toolCall(2));
    wrapped.server(result('made-up'));
    wrapped.exit();
    expect(ids(talk)).toEqual([
      [1, 'ok', true],
      [2, 'lost', false],
    ]);
    expect(anomalies(talk).filter((what) => what === 'unmatched-response')).toHaveLength(1);
  });

  it('leaves as many uncertain as there were such answers', () => {
    const talk = startConversation();
    const wrapped = talk.wrap();
    for (const id of [1, 2, 3]) wrapped.client(toolCall(id));
    wrapped.server(result('made-up-1'));
    wrapped.server(result('made-up-2'));
    wrapped.exit();
    expect(ids(talk)).toEqual([
      [1, 'ok', true],
      [2, 'ok', true],
      [3, 'lost', false],
    ]);
  });

  it('is that of another call when its own answer to the first one comes', () => {
    const talk = startConversation();
    const wrapped = talk.wrap();
    wrapped.client(toolCall(1));
    wrapped.client(toolCall(2));
    talk.clock.advance(10);
    wrapped.server(result('made-up'));
    talk.clock.advance(10);
    wrapped.server(result(1));
    talk.clock.advance(10);
    wrapped.exit();
    expect(ids(talk)).toEqual([
      [1, 'ok', false],
      [2, 'ok', true],
    ]);
    expect(talk.ended().endedAt - talk.ended().startedAt).toBe(10);
    expect(anomalies(talk)).toEqual(['unmatched-response']);
  });

  it('says nothing of a call that was sent after it', () => {
    const talk = startConversation();
    const wrapped = talk.wrap();
    wrapped.client(toolCall(1));
    wrapped.server(result('made-up'));
    talk.clock.advance(10);
    wrapped.client(toolCall(2));
    wrapped.server(result(1));
    wrapped.exit();
    expect(ids(talk)).toEqual([
      [1, 'ok', false],
      [2, 'lost', false],
    ]);
  });

  it('is counted once, and marks nobody, where nothing waits', () => {
    const talk = startSessions();
    getStream(talk).event(result('made-up'));
    talk.call('s1');
    expect(ids(talk).at(-1)?.slice(1)).toEqual(['ok', false]);
    expect(anomalies(talk)).toEqual(['unmatched-response']);
  });

  it('is that of a call which waits on another exchange', () => {
    const talk = startSessions();
    const call = talk.post(toolCall(1), SESSION);
    call.answer(202);
    const stream = getStream(talk);
    stream.event(result('made-up'));
    stream.close();
    talk.clock.advance(30_000);
    talk.sweep();
    expect(ids(talk)).toEqual([[1, 'ok', true]]);
    expect(anomalies(talk)).toEqual(['unmatched-response']);
  });

  it.each(['client-left', 'upstream-failed', 'complete'] as const)(
    'is that of the call which waits when its HTTP+SSE stream ends (%s)',
    (reason) => {
      const talk = startConversation();
      const { stream, post } = openEndpoint(talk, '/messages?sessionId=q1');
      post(toolCall(1)).answer(202);
      talk.clock.advance(5);
      stream.event(result('made-up'));
      talk.clock.advance(60_000);
      stream.close(reason);
      expect(ids(talk)).toEqual([[1, 'ok', true]]);
      expect(talk.ended().endedAt - talk.ended().startedAt).toBe(5);
      expect(talk.of('cancelled')).toEqual([]);
    },
  );

  it('is that of one of two calls whose stream breaks off', () => {
    const talk = startSessions();
    const call = talk.post([toolCall(1), toolCall(2)], SESSION);
    call.stream();
    call.event(result('made-up'));
    call.close('upstream-failed');
    expect(ids(talk)).toEqual([
      [1, 'ok', true],
      [2, 'failed', false],
    ]);
  });

  it('does not excuse a call that its client gave up', () => {
    const talk = startConversation();
    const wrapped = talk.wrap();
    wrapped.client(toolCall(1));
    wrapped.server(result('made-up'));
    wrapped.client({ jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } });
    expect(outcomes(talk).filter(([method]) => method === 'tools/call')).toEqual([['tools/call', 1, 'cancelled']]);
  });

  it('does not excuse a call that was refused', () => {
    const talk = startSessions();
    talk.post([toolCall(1), toolCall(2)], SESSION).answer(400, result('made-up'));
    expect(ids(talk)).toEqual([
      [1, 'refused', false],
      [2, 'refused', false],
    ]);
  });

  it('is no answer of a call in another session', () => {
    const talk = startSessions();
    const call = talk.post(toolCall(1), SESSION);
    call.answer(202);
    getStream(talk, { 'Mcp-Session-Id': 's2' }).event(result('made-up'));
    talk.clock.advance(30_000);
    talk.sweep();
    expect(ids(talk)).toEqual([[1, 'lost', false]]);
  });

  it('is not passed over because its event has the id that all events have', () => {
    const talk = startSessions();
    talk.post(toolCall(1), SESSION).answer(202);
    const stream = getStream(talk);
    stream.event({ jsonrpc: '2.0', method: 'notifications/message', params: {} }, 's1');
    stream.event(result('made-up'), 's1');
    talk.tracker.shutdown(talk.clock.now());
    expect(ids(talk).find(([id]) => id === 1)).toEqual([1, 'ok', true]);
    expect(anomalies(talk)).toEqual(['unmatched-response']);
  });
});

describe('an answer that comes again on a resumed stream', () => {
  it('is no answer of the call that waits', () => {
    const talk = startSessions();
    const call = streamed(talk, 1);
    call.event(result(1), 'e1');
    call.close();
    talk.post(toolCall(2), SESSION).answer(202);
    const resumed = getStream(talk, { ...SESSION, 'Last-Event-ID': 'e0' });
    resumed.event(result(1), 'e1');
    resumed.close();
    talk.clock.advance(30_000);
    talk.sweep();
    expect(ids(talk)).toEqual([
      [1, 'ok', false],
      [2, 'lost', false],
    ]);
    expect(anomalies(talk)).toEqual(['lost']);
  });
});

describe('an error without an id on a pipe', () => {
  it('is that of no call: a server may not have understood something else', () => {
    const talk = startConversation();
    const wrapped = talk.wrap();
    wrapped.client(toolCall(1));
    wrapped.server(failure(null, -32_700));
    expect(outcomes(talk)).toEqual([]);
    wrapped.server(result(1));
    expect(ids(talk)).toEqual([[1, 'ok', false]]);
  });

  it('leaves the call uncertain that is never answered', () => {
    const talk = startConversation();
    const wrapped = talk.wrap();
    wrapped.client(toolCall(1));
    wrapped.server(failure(null, -32_700));
    wrapped.exit();
    expect(ids(talk)).toEqual([[1, 'ok', true]]);
  });
});

describe('what waits is bounded', () => {
  it('on a pipe: the oldest call is lost when there are ten thousand', () => {
    const talk = startConversation();
    const wrapped = talk.wrap();
    for (let id = 0; id <= 10_000; id++) wrapped.client(toolCall(id));
    expect(outcomes(talk)).toEqual([['tools/call', 0, 'lost']]);
  });

  it('in a session: the oldest call that waits for a stream is lost when there are a thousand', () => {
    const talk = startSessions();
    for (let id = 0; id <= 1_000; id++) talk.post(toolCall(id), SESSION).answer(202);
    expect(outcomes(talk)).toEqual([['tools/call', 0, 'lost']]);
  });

  it('calls that were given up are remembered, a hundred of a session', () => {
    const talk = startConversation();
    const wrapped = talk.wrap();
    for (let id = 0; id <= 100; id++) {
      wrapped.client(toolCall(id));
      wrapped.client(notification('notifications/cancelled', { requestId: id }));
    }
    wrapped.server(result(100));
    wrapped.server(result('99'));
    wrapped.server(result(1));
    expect(anomalies(talk)).toEqual([]);
    wrapped.server(result(0));
    expect(anomalies(talk)).toEqual(['unmatched-response']);
  });
});

describe('a late answer to a call that was given up', () => {
  it('on the stream of an endpoint is no answer of the call that waits', () => {
    const talk = startConversation();
    const { stream, post } = openEndpoint(talk, '/messages?sessionId=q1');
    post(toolCall(1)).answer(202);
    post(notification('notifications/cancelled', { requestId: 1 })).answer(202);
    post(toolCall(2)).answer(202);
    stream.event(result(1));
    stream.close();
    expect(ids(talk).filter(([id]) => id !== undefined)).toEqual([
      [1, 'cancelled', false],
      [2, 'lost', false],
    ]);
    expect(anomalies(talk)).not.toContain('unmatched-response');
  });
});
