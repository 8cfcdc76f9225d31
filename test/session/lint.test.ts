import { describe, expect, it } from 'vitest';
import {
  failure,
  MODERN,
  notification,
  request,
  result,
  startConversation,
  type Fields,
  type Headers,
} from '../support/conversation.ts';

const META = {
  'io.modelcontextprotocol/protocolVersion': MODERN,
  'io.modelcontextprotocol/clientCapabilities': {},
  'io.modelcontextprotocol/clientInfo': { name: 'zed', version: '1' },
};
const without = (key: string): Fields =>
  Object.fromEntries(Object.entries(META).filter(([name]) => !name.endsWith(key)));
const HEADERS = { 'MCP-Protocol-Version': MODERN, 'Mcp-Method': 'tools/call', 'Mcp-Name': 'quiz' };
const GOOD = { resultType: 'complete', _meta: { 'io.modelcontextprotocol/serverInfo': { name: 'quiz' } } };
const CACHED = { ...GOOD, ttlMs: 0, cacheScope: 'public' };

const call = (meta: Fields = META): Fields => request(1, 'tools/call', { name: 'quiz', _meta: meta });
const asked = (method: string, params: Fields = {}): Fields => request(1, method, { ...params, _meta: META });
const headers = (own: Headers): Headers =>
  Object.fromEntries(Object.entries({ ...HEADERS, ...own }).filter(([, value]) => value !== ''));

/** What a request and its answer break, at a server that has shown that it speaks the revision. */
function broken(
  message: Fields,
  own: Headers = {},
  answer: Fields = GOOD,
  { status = 200, answerHeaders = {} }: { status?: number; answerHeaders?: Headers } = {},
): string[] {
  const talk = startConversation();
  talk.ask(call(), result(1, GOOD), HEADERS);
  const body = 'code' in answer ? failure(1, Number(answer['code'])) : result(1, answer);
  talk.post(message, headers(own)).answer(status, body, answerHeaders);
  talk.passProbes();
  return (talk.ended().broken ?? []).map(({ rule, seen }) => `${rule}: ${seen}`);
}

describe('what a client sends in 2026-07-28', () => {
  it.each<[string, Fields, Headers, string[]]>([
    ['as it should', call(), {}, []],
    ['with a name in base64', call(), { 'Mcp-Name': `=?base64?${btoa('quiz')}?=` }, []],
    ['without the header of the revision', call(), { 'MCP-Protocol-Version': '' }, ['version-header: nothing']],
    [
      'with another revision in the header',
      call(),
      { 'MCP-Protocol-Version': '2025-11-25' },
      ['version-header: another value'],
    ],
    ['without the header of the method', call(), { 'Mcp-Method': '' }, ['method-header: nothing']],
    ['with another method in the header', call(), { 'Mcp-Method': 'tools/list' }, ['method-header: another value']],
    ['with a method in capitals', call(), { 'Mcp-Method': 'Tools/Call' }, ['method-header: another value']],
    ['without the header of the name', call(), { 'Mcp-Name': '' }, ['name-header: nothing']],
    ['with another name in the header', call(), { 'Mcp-Name': 'grade' }, ['name-header: another value']],
    ['that needs no name, without one', asked('prompts/list'), { 'Mcp-Method': 'prompts/list', 'Mcp-Name': '' }, []],
    ['without a revision in _meta', call(without('protocolVersion')), {}, ['meta-version: nothing']],
    ['without capabilities', call(without('clientCapabilities')), {}, ['meta-capabilities: nothing']],
    ['without its name', call(without('clientInfo')), {}, ['meta-client-info: nothing']],
    ['by a method that is gone', asked('ping'), { 'Mcp-Method': 'ping', 'Mcp-Name': '' }, ['removed-method: present']],
  ])('%s', (_, message, own, found) => {
    const answer = message['method'] === 'prompts/list' ? CACHED : GOOD;
    expect(broken(message, own, answer)).toEqual(found);
  });

  it('with capabilities too large to be read whole', () => {
    const large = { ...META, 'io.modelcontextprotocol/clientCapabilities': { extensions: { x: 'y'.repeat(6_000) } } };
    expect(broken(call(large))).toEqual([]);
  });

  it('as a batch', () => {
    const talk = startConversation();
    talk.post([call(), { ...call(), id: 2 }], HEADERS).answer(200, [result(1, GOOD), result(2, GOOD)]);
    expect(talk.ended().broken).toEqual([{ rule: 'batch', seen: 'present' }]);
  });

  it('to a process, which has no headers', () => {
    const talk = startConversation();
    const wrapped = talk.wrap();
    wrapped.client(call());
    wrapped.server(result(1, GOOD));
    expect(talk.ended().broken).toBeUndefined();
    wrapped.client(request(2, 'tools/call', { name: 'quiz', _meta: without('clientCapabilities') }));
    wrapped.server(result(2, GOOD));
    expect(talk.ended().broken).toEqual([{ rule: 'meta-capabilities', seen: 'nothing' }]);
  });
});

describe('what a server answers in 2026-07-28', () => {
  const list = asked('tools/list');
  const listing = { 'Mcp-Method': 'tools/list', 'Mcp-Name': '' };
  const read = asked('resources/read', { uri: 'file:///x' });
  const reading = { 'Mcp-Method': 'resources/read', 'Mcp-Name': 'file:///x' };
  it.each<[string, Fields, Headers, Fields, number, string[]]>([
    ['as it should', call(), {}, GOOD, 200, []],
    ['a list as it should', list, listing, CACHED, 200, []],
    ['without resultType', call(), {}, { _meta: GOOD._meta }, 200, ['result-type: nothing']],
    ['without its name', call(), {}, { resultType: 'complete' }, 200, ['server-info: nothing']],
    ['a list without times', list, listing, GOOD, 200, ['ttl-ms: nothing', 'cache-scope: nothing']],
    ['a list with a time below 0', list, listing, { ...CACHED, ttlMs: -1 }, 200, ['ttl-ms: another value']],
    ['a list for somebody else', list, listing, { ...CACHED, cacheScope: 'all' }, 200, ['cache-scope: another value']],
    ['a resource that asks back, without times', read, reading, { ...GOOD, resultType: 'input_required' }, 200, []],
    [
      'a list that asks back',
      list,
      listing,
      { ...GOOD, resultType: 'input_required' },
      200,
      ['input-required: not allowed here'],
    ],
    ['an unknown method with 404', call(), {}, { code: -32_601 }, 404, []],
    ['an unknown method with 200', call(), {}, { code: -32_601 }, 200, ['error-status: HTTP 200']],
    ['a mismatch with 400', call(), {}, { code: -32_020 }, 400, []],
    ['a mismatch with 200', call(), {}, { code: -32_020 }, 200, ['error-status: HTTP 200']],
    ['a code of its own', call(), {}, { code: -32_000 }, 200, []],
    ['an unknown resource as before', read, reading, { code: -32_002 }, 200, ['legacy-code: code -32002']],
    ['a question by URL as before', call(), {}, { code: -32_042 }, 200, ['legacy-code: code -32042']],
    [
      'server/discover as unknown',
      asked('server/discover'),
      { 'Mcp-Method': 'server/discover', 'Mcp-Name': '' },
      { code: -32_601 },
      404,
      ['no-discover: code -32601'],
    ],
  ])('%s', (_, message, own, answer, status, found) => {
    expect(broken(message, own, answer, { status })).toEqual(found);
  });

  it('with a session id', () => {
    expect(broken(call(), {}, GOOD, { answerHeaders: { 'Mcp-Session-Id': 'x' } })).toEqual(['session-id: present']);
  });

  it('with questions of its own, however many', () => {
    const talk = startConversation();
    talk.ask(call(), result(1, GOOD), HEADERS);
    const exchange = talk.post(call(), HEADERS);
    exchange.stream();
    for (const id of [1, 2]) exchange.event(request(id, 'roots/list'));
    exchange.event(result(1, GOOD));
    exchange.close();
    expect(talk.ended('tools/call').broken).toEqual([{ rule: 'server-request', seen: 'present' }]);
  });
});

describe('nothing is said of', () => {
  const bare = request(1, 'tools/call', { name: 'quiz' });

  it('an older revision, a later one and a draft', () => {
    const talk = startConversation();
    for (const version of ['2025-11-25', '2027-01-01', 'draft']) {
      talk.ask(bare, result(1), { 'MCP-Protocol-Version': version });
      expect(talk.ended().broken).toBeUndefined();
    }
  });

  it('a server that has never answered in the revision: it may be an older one', () => {
    const talk = startConversation();
    talk.ask(call(), result(1, {}), HEADERS);
    expect(talk.ended().broken).toBeUndefined();
    talk.post(call(), HEADERS).answer(200, failure(1, -32_601));
    expect(talk.ended().broken).toBeUndefined();
  });

  it('a probe of ours, which is no client', () => {
    const talk = startConversation();
    talk.ask(call(), result(1, GOOD), { 'Mcpspan-Probe': '1', 'MCP-Protocol-Version': MODERN });
    expect(talk.ended().broken).toBeUndefined();
  });

  it('notifications: core defines none over HTTP', () => {
    const talk = startConversation();
    talk
      .post(notification('notifications/cancelled', { requestId: 1 }), { 'MCP-Protocol-Version': MODERN })
      .answer(202);
    expect(talk.ended('notifications/cancelled').broken).toBeUndefined();
  });

  it('a name of which the copy holds only the beginning', () => {
    const long = 'x'.repeat(5_000);
    expect(broken(request(1, 'tools/call', { name: long, _meta: META }), { 'Mcp-Name': long })).toEqual([]);
  });
});
