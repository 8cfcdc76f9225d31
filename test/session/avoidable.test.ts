import { describe, expect, it } from 'vitest';
import {
  modern,
  MODERN_META,
  notification,
  request,
  result,
  startConversation,
  type Conversation,
  type Fields,
} from '../support/conversation.ts';

const SESSION = { 'Mcp-Session-Id': 's1' };

/** Lists the tools, and says whether that could have been avoided. */
function list(talk: Conversation, params: Fields = {}, answer: Fields = {}, headers: Record<string, string> = SESSION) {
  return talk.ask(request(1, 'tools/list', params), result(1, { tools: [], ...answer }), headers).discovery?.avoidable;
}

const inSession = () => {
  const talk = startConversation();
  talk.initialize('s1');
  return talk;
};

describe('a list', () => {
  it('is needed once in a session, and avoidable from then on', () => {
    const talk = inSession();
    expect([list(talk), list(talk), list(talk)]).toEqual([false, true, true]);
  });

  it('is needed in every session', () => {
    const talk = inSession();
    talk.initialize('s2');
    expect([list(talk), list(talk, {}, {}, { 'Mcp-Session-Id': 's2' })]).toEqual([false, false]);
  });

  it.each([
    ['notifications/tools/list_changed', false],
    ['notifications/prompts/list_changed', true],
    ['notifications/message', true],
  ])('after %s is avoidable: %j [MCP-LIST-1]', (method, avoidable) => {
    const talk = inSession();
    list(talk);
    const stream = talk.send({ method: 'GET', headers: SESSION });
    stream.stream();
    stream.event(notification(method));
    expect(list(talk)).toBe(avoidable);
  });

  it('of resources is told of apart, its templates with it', () => {
    const talk = inSession();
    const ask = (method: string) => talk.ask(request(1, method), result(1), SESSION).discovery?.avoidable;
    const stream = talk.send({ method: 'GET', headers: SESSION });
    stream.stream();
    const both = () => ['resources/list', 'resources/templates/list'].map(ask);
    expect([both(), both()]).toEqual([
      [false, false],
      [true, true],
    ]);
    stream.event(notification('notifications/resources/list_changed'));
    expect([both(), ask('prompts/list')]).toEqual([[false, false], false]);
  });

  it('that goes on to a further page is needed [MCP-LIST-2]', () => {
    const talk = inSession();
    expect([list(talk, {}, { nextCursor: 'p2' }), list(talk, { cursor: 'p2' }), list(talk)]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it('of the modern era is avoidable while its ttlMs holds, for the same caller [MCP-CACHE-1]', () => {
    const talk = startConversation();
    const ask = () => list(talk, modern(), { ttlMs: 60_000 }, {});
    expect(ask()).toBe(false);
    talk.clock.advance(59_999);
    expect(ask()).toBe(true);
    talk.clock.advance(60_000);
    expect(ask()).toBe(false);
    expect(list(talk, modern(), { ttlMs: 60_000 }, { 'User-Agent': 'zed/1' })).toBe(false);
  });

  it.each([{}, { ttlMs: 0 }, { ttlMs: 'long' }])('of the modern era that says %j is needed again', (answer) => {
    const talk = startConversation();
    expect([list(talk, modern(), answer, {}), list(talk, modern(), answer, {})]).toEqual([false, false]);
  });

  it('that failed is not counted', () => {
    const talk = inSession();
    const failed = talk.ask(
      request(1, 'tools/list'),
      { jsonrpc: '2.0', id: 1, error: { code: -32_603, message: '' } },
      SESSION,
    );
    expect(failed.discovery).toBeUndefined();
    expect(list(talk)).toBe(false);
  });
});

describe('a handshake', () => {
  const avoidable = (talk: Conversation) => talk.of('handshake-avoidable').length;
  const key = { Authorization: 'Bearer a' };
  const remote = { listensOnLoopback: false };

  it('is avoidable beyond the first of one principal within half an hour', () => {
    const talk = startConversation(remote);
    const once = (id: string): void => {
      talk.initialize(id, undefined, key);
      talk.call(id, 'quiz', key);
    };
    once('s1');
    expect(avoidable(talk)).toBe(0);
    talk.clock.advance(1_700_000);
    once('s2');
    expect(avoidable(talk)).toBe(1);
    talk.clock.advance(1_800_000);
    once('s3');
    expect(avoidable(talk)).toBe(1);
  });

  it('is avoidable in one conversation, which only the call names', () => {
    const talk = startConversation(remote);
    for (const [id, conversation] of [
      ['s1', 'a'],
      ['s2', 'b'],
      ['s3', 'a'],
    ] as const) {
      talk.initialize(id, undefined, key);
      expect(avoidable(talk)).toBe(0);
      talk.call(id, 'quiz', { ...key, 'X-OpenAI-Session': conversation });
    }
    expect(avoidable(talk)).toBe(1);
  });

  it('is decided at the end of a session that made no call', () => {
    const talk = startConversation(remote);
    for (const id of ['s1', 's2']) talk.initialize(id, undefined, key);
    expect(avoidable(talk)).toBe(0);
    talk.tracker.shutdown(talk.clock.now());
    expect(avoidable(talk)).toBe(1);
  });

  it('is not avoidable where nothing tells whose it is', () => {
    const talk = startConversation();
    for (const id of ['s1', 's2', 's3']) {
      talk.initialize(id);
      talk.call(id);
    }
    talk.tracker.shutdown(talk.clock.now());
    expect(avoidable(talk)).toBe(0);
  });

  it('is not avoidable for another client of the same principal', () => {
    const talk = startConversation(remote);
    for (const name of ['zed', 'goose']) {
      talk.initialize(name, { name, version: '1' }, key);
      talk.call(name, 'quiz', key);
    }
    expect(avoidable(talk)).toBe(0);
  });

  it('of the modern era is decided at once', () => {
    const talk = startConversation(remote);
    const discover = () =>
      talk.ask(request(1, 'server/discover', { _meta: { ...MODERN_META, 'openai/session': 'a' } }), result(1));
    discover();
    discover();
    expect(avoidable(talk)).toBe(1);
  });
});
