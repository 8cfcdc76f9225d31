import { describe, expect, it } from 'vitest';
import { MODERN_META, request, result, startConversation, toolCall, type Headers } from '../support/conversation.ts';

type Options = Parameters<typeof startConversation>[0];

const jwt = (claims: object): string =>
  `Bearer ${['{"alg":"RS256"}', JSON.stringify(claims), 'signature'].map((part) => Buffer.from(part).toString('base64url')).join('.')}`;

/** A tool call without a session id, with this `_meta` and these headers. */
function called(meta: object, headers: Headers = {}, options: Options = {}) {
  return startConversation(options).ask(toolCall(1, 'quiz', { _meta: meta }), result(1), headers);
}

/** Whether two calls with these headers fall into one session. */
function together(one: Headers, other: Headers, options: Options = {}): boolean {
  const talk = startConversation(options);
  const [first, second] = [one, other].map((headers) => talk.call(undefined, 'quiz', headers).session);
  if (first === undefined || second === undefined) throw new Error('a call belongs to no session');
  return first === second;
}

describe('the conversation of a call without a session id', () => {
  const codex = { 'User-Agent': 'codex-mcp-client/0.157.0' };
  it.each<[string, object, Headers, Options?]>([
    ['openai/session in _meta', { 'openai/session': 'key' }, {}],
    ['X-OpenAI-Session', {}, { 'X-OpenAI-Session': 'key' }],
    ['vscode.conversationId', { 'vscode.conversationId': 'key' }, {}],
    ['threadId of Codex', { threadId: 'key' }, codex],
    ["thread_id in Codex's turn metadata", { 'x-codex-turn-metadata': { thread_id: 'key', session_id: 'no' } }, codex],
    ['session_id in it', { 'x-codex-turn-metadata': { session_id: 'key' } }, codex],
    ['the turn metadata as JSON text', { 'x-codex-turn-metadata': '{"thread_id":"key"}' }, codex],
    ['ai.opencode/sessionID', { 'ai.opencode/sessionID': 'key' }, {}],
    ['sessionID of OpenCode', { sessionID: 'key' }, { 'User-Agent': 'opencode/1.2' }],
    ['antigravity.google/conversation_id', { 'antigravity.google/conversation_id': 'key' }, {}],
    ['a name the operator gave', { 'com.acme/chat': 'key' }, {}, { 'conversation-key': ['com.acme/chat'] }],
    ['a path the operator gave', { acme: { chat: { id: 'key' } } }, {}, { 'conversation-key': ['acme.chat.id'] }],
    ['a header the operator gave', {}, { 'X-Acme-Chat': 'key' }, { 'conversation-key': ['header:x-acme-chat'] }],
    [
      "the operator's before those known",
      { 'openai/session': 'other', chat: 'key' },
      {},
      { 'conversation-key': ['chat'] },
    ],
  ])('is %s', (_, meta, headers, options = {}) => {
    expect(called(meta, headers, options)).toMatchObject({ source: 'conversation', conversation: 'key' });
  });

  it.each<[string, object, Headers]>([
    ['threadId of another client', { threadId: 'key' }, { 'User-Agent': 'zed/1' }],
    ['an empty one', { 'openai/session': '' }, {}],
    ['one of more than 4 096 characters', { 'openai/session': 'x'.repeat(4_097) }, {}],
    ['an object', { 'openai/session': { id: 'key' } }, {}],
    ['turn metadata that is not JSON', { 'x-codex-turn-metadata': '{"thread_id"' }, codex],
    ['a header of a similar name', {}, { 'X-OpenAI-Sessions': 'key' }],
  ])('is not %s', (_, meta, headers) => {
    expect(called(meta, headers)).toMatchObject({ source: 'peer', conversation: undefined });
  });

  it('is recorded of calls in a session too, which it does not take them out of', () => {
    const talk = startConversation();
    talk.initialize('s1');
    const call = talk.ask(toolCall(7, 'quiz', { _meta: { 'openai/session': 'v1/a' } }), result(7), {
      'Mcp-Session-Id': 's1',
    });
    expect(call).toMatchObject({ source: 'header', conversation: 'v1/a', session: { id: 's1', conversation: 'v1/a' } });
  });

  it('groups calls of different addresses and connections', () => {
    const talk = startConversation({ listensOnLoopback: false });
    const sessions = ['203.0.113.1', '203.0.113.2'].map((address, id) => {
      const message = toolCall(id, 'quiz', { _meta: { 'openai/session': 'v1/a' } });
      return talk.ask(message, result(id), { 'X-Forwarded-For': address }).session;
    });
    expect(sessions[0]).toBeDefined();
    expect(sessions[1]).toBe(sessions[0]);
  });

  it('is not looked for where --group leaves it out', () => {
    expect(called({ 'openai/session': 'key' }, {}, { group: ['peer'] }).source).toBe('peer');
    expect(called({ 'openai/session': 'key' }, {}, { group: [] })).toMatchObject({
      source: 'none',
      session: undefined,
    });
  });
});

describe('the principal of a call without a better key', () => {
  const remote = { listensOnLoopback: false };
  const bearer = (token: string): Headers => ({ Authorization: `Bearer ${token}` });

  it('is the subject of a token, which survives its renewal', () => {
    const token = (exp: number) => ({ Authorization: jwt({ iss: 'https://as.example', sub: 'u1', exp }) });
    expect(together(token(1), token(2), remote)).toBe(true);
  });

  it.each([
    ['the subject', { iss: 'a', sub: 'u1' }, { iss: 'a', sub: 'u2' }],
    ['the issuer', { iss: 'a', sub: 'u1' }, { iss: 'b', sub: 'u1' }],
  ])('is another one when %s differs', (_, one, other) => {
    expect(together({ Authorization: jwt(one) }, { Authorization: jwt(other) }, remote)).toBe(false);
  });

  it('is the token itself where it says nothing', () => {
    expect(together(bearer('opaque'), bearer('opaque'), remote)).toBe(true);
    expect(together(bearer('opaque'), bearer('other'), remote)).toBe(false);
    expect(together({ Authorization: jwt({ exp: 1 }) }, { Authorization: jwt({ exp: 2 }) }, remote)).toBe(false);
  });

  it('is the API key where there is no Authorization', () => {
    expect(called({}, { 'X-Api-Key': 'k1' }, remote).source).toBe('principal');
    expect(together({ 'X-Api-Key': 'k1' }, { 'X-Api-Key': 'k1' }, remote)).toBe(true);
    expect(together({ 'X-Api-Key': 'k1' }, { 'X-Api-Key': 'k2' }, remote)).toBe(false);
    expect(together({ ...bearer('a'), 'X-Api-Key': 'k1' }, { ...bearer('a'), 'X-Api-Key': 'k2' }, remote)).toBe(true);
  });

  it('is one per client', () => {
    const as = (agent: string): Headers => ({ ...bearer('a'), 'User-Agent': agent });
    expect(together(as('cursor/1'), as('cursor/2'), remote)).toBe(true);
    expect(together(as('cursor/1'), as('zed/1'), remote)).toBe(false);
  });

  it('keeps nothing of the credential', () => {
    const session = called({}, bearer('SECRET-TOKEN'), remote).session;
    expect(session?.source).toBe('principal');
    expect(JSON.stringify(session)).not.toContain('SECRET-TOKEN');
  });

  it.each(['garbage', 'a.b', 'a.!!.c', `a.${Buffer.from('null').toString('base64url')}.c`, 'a.b.c.d'])(
    'is told of the odd token %j as well',
    (token) => {
      expect(called({}, bearer(token), remote).source).toBe('principal');
    },
  );
});

describe('the peer of a call without any key', () => {
  it('counts when listening on loopback', () => {
    expect(called({}).source).toBe('peer');
    expect(together({ 'User-Agent': 'zed/1' }, { 'User-Agent': 'zed/1' })).toBe(true);
    expect(together({ 'User-Agent': 'zed/1' }, { 'User-Agent': 'goose/1' })).toBe(false);
  });

  it('does not count elsewhere', () => {
    expect(called({}, {}, { listensOnLoopback: false })).toMatchObject({ source: 'none', session: undefined });
  });

  it.each(['Forwarded', 'X-Forwarded-For', 'Via', 'x-forwarded-for'])('does not count behind %s', (header) => {
    expect(called({}, { [header]: 'x' })).toMatchObject({ source: 'none', session: undefined });
  });
});

describe('who is calling, without a session', () => {
  const info = (name: string, version = '1') => ({
    _meta: { ...MODERN_META, 'io.modelcontextprotocol/clientInfo': { name, version } },
  });

  it('is what _meta says of a modern request, per request [MCP-META-2]', () => {
    const talk = startConversation();
    const headers = { 'User-Agent': 'node' };
    const calls = ['zed', 'goose'].map((name, id) =>
      talk.ask(request(id, 'tools/list', info(name)), result(id), headers),
    );
    expect(calls.map(({ clientLabel }) => clientLabel)).toEqual(['zed', 'goose']);
  });

  it.each<[string, Headers, string, string | undefined, string | undefined]>([
    [
      'x-anthropic-client',
      { 'x-anthropic-client': 'ClaudeAI', 'User-Agent': 'Claude-User' },
      'claude.ai',
      'ClaudeAI',
      undefined,
    ],
    [
      'the product of User-Agent',
      { 'User-Agent': 'claude-code/2.1.258 (cli)' },
      'claude-code',
      'claude-code',
      '2.1.258',
    ],
    ['a product without a version', { 'User-Agent': 'goose' }, 'goose', 'goose', undefined],
    [
      'nobody where it is the library that sent it',
      { 'User-Agent': 'Python/3.14 aiohttp/3.13' },
      'unknown',
      'Python',
      '3.14',
    ],
    ['nobody where it is Node that sent it', { 'User-Agent': 'node' }, 'unknown', 'node', undefined],
    ['nobody', {}, 'unknown', undefined, undefined],
    ['nobody when the product is a comment', { 'User-Agent': '(x) y/1' }, 'unknown', undefined, undefined],
  ])('is %s', (_, headers, label, name, version) => {
    expect(startConversation().call(undefined, 'quiz', headers)).toMatchObject({
      clientLabel: label,
      client: { name, version },
    });
  });

  it('is remembered of a session that was summed up', () => {
    const talk = startConversation();
    talk.initialize('s1', { name: 'openai-mcp', version: '1.0.0' });
    talk.clock.advance(700_000);
    talk.sweep();
    expect(talk.of('session-ended')).toHaveLength(1);
    expect(talk.call('s1', 'quiz', { 'User-Agent': 'undici' })).toMatchObject({ clientLabel: 'chatgpt' });
  });
});
