import { describe, expect, it } from 'vitest';
import { failure, notification, request, result, startConversation, toolCall } from '../support/conversation.ts';
import { carriers } from './carriers.ts';
import { SESSION, anomalies, getStream, outcomes, startSessions, streamed } from './two-sessions.ts';

describe('an id that is echoed in the other type is the answer to its request', () => {
  it.each(carriers())('in %s, a number as text', (_, open) => {
    const { talk, ask } = open();
    for (const id of [1, 2, 3]) {
      const answer = ask(toolCall(id));
      talk.clock.advance(10);
      answer(result(String(id)));
    }
    expect(outcomes(talk)).toEqual([1, 2, 3].map((id) => ['tools/call', id, 'ok']));
    expect(talk.ended()).toMatchObject({ incomplete: false, startedAt: talk.ended().endedAt - 10 });
    expect(anomalies(talk)).toEqual([]);
  });

  it.each(carriers())('in %s, text as a number', (_, open) => {
    const { talk, ask } = open();
    ask(toolCall('7'))(result(7));
    expect(outcomes(talk)).toEqual([['tools/call', '7', 'ok']]);
    expect(anomalies(talk)).toEqual([]);
  });

  it.each(carriers('a pipe', 'the stream of HTTP+SSE'))('in %s, with several calls under way', (_, open) => {
    const { talk, ask } = open();
    const answers = [1, 2, 3].map((id) => ask(toolCall(id)));
    answers[1]?.(result('2'), result('3'), result('1'));
    expect(outcomes(talk).map(([, id, kind]) => [id, kind])).toEqual([
      [2, 'ok'],
      [3, 'ok'],
      [1, 'ok'],
    ]);
    expect(anomalies(talk)).toEqual([]);
  });

  it.each(carriers())('in %s, unless both types were sent: then they stay two', (_, open) => {
    const { talk, ask } = open();
    ask([toolCall(1), request('1', 'ping')])(result('1'), failure(1, -32_603));
    expect(outcomes(talk)).toEqual([
      ['ping', '1', 'ok'],
      ['tools/call', 1, 'rpc-error'],
    ]);
  });

  it('but text that only looks like the number is another id', () => {
    const { talk, ask } = (carriers('a pipe')[0] ?? [])[1]?.() ?? { talk: startConversation(), ask: () => () => {} };
    ask(toolCall(1))(result('01'));
    expect(outcomes(talk)).toEqual([]);
    expect(anomalies(talk)).toEqual(['unmatched-response']);
  });

  it('where the client answers the server, too', () => {
    const talk = startSessions();
    const stream = getStream(talk);
    stream.event(request(5, 'roots/list'));
    talk.post(result('5', { roots: [] }), SESSION).answer(202);
    expect(outcomes(talk)).toEqual([['roots/list', 5, 'ok']]);
    expect(anomalies(talk)).toEqual([]);
  });
});

describe('an error with an invented id', () => {
  it.each(carriers('a JSON body', 'an event stream'))('in %s is that of the one request there', (_, open) => {
    const { talk, ask } = open();
    ask(toolCall(1))(failure('server-error', -32_603));
    expect(talk.ended()).toMatchObject({ requestId: 1, outcome: { kind: 'rpc-error', code: -32_603 } });
    expect(anomalies(talk)).toEqual([]);
  });

  it('is nobody’s where the exchange carried two requests', () => {
    const talk = startSessions();
    talk.post([toolCall(1), toolCall(2)], SESSION).answer(200, [failure('err_1', -32_603), result(2)]);
    expect(anomalies(talk)).toContain('unmatched-response');
    expect(talk.of('operation-ended').map(({ operation }) => operation.requestId)).toContain(2);
  });
});

describe('an answer in a JSON body', () => {
  it('is that of its own request, though it has the id of another one', () => {
    const talk = startSessions();
    talk.post(toolCall(1), SESSION).answer(202);
    talk.post(toolCall(2), SESSION).answer(200, result(1));
    expect(outcomes(talk)).toEqual([['tools/call', 2, 'ok']]);
  });
});

describe('an answer on a standing stream', () => {
  it('is nobody’s where it has the id of two calls but for its type', () => {
    const talk = startSessions();
    const calls = [streamed(talk, 1), streamed(talk, 1)];
    getStream(talk).event(result('1'));
    expect(outcomes(talk)).toEqual([]);
    for (const call of calls) call.event(result(1));
    expect(outcomes(talk)).toHaveLength(2);
  });

  it('is that of the one call that has its id but for its type', () => {
    const talk = startSessions();
    streamed(talk, 1);
    streamed(talk, 2);
    getStream(talk).event(result('2'));
    expect(outcomes(talk)).toEqual([['tools/call', 2, 'ok']]);
  });
});

describe('an answer on an event stream', () => {
  it('is that of another call of the session where it has its id', () => {
    const talk = startSessions();
    const first = streamed(talk, 1);
    first.event('', 'priming');
    first.close();
    const second = streamed(talk, 2);
    second.event(result(1));
    second.event(result(2));
    expect(outcomes(talk).map(([, id, kind]) => [id, kind])).toEqual([
      [1, 'ok'],
      [2, 'ok'],
    ]);
    expect(anomalies(talk)).toEqual([]);
  });

  it('never takes the call of another session', () => {
    const talk = startSessions();
    const call = streamed(talk, 1);
    getStream(talk, { 'Mcp-Session-Id': 's2' }).event(result('1'));
    expect(outcomes(talk)).toEqual([]);
    call.event(result('1'));
    expect(outcomes(talk)).toEqual([['tools/call', 1, 'ok']]);
  });
});

describe('several clients in one activity', () => {
  const stream = (talk: ReturnType<typeof startConversation>, id: unknown, progressToken?: unknown) => {
    const call = talk.post(toolCall(id, 'quiz', progressToken === undefined ? {} : { _meta: { progressToken } }));
    call.stream();
    return call;
  };

  it.each([1, '1'])('do not get the answers of each other, here to %j', (id) => {
    const talk = startConversation();
    const [first, second] = [stream(talk, 1), stream(talk, 1)];
    first.event(result(1));
    first.event(result(id));
    expect(outcomes(talk)).toHaveLength(1);
    second.event(failure(1, -32_603));
    expect(outcomes(talk).map(([, , kind]) => kind)).toEqual(['ok', 'rpc-error']);
  });

  it('do not get the progress of each other', () => {
    const talk = startConversation();
    const [first, second] = [stream(talk, 1, 'a'), stream(talk, 1, 'b')];
    first.event(result(1));
    first.event(notification('notifications/progress', { progressToken: 'b', progress: 1 }));
    second.event(result(1));
    expect(talk.ended().events).toEqual([]);
  });

  it('do not give up the calls of each other', () => {
    const talk = startConversation();
    const calls = [stream(talk, 1), stream(talk, 1)];
    talk.post(notification('notifications/cancelled', { requestId: 1 })).answer(202);
    for (const call of calls) call.event(result(1));
    expect(talk.of('cancelled')).toEqual([]);
  });

  it('do not excuse each other', () => {
    const talk = startConversation();
    const [first, second] = [stream(talk, 1), stream(talk, 1)];
    first.event(result(1));
    first.event(result('made-up'));
    second.close();
    expect(talk.ended()).toMatchObject({ outcome: { kind: 'lost' }, incomplete: false });
  });
});

describe('the id of an event', () => {
  const progress = (token: number) => notification('notifications/progress', { progressToken: token, progress: 1 });

  it.each([
    ['is the same for all', () => 's1'],
    ['is counted from 0 on each stream', (index: number) => String(index)],
  ])('that %s drops no answer', (_, idOf) => {
    const talk = startSessions();
    for (const id of [1, 2, 3]) {
      const call = streamed(talk, id);
      talk.clock.advance(20);
      call.event(progress(id), idOf(0));
      call.event(result(id), idOf(1));
      call.close();
    }
    expect(outcomes(talk).map(([, id, kind]) => [id, kind])).toEqual([1, 2, 3].map((id) => [id, 'ok']));
    const operations = talk.of('operation-ended').map(({ operation }) => operation);
    expect(operations.map(({ startedAt, endedAt }) => endedAt - startedAt)).toEqual([20, 20, 20]);
    expect(talk.of('notified')).toHaveLength(3);
    expect(anomalies(talk)).toEqual([]);
  });

  it('that is the same for all drops no answer of an activity either', () => {
    const talk = startConversation();
    for (const id of [1, 2, 3]) {
      const call = talk.post(toolCall(id));
      call.stream();
      call.event(result(id), 'same');
      call.close();
    }
    expect(outcomes(talk).map(([, id, kind]) => [id, kind])).toEqual([1, 2, 3].map((id) => [id, 'ok']));
  });

  it('that is the same for all drops no request of the server', () => {
    const talk = startSessions();
    const stream = getStream(talk);
    for (const id of ['a', 'b']) stream.event(request(id, 'roots/list'), 's1');
    for (const id of ['a', 'b']) talk.post(result(id), SESSION).answer(202);
    expect(outcomes(talk)).toHaveLength(2);
  });

  it('that comes again on a resumed stream drops what was seen, but no answer that is waited for', () => {
    const talk = startSessions();
    const call = streamed(talk, 1);
    call.event(progress(1), 'e1');
    call.close('upstream-failed');
    const resumed = getStream(talk, { ...SESSION, 'Last-Event-ID': 'e0' });
    resumed.event(progress(1), 'e1');
    resumed.event(result(1), 'e1');
    resumed.event(result(1), 'e1');
    expect(talk.of('notified')).toHaveLength(1);
    expect(outcomes(talk)).toEqual([['tools/call', 1, 'ok']]);
    expect(anomalies(talk)).toEqual([]);
  });
});
