import { describe, expect, it } from 'vitest';
import {
  failure,
  notification,
  request,
  result,
  startConversation,
  toolCall,
  type Headers,
} from '../support/conversation.ts';

const SESSION = { 'Mcp-Session-Id': 's1' };
const openStream = (talk: ReturnType<typeof startConversation>, headers: Headers = SESSION) => {
  const stream = talk.send({ method: 'GET', headers });
  stream.stream();
  return stream;
};

describe('a session ends', () => {
  it.each([200, 202, 204])('deleted, by a DELETE answered with %i [MCP-SESSION-6]', (status) => {
    const talk = startConversation();
    talk.initialize('s1');
    talk.send({ method: 'DELETE', headers: SESSION }).answer(status);
    expect(talk.of('session-ended')).toMatchObject([{ reason: 'deleted', counted: true, session: { id: 's1' } }]);
  });

  it.each([400, 405, 501])('not by a DELETE answered with %i [MCP-SESSION-7]', (status) => {
    const talk = startConversation();
    talk.initialize('s1');
    talk.send({ method: 'DELETE', headers: SESSION }).answer(status);
    expect(talk.of('session-ended')).toHaveLength(0);
  });

  it('expired, by a 404 to its id, also of a GET', () => {
    const talk = startConversation();
    talk.initialize('s1');
    talk.send({ method: 'GET', headers: SESSION }).answer(404, failure(null, -32_001));
    expect(talk.of('session-ended')).toMatchObject([{ reason: 'expired' }]);
  });

  it('not by a 404 to something else', () => {
    const talk = startConversation();
    talk.initialize('s1');
    talk.send({ method: 'GET', path: '/.well-known/oauth-protected-resource' }).answer(404);
    talk.post(toolCall(1), { 'Mcp-Session-Id': 's2' }).answer(404);
    expect(talk.of('session-ended')).toHaveLength(0);
  });

  it('idle, after --idle-seconds of silence', () => {
    const talk = startConversation({ 'idle-seconds': 600 });
    talk.initialize('s1');
    talk.clock.advance(599_999);
    talk.sweep();
    expect(talk.of('session-ended')).toHaveLength(0);
    talk.clock.advance(1);
    talk.sweep();
    expect(talk.of('session-ended')).toMatchObject([{ reason: 'idle', counted: true }]);
  });

  it('not idle while a GET stream is open, and counted from its end [MCP-STREAM-1]', () => {
    const talk = startConversation({ 'idle-seconds': 600 });
    talk.initialize('s1');
    const streams = [openStream(talk), openStream(talk)];
    talk.clock.advance(3_600_000);
    streams[0]?.close('client-left');
    talk.clock.advance(3_600_000);
    talk.sweep();
    expect(talk.of('session-ended')).toHaveLength(0);
    streams[1]?.close('client-left');
    talk.clock.advance(599_999);
    talk.sweep();
    expect(talk.of('session-ended')).toHaveLength(0);
    talk.clock.advance(1);
    talk.sweep();
    expect(talk.of('session-ended')).toMatchObject([{ reason: 'idle' }]);
  });

  // Was: only the session that the header names was looked at, and the endpoint event names this one.
  it('not idle while the event stream of 2024-11-05 is open', () => {
    const talk = startConversation({ 'idle-seconds': 600 });
    const stream = talk.send({ method: 'GET', path: '/sse' });
    stream.stream();
    stream.event('/messages?sessionId=q1', undefined, 'endpoint');
    talk.send({ path: '/messages?sessionId=q1', body: request(0, 'initialize') }).answer(202);
    stream.event(result(0));
    expect(talk.of('session-opened')).toHaveLength(1);
    talk.clock.advance(3_600_000);
    talk.sweep();
    expect(talk.of('session-ended')).toHaveLength(0);
  });

  // Was: only operations that had ended counted.
  it('not idle while a call is under way', () => {
    const talk = startConversation({ 'idle-seconds': 600 });
    talk.initialize('s1');
    const call = talk.post(toolCall(2), SESSION);
    call.stream();
    talk.clock.advance(900_000);
    talk.sweep();
    call.event(result(2));
    call.close();
    expect(talk.of('session-ended')).toHaveLength(0);
    expect(talk.of('session-used')).toHaveLength(1);
  });

  it('idle after half an hour where it was derived, however short the silence that ends others', () => {
    const talk = startConversation({ 'idle-seconds': 5 });
    talk.call(undefined);
    talk.clock.advance(1_799_999);
    talk.sweep();
    expect(talk.of('session-ended')).toHaveLength(0);
    talk.clock.advance(1);
    talk.sweep();
    expect(talk.of('session-ended')).toMatchObject([{ reason: 'idle', session: { source: 'peer' } }]);
  });

  it('in shutdown, with the operations that wait in it lost first', () => {
    const talk = startConversation();
    talk.initialize('s1');
    talk.post(toolCall(2), SESSION);
    talk.tracker.shutdown(talk.clock.now());
    expect(talk.events.slice(-3).map(({ kind }) => kind)).toEqual(['operation-ended', 'session-used', 'session-ended']);
    expect(talk.ended()).toMatchObject({ outcome: { kind: 'lost' }, session: { id: 's1' } });
    expect(talk.of('session-ended')).toMatchObject([{ reason: 'shutdown', session: { totals: { failed: 1 } } }]);
  });

  it('once', () => {
    const talk = startConversation();
    talk.initialize('s1');
    talk.send({ method: 'DELETE', headers: SESSION }).answer(200);
    talk.send({ method: 'DELETE', headers: SESSION }).answer(404);
    talk.clock.advance(10_000_000);
    talk.sweep();
    talk.tracker.shutdown(talk.clock.now());
    expect(talk.of('session-ended')).toHaveLength(1);
  });
});

describe('when there is no room for another session', () => {
  it('an empty one goes before an idler one that was used', () => {
    const talk = startConversation({ 'max-sessions': 2 });
    talk.initialize('used');
    talk.call('used');
    talk.initialize('empty');
    talk.clock.advance(30_000);
    talk.initialize('new');
    expect(talk.of('session-ended')).toMatchObject([{ reason: 'evicted', session: { id: 'empty' }, counted: true }]);
  });

  it('a young empty one may be about to be used: the idlest goes', () => {
    const talk = startConversation({ 'max-sessions': 2 });
    talk.initialize('used');
    talk.call('used');
    talk.clock.advance(29_000);
    talk.initialize('empty');
    talk.initialize('new');
    expect(talk.of('session-ended')).toMatchObject([{ reason: 'evicted', session: { id: 'used' } }]);
  });

  // Was: at the first eviction the oldest session went, however recently it spoke.
  it('the idlest is the one not heard of for longest, not the oldest', () => {
    const talk = startConversation({ 'max-sessions': 2 });
    talk.call('a');
    talk.call('b');
    talk.call('a');
    talk.call('c');
    expect(talk.of('session-ended')).toMatchObject([{ session: { id: 'b' } }]);
  });
});

describe('a session that speaks again after its end', () => {
  const resumed = () => {
    const talk = startConversation();
    talk.initialize('s1');
    talk.call('s1');
    const first = talk.of('session-opened')[0]?.session;
    talk.clock.advance(600_000);
    talk.sweep();
    const call = talk.call('s1');
    return { talk, first, call };
  };

  it('goes on in the same trace, as what it was opened by', () => {
    const { first, call } = resumed();
    expect(call.session).not.toBe(first);
    expect(call.session).toMatchObject({
      resumed: true,
      opened: 'handshake',
      root: first?.root,
      clientLabel: 'cursor',
    });
    expect(call.placement).toMatchObject({ traceId: first?.root.traceId, parentSpanId: first?.root.spanId });
  });

  it('is summed up again, without what was summed up before', () => {
    const { talk } = resumed();
    talk.tracker.shutdown(talk.clock.now());
    expect(talk.of('session-ended').map(({ session: { part, totals } }) => [part, totals.operations])).toEqual([
      [1, 2],
      [2, 1],
    ]);
  });

  it('has its figures counted once', () => {
    const { talk } = resumed();
    talk.tracker.shutdown(talk.clock.now());
    expect(talk.of('session-ended').map(({ counted }) => counted)).toEqual([true, false]);
    expect(talk.of('session-used')).toHaveLength(1);
  });

  // The server names itself in the handshake only, and this part of the session has none.
  it('is summed up under the name of its server again', () => {
    const { talk } = resumed();
    talk.tracker.shutdown(talk.clock.now());
    expect(talk.of('session-ended')[1]?.session).toMatchObject({ server: { name: 'quiz-server' } });
  });

  it('is another one where it was derived', () => {
    const talk = startConversation();
    const before = talk.call(undefined).session;
    talk.clock.advance(1_800_000);
    talk.sweep();
    const after = talk.call(undefined).session;
    expect(after).toMatchObject({ resumed: false, opened: 'first-use' });
    expect(after?.root.traceId).not.toBe(before?.root.traceId);
    expect(talk.of('session-used')).toHaveLength(2);
  });
});

describe('what an attached session adds up to', () => {
  it('is not counted here: it is not known to be all', () => {
    const talk = startConversation();
    talk.call('s9');
    talk.tracker.shutdown(talk.clock.now());
    expect(talk.of('session-ended')).toMatchObject([{ counted: false, session: { opened: 'attached' } }]);
  });
});

describe('the totals of a session', () => {
  it('are its operations, calls, what failed, what was rejected, handshakes and discoveries', () => {
    const talk = startConversation();
    talk.initialize('s1');
    talk.post(notification('notifications/initialized'), SESSION).answer(202);
    talk.ask(request('l', 'tools/list'), result('l', { tools: [{ name: 'quiz' }] }), SESSION);
    talk.call('s1');
    talk.ask(toolCall('e'), result('e', { isError: true }), SESSION);
    talk.ask(toolCall('f'), failure('f', -32_603), SESSION);
    talk.ask(request('g', 'prompts/get'), failure('g', -32_602), SESSION);
    talk.tracker.shutdown(talk.clock.now());
    expect(talk.of('session-ended')[0]?.session.totals).toEqual({
      operations: 7,
      toolCalls: 3,
      failed: 2,
      rejected: 1,
      handshakes: 1,
      discoveries: 1,
      handshakeSeconds: 0.003,
    });
  });
});

describe('a call that is under way when its session is ended', () => {
  it('is answered in no session, hangs from the root that is known, and opens nothing', () => {
    const talk = startConversation();
    talk.initialize('s1');
    const call = talk.post(toolCall(7), { 'Mcp-Session-Id': 's1' });
    talk.clock.advance(10);
    talk.send({ method: 'DELETE', headers: { 'Mcp-Session-Id': 's1' } }).answer(200);
    const [opened] = talk.of('session-opened');
    talk.clock.advance(10);
    call.answer(200, result(7));
    expect(talk.of('session-opened')).toHaveLength(1);
    expect(talk.of('session-ended')).toHaveLength(1);
    expect(talk.ended()).toMatchObject({
      session: undefined,
      placement: { parentSpanId: opened?.session.root.spanId },
    });
  });

  it('is followed by a later one, which takes the session up again', () => {
    const talk = startConversation();
    talk.initialize('s1');
    talk.send({ method: 'DELETE', headers: { 'Mcp-Session-Id': 's1' } }).answer(200);
    talk.clock.advance(10);
    talk.call('s1');
    expect(talk.of('session-opened')).toHaveLength(2);
  });
});
