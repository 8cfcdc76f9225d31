import { describe, expect, it } from 'vitest';
import { failure, notification, request, result, startConversation, toolCall } from '../support/conversation.ts';
import { OTHER_SESSION, SESSION, anomalies, getStream, outcomes, startSessions, streamed } from './two-sessions.ts';

describe('an answer', () => {
  it.each([0, '', 1, '1', -1, 1.5, 'listen:0'])('belongs to the request with its id, here %j [JSONRPC-ID-1]', (id) => {
    const talk = startSessions();
    talk.ask(toolCall(id), result(id), SESSION);
    expect(outcomes(talk)).toEqual([['tools/call', id, 'ok']]);
  });

  it('with the id "1" is none to 1 [JSONRPC-ID-2]', () => {
    const talk = startSessions();
    talk.post([toolCall(1), request('1', 'tools/list')], SESSION).answer(200, [result('1'), failure(1, -32_603)]);
    expect(outcomes(talk)).toEqual([
      ['tools/list', '1', 'ok'],
      ['tools/call', 1, 'rpc-error'],
    ]);
  });

  it('with an id that several callers use at once belongs to the exchange it came on [JSONRPC-ID-3]', () => {
    const talk = startConversation();
    const calls = ['a', 'b', 'c'].map((name) => talk.post(toolCall(1, name)));
    for (const call of calls.toReversed()) call.answer(200, result(1));
    expect(talk.of('operation-ended').map(({ operation }) => operation.target?.name)).toEqual(['c', 'b', 'a']);
  });

  it('may come in any order on one stream, among other messages', () => {
    const talk = startSessions();
    const exchange = talk.post([toolCall(1), toolCall(2)], SESSION);
    exchange.stream();
    exchange.event(result(2));
    exchange.event(notification('notifications/message', { level: 'info', data: 'x' }));
    exchange.event(failure(1, -32_603));
    exchange.close();
    expect(outcomes(talk)).toEqual([
      ['tools/call', 2, 'ok'],
      ['tools/call', 1, 'rpc-error'],
    ]);
  });

  it.each([
    ['without an id', failure(undefined, -32_000)],
    ['with the id null', failure(null, -32_001)],
  ])('that is an error %s belongs to the request of its exchange [JSONRPC-ID-4]', (_, error) => {
    const talk = startSessions();
    talk.post(toolCall(7), SESSION).answer(400, error);
    expect(outcomes(talk)).toEqual([['tools/call', 7, 'rpc-error']]);
    expect(anomalies(talk)).toEqual([]);
  });

  it('without an id is nobody’s where there are two requests', () => {
    const talk = startSessions();
    talk.post([toolCall(1), toolCall(2)], SESSION).answer(400, failure(undefined, -32_000));
    expect(anomalies(talk)).toEqual(['unmatched-response']);
    expect(outcomes(talk).map(([, , kind]) => kind)).toEqual(['refused', 'refused']);
  });

  it('that nobody waits for is an anomaly', () => {
    const talk = startSessions();
    getStream(talk).event(result(2));
    expect(anomalies(talk)).toEqual(['unmatched-response']);
  });

  it('to a notification that was refused is no anomaly', () => {
    const talk = startSessions();
    talk.post(notification('notifications/initialized'), SESSION).answer(400, failure(undefined, -32_000));
    expect(anomalies(talk)).toEqual([]);
    expect(outcomes(talk)).toEqual([['notifications/initialized', undefined, 'refused']]);
  });
});

describe('an answer on another exchange', () => {
  it('comes on a resumed GET after the stream broke off [MCP-RESUME-1]', () => {
    const talk = startSessions();
    const call = streamed(talk, 1);
    call.event(notification('notifications/progress', { progressToken: 1, progress: 1 }), 'e1');
    call.close('upstream-failed');
    expect(outcomes(talk)).toEqual([]);
    talk.clock.advance(5_000);
    getStream(talk, { ...SESSION, 'Last-Event-ID': 'e1' }).event(result(1), 'e2');
    expect(outcomes(talk)).toEqual([['tools/call', 1, 'ok']]);
    expect(talk.ended().endedAt - talk.ended().startedAt).toBe(5_000);
  });

  it('comes after the server closed the stream on purpose, as 2025-11-25 may [MCP-RESUME-2]', () => {
    const talk = startSessions();
    const call = streamed(talk, 1);
    call.event('', 'priming');
    call.close();
    getStream(talk).event(result(1), 'e2');
    expect(outcomes(talk)).toEqual([['tools/call', 1, 'ok']]);
  });

  it('comes while the first one is still open', () => {
    const talk = startSessions();
    const call = streamed(talk, 1);
    getStream(talk).event(result(1), 'e1');
    call.close();
    expect(outcomes(talk)).toEqual([['tools/call', 1, 'ok']]);
  });

  it('is not one of another session', () => {
    const talk = startSessions();
    const call = streamed(talk, 1);
    call.event('', 'priming');
    call.close();
    getStream(talk, OTHER_SESSION).event(result(1), 'e2');
    expect(outcomes(talk)).toEqual([]);
    expect(anomalies(talk)).toEqual(['unmatched-response']);
  });

  it('is not waited for where the stream could not be resumed', () => {
    const talk = startSessions();
    const call = streamed(talk, 1);
    call.close('upstream-failed');
    expect(talk.ended()).toMatchObject({ outcome: { kind: 'failed', type: 'upstream_reset' } });
  });

  it('is not waited for in the modern era, where the request is lost with its stream [MCP-MODERN-4]', () => {
    const talk = startConversation();
    const call = talk.post(toolCall(1), { 'MCP-Protocol-Version': '2026-07-28' });
    call.stream();
    call.event('', 'priming');
    call.close();
    expect(talk.ended().outcome).toEqual({ kind: 'lost' });
  });

  it('is waited for until the session ends', () => {
    const talk = startSessions();
    const call = streamed(talk, 1);
    call.event('', 'priming');
    call.close();
    talk.send({ method: 'DELETE', headers: SESSION }).answer(200);
    expect(outcomes(talk)).toEqual([['tools/call', 1, 'lost']]);
    expect(anomalies(talk)).toEqual(['lost']);
    expect(talk.of('session-ended')[0]?.session.totals).toMatchObject({ toolCalls: 1, failed: 1, rejected: 0 });
  });
});

describe('an event that is delivered again', () => {
  it('is the same message, known by its id [MCP-RESUME-3]', () => {
    const talk = startSessions();
    const progress = notification('notifications/progress', { progressToken: 1, progress: 1 });
    const call = streamed(talk, 1);
    call.event(progress, 'e1');
    call.event(result(1), 'e2');
    call.close();
    const resumed = talk.send({ method: 'GET', headers: { ...SESSION, 'Last-Event-ID': 'e0' } });
    resumed.stream();
    resumed.event(progress, 'e1');
    resumed.event(result(1), 'e2');
    expect(talk.of('notified')).toHaveLength(1);
    expect(outcomes(talk)).toHaveLength(1);
    expect(anomalies(talk)).toEqual([]);
  });

  it('is another one in another session', () => {
    const talk = startSessions();
    for (const headers of [SESSION, OTHER_SESSION]) streamed(talk, 1, headers).event(result(1), 'e1');
    expect(outcomes(talk)).toHaveLength(2);
  });

  // All messages of a batch share the id of their event; was: all but the first counted as redelivered.
  it('is not what a batch in one event is', () => {
    const talk = startSessions();
    const call = talk.post([toolCall(1), toolCall(2)], SESSION);
    call.stream();
    call.event([result(1), result(2)], 'e1');
    call.close();
    expect(outcomes(talk).map(([, id, kind]) => [id, kind])).toEqual([
      [1, 'ok'],
      [2, 'ok'],
    ]);
  });
});

describe('a batch [MCP-BATCH-1]', () => {
  it('is as many operations as it has requests and notifications', () => {
    const talk = startSessions();
    const batch = [toolCall(1, 'a'), notification('notifications/roots/list_changed'), request(2, 'ping')];
    talk.post(batch, SESSION).answer(200, [result(2), result(1)]);
    expect(outcomes(talk)).toEqual([
      ['ping', 2, 'ok'],
      ['tools/call', 1, 'ok'],
      ['notifications/roots/list_changed', undefined, 'ok'],
    ]);
    const spanIds = talk.of('operation-ended').map(({ operation }) => operation.spanId);
    expect(new Set(spanIds).size).toBe(3);
  });

  it('that uses an id twice is odd', () => {
    const talk = startSessions();
    talk.post([toolCall(1), toolCall(1)], SESSION).answer(200, [result(1)]);
    expect(anomalies(talk)).toContain('reused-id');
  });

  it('that uses an id twice still has two operations', () => {
    const talk = startSessions();
    talk.post([toolCall(1), toolCall(1)], SESSION).answer(200, [result(1)]);
    expect(outcomes(talk)).toHaveLength(2);
  });
});
