import { describe, expect, it } from 'vitest';
import {
  failure,
  modern,
  request,
  result,
  startConversation,
  toolCall,
  type Conversation,
} from '../support/conversation.ts';

const SESSION = { 'Mcp-Session-Id': 's1' };
/** What an OAuth resource server answers (RFC 6750); it looks a little like JSON-RPC and is none. */
const OAUTH_ERROR = { error: 'invalid_token', error_description: 'The access token expired' };

const rejections = (talk: Conversation) => talk.of('http-rejected').map(({ status, method }) => ({ status, method }));

describe('a probe', () => {
  it.each([
    ['refused by HTTP alone', 400, 'Bad Request: no session'],
    ['answered by an error', 200, failure('p', -32_601)],
    ['refused with an error', 400, failure('p', -32_022)],
    ['refused with an error without an id', 400, failure(undefined, -32_000)],
  ])('%s is called one, and opens nothing [MCP-PROBE-1]', (_, status, body) => {
    const talk = startConversation();
    talk.post(request('p', 'server/discover', modern())).answer(status, body);
    talk.passProbes();
    expect(talk.ended()).toMatchObject({ handshake: 'probe', session: undefined });
    expect(talk.of('session-opened')).toHaveLength(0);
  });

  it.each<[string, number | undefined, 'complete' | 'upstream-unreachable' | 'timeout', string]>([
    ['a server error', 503, 'complete', '503'],
    ['an upstream that is down', undefined, 'upstream-unreachable', 'upstream_unreachable'],
    ['a timeout', undefined, 'timeout', 'timeout'],
  ])('that meets %s is a failure [MCP-PROBE-2]', (_, status, reason, type) => {
    const talk = startConversation();
    const exchange = talk.post(request('p', 'server/discover', modern()));
    if (status === undefined) exchange.close(reason);
    else exchange.answer(status);
    expect(talk.ended()).toMatchObject({ handshake: 'failed', outcome: { kind: 'failed', type } });
  });

  it('refused for want of a sign-in is unauthorized', () => {
    const talk = startConversation();
    talk.post(request('p', 'server/discover', modern())).answer(401);
    expect(talk.ended().handshake).toBe('unauthorized');
  });

  it('is of no session of the same caller either', () => {
    const talk = startConversation();
    talk.call(undefined);
    talk.post(request('p', 'server/discover', modern())).answer(400, 'no');
    talk.passProbes();
    expect(talk.ended().session).toBeUndefined();
    talk.tracker.shutdown(talk.clock.now());
    expect(talk.of('session-ended')[0]?.session.totals).toMatchObject({ operations: 1, handshakes: 0 });
  });
});

describe('a handshake', () => {
  it.each<[number, unknown, string]>([
    [401, undefined, 'unauthorized'],
    [401, OAUTH_ERROR, 'unauthorized'],
    [403, undefined, 'unauthorized'],
    [400, undefined, 'failed'],
    [200, failure(1, -32_602), 'failed'],
    [500, undefined, 'failed'],
  ])('answered with %i %j is %s, and opens nothing', (status, body, kind) => {
    const talk = startConversation();
    // The table above holds messages only.
    talk.post(request(1, 'initialize', {})).answer(status, body as string | undefined);
    expect(talk.ended()).toMatchObject({ handshake: kind, session: undefined });
    expect(talk.of('session-opened')).toHaveLength(0);
  });
});

describe('the throw-away session of a bridge', () => {
  it('is marked, so that it appears in no figure [MCP-BRIDGE-1]', () => {
    const talk = startConversation();
    const initialize = talk.initialize('t1', { name: 'mcp-remote-fallback-test', version: '0.0.0' });
    expect(initialize).toMatchObject({ handshake: 'probe', session: { throwAway: true } });
    talk.call('t1');
    talk.tracker.shutdown(talk.clock.now());
    expect(talk.of('session-used')).toHaveLength(0);
    expect(talk.of('session-ended')).toMatchObject([{ counted: false }]);
    expect(talk.of('client-seen')).toHaveLength(0);
    expect(talk.of('handshake-avoidable')).toHaveLength(0);
  });

  it('is not the one that the bridge then opens for its host', () => {
    const talk = startConversation();
    talk.initialize('t1', { name: 'mcp-remote-fallback-test', version: '0.0.0' });
    const real = talk.initialize('s1', { name: 'claude-ai (via mcp-remote 0.15.1)', version: '0.1.0' });
    expect(real).toMatchObject({ handshake: 'initialize', clientLabel: 'claude.ai', session: { throwAway: false } });
    expect(real.client.name).toBe('claude-ai (via mcp-remote 0.15.1)');
  });
});

describe('a call refused at the door', () => {
  it.each([401, 403])('with %i is rejected, opens nothing and is counted as such', (status) => {
    const talk = startConversation();
    talk.post(toolCall(1), { Authorization: 'Bearer old' }).answer(status);
    expect(talk.ended()).toMatchObject({
      counted: { turnedAway: true },
      outcome: { kind: 'refused' },
      session: undefined,
    });
    expect(rejections(talk)).toEqual([{ status, method: 'tools/call' }]);
    expect(talk.of('session-opened')).toHaveLength(0);
  });

  // Its body looks like a JSON-RPC error without code and id; was: it counted as one.
  it('with an OAuth error in its body is refused by HTTP, not by JSON-RPC', () => {
    const talk = startConversation();
    talk.post(toolCall(1), { Authorization: 'Bearer old' }).answer(401, OAUTH_ERROR);
    expect(talk.ended()).toMatchObject({ counted: { turnedAway: true }, outcome: { kind: 'refused' } });
    expect(rejections(talk)).toEqual([{ status: 401, method: 'tools/call' }]);
  });

  // Was: it was in no figure at all.
  it('with 401 and a JSON-RPC error is counted as a rejection as well', () => {
    const talk = startConversation();
    talk.post(toolCall(1)).answer(401, failure(1, -32_001, 'Unauthorized'));
    expect(talk.ended().counted.turnedAway).toBe(true);
    expect(rejections(talk)).toEqual([{ status: 401, method: 'tools/call' }]);
  });

  it('with 404 for its session id is rejected, and ends the session [MCP-SESSION-5]', () => {
    const talk = startConversation();
    talk.initialize('s1');
    talk.post(toolCall(2), SESSION).answer(404, failure(null, -32_001, 'Session not found'));
    expect(talk.ended()).toMatchObject({
      counted: { turnedAway: true },
      outcome: { kind: 'rpc-error', code: -32_001 },
    });
    expect(talk.of('session-ended')).toMatchObject([{ reason: 'expired', counted: true }]);
    expect(talk.of('session-ended')[0]?.session.toolCalls).toBe(0);
    expect(rejections(talk)).toEqual([{ status: 404, method: 'tools/call' }]);
  });

  it('with 404 to a modern request is no loss of a session: it is an unknown method [MCP-MODERN-3]', () => {
    const talk = startConversation();
    talk.initialize('s1');
    talk.post(request(2, 'tools/call', modern({ name: 'quiz' }))).answer(404, failure(2, -32_601));
    expect(talk.ended()).toMatchObject({
      counted: { turnedAway: false },
      outcome: { kind: 'rpc-error', code: -32_601 },
    });
    expect(rejections(talk)).toEqual([]);
    talk.post(request(3, 'tools/call', modern({ name: 'quiz' })), SESSION).answer(404, failure(3, -32_601));
    expect(talk.of('session-ended')).toHaveLength(0);
  });

  it.each([401, 404])('with %i that is no tool call is rejected: only a call is turned away', (status) => {
    const talk = startConversation();
    talk.initialize('s1');
    talk.post(request(1, 'tools/list'), { 'Mcp-Session-Id': 's1' }).answer(status);
    expect(talk.ended()).toMatchObject({
      counted: { turnedAway: false, rejected: true },
      outcome: { kind: 'refused' },
    });
  });

  // In 2026-07-28 a 404 says that the method is unknown.
  it('with 404 to a modern request that still carries a session id is not rejected', () => {
    const talk = startConversation();
    talk.post(request(3, 'tools/call', modern({ name: 'quiz' })), SESSION).answer(404, failure(3, -32_601));
    expect(talk.ended().counted.turnedAway).toBe(false);
  });

  it.each([
    [429, true],
    [503, true],
    [400, false],
    [405, false],
  ])('with %i counts as a rejection: %j', (status, counts) => {
    const talk = startConversation();
    talk.post(request(1, 'tools/list')).answer(status);
    expect(rejections(talk)).toEqual(counts ? [{ status, method: 'tools/list' }] : []);
  });

  it('counts without a method where a GET names a session', () => {
    const talk = startConversation();
    talk.send({ method: 'GET', headers: SESSION }).answer(401);
    talk.send({ method: 'GET', path: '/favicon.ico' }).answer(404);
    expect(rejections(talk)).toEqual([{ status: 401, method: undefined }]);
  });

  it('makes at most 60 traces a minute, and again 60 the next', () => {
    const talk = startConversation();
    const refuse = () => talk.post(toolCall(1)).answer(401);
    for (let index = 0; index < 70; index++) refuse();
    const operations = () => talk.of('operation-ended').map(({ operation }) => operation);
    expect(operations().filter(({ withheld }) => !withheld)).toHaveLength(60);
    expect(talk.withheld()).toBe(10);
    talk.clock.advance(60_000);
    refuse();
    expect(operations().at(-1)?.withheld).toBe(false);
  });
});

describe('a refusal inside a session', () => {
  it.each([400, 403, 500])('with %i does not end it', (status) => {
    const talk = startConversation();
    talk.initialize('s1');
    talk.post(toolCall(2), SESSION).answer(status);
    talk.send({ method: 'DELETE', headers: SESSION }).answer(405);
    expect(talk.of('session-ended')).toHaveLength(0);
    expect(talk.call('s1').session?.id).toBe('s1');
  });

  it('that is sent again with success counts as one call', () => {
    const talk = startConversation();
    talk.initialize('s1');
    talk.post(toolCall(2), SESSION).answer(401);
    talk.ask(toolCall(3), result(3), SESSION);
    talk.tracker.shutdown(talk.clock.now());
    expect(talk.of('session-used')).toHaveLength(1);
    expect(talk.of('session-ended')[0]?.session).toMatchObject({
      toolCalls: 1,
      totals: { toolCalls: 1, failed: 0, rejected: 0 },
    });
  });
});
