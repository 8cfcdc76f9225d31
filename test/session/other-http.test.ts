import { describe, expect, it } from 'vitest';
import { failure, request, result, startConversation, toolCall, type Conversation } from '../support/conversation.ts';
import { anomalies, SESSION } from './two-sessions.ts';

const exchanges = (talk: Conversation) => talk.of('http-exchange').map(({ httpClass, status }) => [httpClass, status]);
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
const HTML = { 'Content-Type': 'text/html; charset=utf-8' };
const STREAM = { Accept: 'application/json, text/event-stream' };

/** What a client does to sign in: its requests, with their answers. */
function signIn(talk: Conversation): void {
  const get = (path: string) => talk.send({ method: 'GET', path });
  talk.post(request(1, 'initialize')).answer(401, { error: 'invalid_token' });
  get('/.well-known/oauth-protected-resource/mcp').answer(404, 'not found', HTML);
  get('/.well-known/oauth-authorization-server').answer(200, { issuer: 'http://localhost' });
  talk.send({ path: '/register', body: { redirect_uris: [] } }).answer(201, { client_id: 'c' });
  get('/oauth/authorize?client_id=c').answer(302);
  talk
    .send({ path: '/token', headers: FORM, body: 'grant_type=authorization_code' })
    .answer(200, { access_token: 't' });
}

describe('HTTP that is not MCP', () => {
  it('is counted by what it was about and status', () => {
    const talk = startConversation();
    signIn(talk);
    talk.send({ method: 'GET', path: '/' }).answer(200, '<!doctype html>', HTML);
    talk.send({ method: 'GET', path: '/health' }).answer(200, { status: 'ok' });
    expect(exchanges(talk)).toEqual([
      ['mcp', 401],
      ['oauth-metadata', 404],
      ['oauth-metadata', 200],
      ['oauth', 201],
      ['oauth', 302],
      ['oauth', 200],
      ['page', 200],
      ['other', 200],
    ]);
  });

  it('is no anomaly, before anything of MCP and after', () => {
    const talk = startConversation();
    signIn(talk);
    talk.initialize('s1');
    signIn(talk);
    talk.send({ path: '/webhook', body: { hello: 1 } }).answer(200, { ok: true });
    talk.send({ path: '/upload', headers: FORM, body: 'not json' }).answer(200, 'x'.repeat(2_000_000), HTML);
    talk.send({ method: 'GET', path: '/health' }).answer(200, { status: 'ok' });
    expect(anomalies(talk)).toEqual([]);
  });
});

it('metadata that are asked for with a protocol version are no MCP', () => {
  const talk = startConversation();
  const headers = { 'MCP-Protocol-Version': '2025-11-25' };
  talk
    .send({ method: 'GET', path: '/.well-known/oauth-protected-resource/mcp', headers })
    .answer(404, 'not found', HTML);
  expect(exchanges(talk)).toEqual([['oauth-metadata', 404]]);
  expect(anomalies(talk)).toEqual([]);
});

describe('HTTP that is MCP', () => {
  it.each<[string, (talk: Conversation) => void, number]>([
    ['a call', (talk) => talk.post(toolCall(1)).answer(200, result(1)), 200],
    ['a call where a token is given out', (talk) => talk.send({ path: '/token', body: toolCall(1) }).answer(403), 403],
    ['a stream that is refused', (talk) => talk.send({ method: 'GET', headers: STREAM }).answer(405), 405],
    ['the end of a session', (talk) => talk.send({ method: 'DELETE', headers: SESSION }).answer(204), 204],
    ['an error without a request', (talk) => talk.send({ method: 'GET' }).answer(400, failure(null, -32_000)), 400],
  ])('is %s', (_, act, status) => {
    const talk = startConversation();
    act(talk);
    expect(exchanges(talk)).toEqual([['mcp', status]]);
  });

  it('is odd where it is none after all', () => {
    const talk = startConversation();
    talk.call(undefined);
    talk.post({ hello: 1 }).answer(200, { hello: 2 });
    talk.send({ headers: FORM, body: 'a=1' }).answer(200, 'no', HTML);
    expect(anomalies(talk)).toEqual(['not-jsonrpc', 'not-jsonrpc', 'not-json']);
  });

  it('that is not answered is not counted', () => {
    const talk = startConversation();
    talk.post(toolCall(1)).close('upstream-unreachable');
    expect(exchanges(talk)).toEqual([]);
  });
});
