import { describe, expect, it } from 'vitest';
import {
  failure,
  modern,
  MODERN,
  MODERN_META,
  request,
  result,
  startConversation,
  toolCall,
} from '../support/conversation.ts';

describe('a session', () => {
  it('opens with a handshake that is answered with an id [MCP-SESSION-1]', () => {
    const talk = startConversation();
    const operation = talk.initialize('s1');
    expect(talk.of('session-opened')).toHaveLength(1);
    expect(operation.session).toMatchObject({
      source: 'header',
      id: 's1',
      opened: 'handshake',
      era: 'legacy',
      clientLabel: 'cursor',
      protocolVersion: '2025-11-25',
      server: { name: 'quiz-server', version: '2.0.0' },
      openedAt: operation.startedAt,
    });
    expect(operation).toMatchObject({ source: 'header', handshake: 'initialize', protocolVersion: '2025-11-25' });
  });

  it('takes the revision that was negotiated, not the one that was asked for [MCP-LIFECYCLE-1]', () => {
    const talk = startConversation();
    const asked = request(0, 'initialize', { protocolVersion: '2025-11-25', clientInfo: { name: 'zed' } });
    const initialize = talk.ask(asked, result(0, { protocolVersion: '2024-11-05' }), {}, { 'Mcp-Session-Id': 's1' });
    expect(initialize.protocolVersion).toBe('2024-11-05');
    expect(talk.call('s1').protocolVersion).toBe('2024-11-05');
  });

  it('is told of only once what its handshake says of the server is known', () => {
    const servers: (string | undefined)[] = [];
    const talk = startConversation({
      sinks: [(event) => event.kind === 'session-opened' && servers.push(event.session.server.name)],
    });
    talk.initialize('s1');
    expect(servers).toEqual(['quiz-server']);
  });

  it('holds the calls that carry its id, whoever they say they come from', () => {
    const talk = startConversation();
    const { session } = talk.initialize('s1');
    const call = talk.call('s1', 'quiz', { 'User-Agent': 'undici', 'X-Forwarded-For': '203.0.113.9' });
    expect(call.session).toBe(session);
    expect(call).toMatchObject({ source: 'header', clientLabel: 'cursor', client: { name: 'cursor-vscode' } });
    expect(talk.of('session-opened')).toHaveLength(1);
  });

  it('is another one for another id of the same client [MCP-SESSION-2]', () => {
    const talk = startConversation();
    talk.initialize('s1');
    talk.initialize('s2');
    expect(talk.call('s1').session?.id).toBe('s1');
    expect(talk.call('s2').session?.id).toBe('s2');
  });

  it('is attached when a call names an id that was never handed out here', () => {
    const talk = startConversation();
    const call = talk.call('s9', 'quiz', { 'User-Agent': 'cursor-vscode/1.0.0' });
    expect(call.session).toMatchObject({ source: 'header', id: 's9', opened: 'attached', clientLabel: 'cursor' });
  });

  it('is derived when a handshake is answered without an id [MCP-SESSION-4]', () => {
    const talk = startConversation();
    const operation = talk.initialize(undefined, { name: 'zed', version: '1' }, { Authorization: 'Bearer abc' });
    expect(operation.session).toMatchObject({ source: 'principal', id: undefined, opened: 'handshake' });
  });

  it('opens by its first use where nobody shakes hands [MCP-MODERN-1]', () => {
    const talk = startConversation();
    const operation = talk.ask(
      toolCall(1, 'quiz', modern({ _meta: { ...MODERN_META, 'openai/session': 'v1/a' } })),
      result(1),
    );
    expect(operation).toMatchObject({ era: 'modern', source: 'conversation', protocolVersion: MODERN });
    expect(operation.session).toMatchObject({ opened: 'first-use', conversation: 'v1/a', era: 'modern' });
  });

  it('opens with server/discover, and takes the name of the server from _meta [MCP-META-3]', () => {
    const talk = startConversation();
    const answer = { supportedVersions: [MODERN], _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'quiz' } } };
    const operation = talk.ask(
      request('server-discover-probe-1', 'server/discover', modern()),
      result('server-discover-probe-1', answer),
    );
    expect(operation).toMatchObject({ handshake: 'discover', source: 'peer' });
    expect(operation.session).toMatchObject({ opened: 'handshake', server: { name: 'quiz', version: undefined } });
  });

  it('opens with an error that was an answer', () => {
    const talk = startConversation();
    const operation = talk.ask(toolCall(1), failure(1, -32_602), { 'Mcp-Session-Id': 's1' });
    expect(operation.session).toMatchObject({ id: 's1', opened: 'attached' });
  });

  it('of a modern request has no id, whatever the request carries [MCP-MODERN-2]', () => {
    const talk = startConversation();
    talk.initialize('s1');
    const operation = talk.ask(toolCall(1, 'quiz', modern()), result(1), { 'Mcp-Session-Id': 's1' });
    expect(operation).toMatchObject({ era: 'modern', source: 'peer' });
    expect(operation.session?.id).toBeUndefined();
  });

  it('is named in the query by 2024-11-05, whose answers come on the event stream [MCP-SSE-1]', () => {
    const talk = startConversation();
    const stream = talk.send({ method: 'GET', path: '/sse', headers: { Accept: 'text/event-stream' } });
    stream.stream();
    stream.event('/messages?sessionId=q1', undefined, 'endpoint');
    const sent = talk.send({
      path: '/messages?sessionId=q1',
      body: request(0, 'initialize', { protocolVersion: '2024-11-05', clientInfo: { name: 'zed', version: '1' } }),
    });
    sent.answer(202);
    expect(talk.of('operation-ended')).toHaveLength(0);
    talk.clock.advance(30);
    stream.event(result(0, { protocolVersion: '2024-11-05' }));
    const initialize = talk.ended('initialize');
    expect(initialize.session).toMatchObject({ source: 'header', id: 'q1', opened: 'handshake', clientLabel: 'zed' });
    expect(initialize.endedAt - initialize.startedAt).toBe(30);
  });
});
