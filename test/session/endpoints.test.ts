import { describe, expect, it } from 'vitest';
import {
  modern,
  request,
  result,
  REVISION,
  startConversation,
  toolCall,
  type Conversation,
} from '../support/conversation.ts';
import { openEndpoint, type EndpointStream } from './endpoint-stream.ts';
import { anomalies, outcomes } from './two-sessions.ts';

const INITIALIZE = request(0, 'initialize', { protocolVersion: REVISION, clientInfo: { name: 'zed', version: '1' } });

/** A handshake and a call, both answered on the stream. */
function speak({ stream, post }: EndpointStream): void {
  post(INITIALIZE).answer(202);
  stream.event(result(0, { protocolVersion: REVISION }));
  post(toolCall(1)).answer(202);
  stream.event(result(1));
}

const sessions = (talk: Conversation) => talk.of('session-opened').map(({ session: { id, opened } }) => [id, opened]);

describe('the endpoint of an HTTP+SSE stream', () => {
  it.each([
    ['is a path with a query', '/messages/?session_id=0a1b', '/messages/?session_id=0a1b', '0a1b'],
    ['is spelled as the TypeScript SDK does', '/messages?sessionId=0a1b', '/messages?sessionId=0a1b', '0a1b'],
    ['is the path of the stream itself', '/sse?sessionid=0a1b', '/sse?sessionid=0a1b', '0a1b'],
    ['has no path', '?sessionId=0a1b', '/sse?sessionId=0a1b', '0a1b'],
    ['has the id in its path', '/mcp_server/messages/0a1b', '/mcp_server/messages/0a1b', '0a1b'],
    ['has the id in its path, and a slash after it', '/messages/0a1b/', '/messages/0a1b/', '0a1b'],
    ['has a name of its own', '/messages?clientId=0a1b', '/messages?clientId=0a1b', '0a1b'],
    ['has several parameters', '/m?tenant=7&client=0a1b', '/m?tenant=7&client=0a1b', '/m?tenant=7&client=0a1b'],
    ['is relative', 'messages/0a1b', '/messages/0a1b', '0a1b'],
    ['is an absolute URL of the host that was asked', 'http://localhost/m?id=0a1b', '/m?id=0a1b', '0a1b'],
    ['is an absolute URL behind TLS', 'https://localhost/m?id=0a1b', '/m?id=0a1b', '0a1b'],
  ])('%s', (_, endpoint, target, id) => {
    const talk = startConversation();
    speak(openEndpoint(talk, endpoint, { target }));
    expect(outcomes(talk)).toEqual([
      ['initialize', 0, 'ok'],
      ['tools/call', 1, 'ok'],
    ]);
    expect(sessions(talk)).toEqual([[id, 'handshake']]);
    expect(talk.ended()).toMatchObject({ clientLabel: 'zed', source: 'header' });
    expect(anomalies(talk)).toEqual([]);
  });

  it('keeps the sessions of two streams apart, though ids repeat', () => {
    const talk = startConversation();
    const first = openEndpoint(talk, '/messages/one');
    const second = openEndpoint(talk, '/messages/two');
    const calls = [first, second].map(({ post }) => post(toolCall(1)));
    for (const call of calls) call.answer(202);
    second.stream.event(result(1));
    expect(talk.of('operation-ended').map(({ operation }) => operation.session?.id)).toEqual(['two']);
    first.stream.event(result(1));
    expect(talk.of('operation-ended').map(({ operation }) => operation.session?.id)).toEqual(['two', 'one']);
  });

  it('that leads to another host is said, once for each stream', () => {
    const talk = startConversation();
    openEndpoint(talk, 'http://10.0.0.7:8000/messages?id=1');
    expect(anomalies(talk)).toEqual(['endpoint-elsewhere']);
    expect(outcomes(talk)).toEqual([]);
  });

  it('is what the first such event says', () => {
    const talk = startConversation();
    const opened = openEndpoint(talk, '/messages/one');
    opened.stream.event('/messages/other', undefined, 'endpoint');
    speak(opened);
    expect(sessions(talk)).toEqual([['one', 'handshake']]);
    opened.stream.close();
    expect(talk.of('session-ended')).toHaveLength(1);
  });

  it('is none in the answer to a POST', () => {
    const talk = startConversation();
    const call = talk.post(toolCall(1));
    call.stream();
    call.event('/messages/one', undefined, 'endpoint');
    call.event(result(1));
    call.close();
    expect(talk.ended()).toMatchObject({ outcome: { kind: 'ok' }, source: 'peer' });
    talk.send({ path: '/messages/one', body: toolCall(2) }).answer(200, result(2));
    expect(talk.ended().source).toBe('peer');
  });

  it('may be that of an earlier stream, which ends later: the session goes on', () => {
    const talk = startConversation();
    const first = openEndpoint(talk, '/messages');
    speak(first);
    const second = openEndpoint(talk, '/messages');
    first.stream.close('client-left');
    expect(talk.of('session-ended')).toEqual([]);
    second.post(toolCall(2)).answer(202);
    second.stream.event(result(2));
    expect(talk.ended()).toMatchObject({ requestId: 2, outcome: { kind: 'ok' } });
    second.stream.close('client-left');
    expect(talk.of('session-ended')).toHaveLength(1);
  });

  it('is of the session that its stream names in a header', () => {
    const talk = startConversation();
    talk.initialize('s1');
    const opened = openEndpoint(talk, '/messages?token=abc', { headers: { 'Mcp-Session-Id': 's1' } });
    opened.post(toolCall(5)).answer(202);
    opened.stream.event(result(5));
    expect(talk.ended()).toMatchObject({ requestId: 5, outcome: { kind: 'ok' }, session: { id: 's1' } });
    expect(talk.of('session-opened')).toHaveLength(1);
  });

  it('is of the session that a handshake of the newest revision opens there', () => {
    const talk = startConversation();
    const { stream, post } = openEndpoint(talk, '/messages/one');
    post(request('p', 'server/discover', modern())).answer(202);
    stream.event(result('p', { supportedVersions: ['2026-07-28'] }));
    expect(talk.ended()).toMatchObject({ handshake: 'discover', session: { id: 'one', era: 'modern' } });
    stream.close('client-left');
    expect(talk.of('session-ended')).toMatchObject([{ reason: 'deleted' }]);
  });

  it('tells modern clients apart', () => {
    const talk = startConversation();
    for (const id of ['one', 'two']) {
      const { stream, post } = openEndpoint(talk, `/messages/${id}`);
      post(toolCall(1, 'quiz', modern())).answer(202);
      stream.event(result(1));
    }
    expect(talk.of('operation-ended').map(({ operation }) => [operation.era, operation.session?.id])).toEqual([
      ['modern', 'one'],
      ['modern', 'two'],
    ]);
  });
});

describe('an HTTP+SSE session', () => {
  it('whose beginning was seen has a root, though its handshake was never answered', () => {
    const talk = startConversation();
    const { stream, post } = openEndpoint(talk, '/messages/?session_id=q1');
    post(INITIALIZE).close('client-left');
    post(toolCall(1)).answer(202);
    stream.event(result(1));
    expect(sessions(talk)).toEqual([['q1', 'first-use']]);
  });

  it('whose stream was opened before mcpspan came is attached, and known by its query', () => {
    const talk = startConversation();
    talk.send({ path: '/messages/?session_id=q1', body: toolCall(1) }).answer(200, result(1));
    expect(sessions(talk)).toEqual([['q1', 'attached']]);
  });

  it.each([
    ['client-left', 'deleted', 'cancelled'],
    ['complete', 'expired', 'lost'],
    ['upstream-failed', 'expired', 'lost'],
  ] as const)('ends with its stream (%s): %s, and what waits is %s', (reason, ended, outcome) => {
    const talk = startConversation();
    const opened = openEndpoint(talk, '/messages/?session_id=q1');
    speak(opened);
    opened.post(toolCall(2)).answer(202);
    opened.stream.close(reason);
    expect(talk.of('session-ended')).toMatchObject([{ reason: ended, session: { id: 'q1' } }]);
    expect(outcomes(talk).at(-1)).toEqual(['tools/call', 2, outcome]);
  });

  it('is not opened again by what is sent to its endpoint after its stream has ended', () => {
    const talk = startConversation();
    const opened = openEndpoint(talk, '/messages/q1');
    speak(opened);
    opened.stream.close('client-left');
    opened.post(toolCall(2)).answer(404);
    expect(talk.of('session-opened')).toHaveLength(1);
    expect(outcomes(talk).at(-1)).toEqual(['tools/call', 2, 'refused']);
  });
});

describe('endpoints are bounded', () => {
  it('in number: the newest are known', () => {
    const talk = startConversation();
    const streams = Array.from({ length: 10_001 }, (_, index) => openEndpoint(talk, `/messages/${index}`));
    const ask = (index: number) => {
      streams[index]?.post(toolCall(1)).answer(200, result(1));
      return talk.ended().session?.id;
    };
    expect(ask(10_000)).toBe('10000');
    expect(ask(1)).toBe('1');
    expect(ask(0)).toBeUndefined();
  });

  it('in length: a longer one is not read', () => {
    const talk = startConversation();
    const { post } = openEndpoint(talk, `/messages/${'x'.repeat(3_000)}`);
    post(toolCall(1)).answer(200, result(1));
    expect(talk.ended().source).toBe('peer');
    expect(anomalies(talk)).toEqual([]);
  });

  it.each(['http://[', 'http://', '\u0000', ' ', 'javascript:alert(1)', 'data:,x', '//elsewhere/x', '/a#b', '%', '..'])(
    'in what they may be: %j does no harm',
    (endpoint) => {
      const talk = startConversation();
      const { stream } = openEndpoint(talk, endpoint, { target: '/messages' });
      talk.call('s1');
      stream.close();
      expect(talk.ended().outcome.kind).toBe('ok');
    },
  );
});
