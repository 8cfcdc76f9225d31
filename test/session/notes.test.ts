import { describe, expect, it } from 'vitest';
import { openEndpoint } from './endpoint-stream.ts';
import { notification, request, result, startConversation, toolCall } from '../support/conversation.ts';

const SESSION = { 'Mcp-Session-Id': 's1' };

function streamed(...messages: Parameters<typeof toolCall>[0][]) {
  const talk = startConversation();
  talk.initialize('s1');
  const calls = messages.map((id) => toolCall(id, 'quiz', { _meta: { progressToken: `token-${String(id)}` } }));
  const exchange = talk.post(calls.length === 1 && calls[0] !== undefined ? calls[0] : calls, SESSION);
  exchange.stream();
  return { talk, exchange };
}

const progress = (progressToken: unknown, value: number) =>
  notification('notifications/progress', { progressToken, progress: value, total: 3, message: 'PERSONAL' });

describe("a server's notification", () => {
  it('becomes an event on the operation whose stream carries it, with numbers and levels only', () => {
    const { talk, exchange } = streamed(1);
    exchange.event(progress('token-1', 1));
    exchange.event(notification('notifications/message', { level: 'warning', logger: 'PERSONAL', data: 'PERSONAL' }));
    exchange.event(result(1));
    expect(talk.ended().events).toEqual([
      {
        name: 'notifications/progress',
        at: talk.clock.now(),
        facts: { progress: 1, total: 3 },
      },
      { name: 'notifications/message', at: talk.clock.now(), facts: { level: 'warning' } },
    ]);
    expect(talk.of('notified')).toHaveLength(2);
  });

  it('belongs to the operation with its progress token [MCP-PROGRESS-1]', () => {
    const { talk, exchange } = streamed('a', 'b');
    exchange.event(progress('token-b', 2));
    exchange.event(notification('notifications/message', { level: 'info' }));
    exchange.event(result('a'));
    expect(talk.ended().events).toEqual([]);
    exchange.event(result('b'));
    expect(talk.ended().events.map(({ facts }) => facts)).toEqual([{ progress: 2, total: 3 }]);
  });

  it('is counted beyond the 64th', () => {
    const { talk, exchange } = streamed(1);
    for (let value = 0; value < 70; value++) exchange.event(progress('token-1', value));
    exchange.event(result(1));
    expect(talk.ended().events).toHaveLength(64);
    expect(talk.ended().eventsDropped).toBe(6);
    expect(talk.of('notified')).toHaveLength(70);
  });

  it('on a standing stream is counted only', () => {
    const talk = startConversation();
    talk.initialize('s1');
    const stream = talk.send({ method: 'GET', headers: SESSION });
    stream.stream();
    stream.event(notification('notifications/resources/updated', { uri: 'quiz://1' }));
    expect(talk.of('notified')).toMatchObject([{ method: 'notifications/resources/updated', direction: 'to-client' }]);
  });

  // The peer may send a method of any length.
  it('has a bounded name as an event', () => {
    const { talk, exchange } = streamed(1);
    exchange.event(notification(`notifications/${'x'.repeat(2_000)}`));
    exchange.event(result(1));
    expect(talk.ended().events[0]?.name.length ?? 0).toBeLessThanOrEqual(128);
  });
});

describe("a client's notification", () => {
  it('is an operation that ends when it is accepted', () => {
    const talk = startConversation();
    talk.initialize('s1');
    const sent = talk.post(notification('notifications/initialized'), SESSION);
    talk.clock.advance(2);
    sent.answer(202);
    const operation = talk.ended('notifications/initialized');
    expect(operation).toMatchObject({ form: 'notification', requestId: undefined, outcome: { kind: 'ok' } });
    expect(operation.endedAt - operation.startedAt).toBe(2);
  });
});

describe('standing streams [MCP-STREAM-2]', () => {
  it('open and close, and are told by kind and client', () => {
    const talk = startConversation();
    talk.initialize('s1');
    const get = talk.send({ method: 'GET', headers: SESSION });
    get.stream();
    const listen = talk.post(request('listen:0', 'subscriptions/listen'), { 'User-Agent': 'zed/1' });
    listen.stream();
    talk.clock.advance(90_000);
    get.close('client-left');
    listen.close('client-left');
    expect(talk.of('stream-opened')).toMatchObject([
      { stream: 'get', clientLabel: 'cursor' },
      { stream: 'listen', clientLabel: 'zed' },
    ]);
    expect(talk.of('stream-closed')).toMatchObject([
      { stream: 'get', clientLabel: 'cursor', seconds: 90 },
      { stream: 'listen', clientLabel: 'zed', seconds: 90 },
    ]);
  });

  it.each([
    ['refused', 405],
    ['not answered by an event stream', 200],
  ])('do not open where a GET is %s', (_, status) => {
    const talk = startConversation();
    talk.send({ method: 'GET', headers: SESSION }).answer(status, 'x');
    expect(talk.of('stream-opened')).toHaveLength(0);
  });

  it('do not open for the answer of a call', () => {
    const { talk } = streamed(1);
    expect(talk.of('stream-opened')).toHaveLength(0);
  });
});

describe('progress on another stream than its call', () => {
  const withToken = (id: unknown, progressToken: unknown) => toolCall(id, 'quiz', { _meta: { progressToken } });
  const facts = (talk: ReturnType<typeof startConversation>) =>
    talk
      .of('operation-ended')
      .map(({ operation }) => [operation.requestId, operation.events.map((event) => event.facts)]);

  it('belongs to the call that its token names, on the standing stream of the session', () => {
    const talk = startConversation();
    talk.initialize('s1');
    talk.forget();
    const stream = talk.send({ method: 'GET', headers: SESSION });
    stream.stream();
    const calls = ['a', 'b'].map((id) => talk.post(withToken(id, `token-${id}`), SESSION));
    stream.event(progress('token-b', 1));
    stream.event(progress('token-c', 1));
    calls[0]?.answer(200, result('a'));
    calls[1]?.answer(200, result('b'));
    expect(facts(talk)).toEqual([
      ['a', []],
      ['b', [{ progress: 1, total: 3 }]],
    ]);
  });

  it('belongs to the call that its token names, on the stream of an endpoint', () => {
    const talk = startConversation();
    const { stream, post } = openEndpoint(talk, '/messages/?session_id=q1');
    for (const id of [1, 2]) post(withToken(id, id)).answer(202);
    stream.event(progress(2, 1));
    stream.event(progress('2', 2));
    stream.event(notification('notifications/message', { level: 'info', data: 'x' }));
    for (const id of [1, 2]) stream.event(result(id));
    expect(facts(talk)).toEqual([
      [1, []],
      [
        2,
        [
          { progress: 1, total: 3 },
          { progress: 2, total: 3 },
        ],
      ],
    ]);
  });

  it('belongs to no call of another session with the same token', () => {
    const talk = startConversation();
    for (const id of ['s1', 's2']) talk.initialize(id);
    talk.forget();
    const call = talk.post(withToken(1, 'token'), SESSION);
    const stream = talk.send({ method: 'GET', headers: { 'Mcp-Session-Id': 's2' } });
    stream.stream();
    stream.event(progress('token', 1));
    call.answer(200, result(1));
    expect(facts(talk)).toEqual([[1, []]]);
  });

  it('belongs to the call that its token names, on the stream of another call', () => {
    const { talk, exchange } = streamed(1);
    const other = talk.post(withToken(2, 'token-2'), SESSION);
    other.stream();
    other.event(progress('token-1', 1));
    other.event(result(2));
    exchange.event(result(1));
    expect(facts(talk).slice(-2)).toEqual([
      [2, []],
      [1, [{ progress: 1, total: 3 }]],
    ]);
  });
});
