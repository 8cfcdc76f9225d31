import { describe, expect, it } from 'vitest';
import {
  failure,
  MODERN,
  modern,
  notification,
  request,
  result,
  startConversation,
  toolCall,
  type Conversation,
} from '../support/conversation.ts';
import { outcomes } from './two-sessions.ts';

const MINTED = { 'Mcp-Session-Id': 's1' };
const sessions = (talk: Conversation) => talk.of('session-opened').map(({ session: { id, opened } }) => [id, opened]);

describe('a session id in an answer', () => {
  it('to another request than initialize opens the session, with a root, and takes that request in', () => {
    const talk = startConversation();
    const first = talk.ask(toolCall(1), result(1), {}, MINTED);
    expect(sessions(talk)).toEqual([['s1', 'first-use']]);
    expect(first.session?.id).toBe('s1');
    const second = talk.call('s1');
    expect(second.session).toBe(first.session);
    expect(second.placement.traceId).toBe(first.placement.traceId);
    expect(second.placement.parentSpanId).toBe(first.session?.root.spanId);
    expect(talk.of('session-opened')).toHaveLength(1);
  });

  it('to a notification that was accepted opens it, too', () => {
    const talk = startConversation();
    talk.post(notification('notifications/initialized')).answer(202, undefined, MINTED);
    talk.call('s1');
    expect(sessions(talk)).toEqual([['s1', 'first-use']]);
  });

  it('that is open already leads the request there', () => {
    const talk = startConversation();
    const { session } = talk.initialize('s1');
    expect(talk.ask(toolCall(1), result(1), {}, MINTED).session).toBe(session);
    expect(talk.of('session-opened')).toHaveLength(1);
  });

  it('to a request that names another session is none', () => {
    const talk = startConversation();
    talk.initialize('s1');
    talk.ask(toolCall(1), result(1), MINTED, { 'Mcp-Session-Id': 's2' });
    expect(talk.ended().session?.id).toBe('s1');
    expect(talk.of('session-opened')).toHaveLength(1);
  });

  it.each([400, 401, 500])('to a request that was refused (%i) opens nothing', (status) => {
    const talk = startConversation();
    talk.post(toolCall(1)).answer(status, failure(1, -32_000), MINTED);
    expect(sessions(talk)).toEqual([]);
  });

  it('to a request of the newest revision is none', () => {
    const talk = startConversation();
    expect(talk.ask(toolCall(1, 'quiz', modern()), result(1), {}, MINTED).source).toBe('peer');
  });
});

describe('a session that was minted in revision 2026-07-28', () => {
  const open = () => {
    const talk = startConversation();
    const asked = request(0, 'initialize', { protocolVersion: MODERN, clientInfo: { name: 'zed', version: '1' } });
    talk.ask(asked, result(0, { protocolVersion: MODERN }), {}, MINTED);
    return talk;
  };

  it('holds the requests that name it where their bodies name no revision', () => {
    const talk = open();
    const call = talk.call('s1', 'quiz', { 'MCP-Protocol-Version': MODERN });
    expect(call).toMatchObject({
      source: 'header',
      protocolVersion: MODERN,
      clientLabel: 'zed',
      session: { id: 's1' },
    });
    expect(sessions(talk)).toEqual([['s1', 'handshake']]);
  });

  it('does not hold those whose bodies name that revision: they need no session', () => {
    const talk = open();
    expect(talk.ask(toolCall(2, 'quiz', modern()), result(2), MINTED).source).toBe('peer');
  });

  it('is none for an id that was never given out here', () => {
    const talk = startConversation();
    expect(talk.call('s9', 'quiz', { 'MCP-Protocol-Version': MODERN })).toMatchObject({
      era: 'modern',
      source: 'peer',
    });
  });
});

describe('a call on a session that is over', () => {
  it('hangs from the root that is known, and opens no second one', () => {
    const talk = startConversation();
    const { session } = talk.initialize('s1');
    talk.send({ method: 'DELETE', headers: MINTED }).answer(200);
    talk.post(toolCall(1), MINTED).answer(404, failure(null, -32_001, 'Session not found'));
    expect(talk.ended()).toMatchObject({
      session: undefined,
      placement: { traceId: session?.root.traceId, parentSpanId: session?.root.spanId },
    });
    expect(sessions(talk)).toEqual([['s1', 'handshake']]);
    expect(outcomes(talk).at(-1)).toEqual(['tools/call', 1, 'rpc-error']);
  });

  it('is followed by the session that its client opens next', () => {
    const talk = startConversation();
    talk.initialize('s1');
    talk.send({ method: 'DELETE', headers: MINTED }).answer(200);
    talk.post(toolCall(1), MINTED).answer(404, failure(null, -32_001));
    talk.initialize('s2');
    talk.call('s2');
    expect(sessions(talk)).toEqual([
      ['s1', 'handshake'],
      ['s2', 'handshake'],
    ]);
  });
});
