import { describe, expect, it } from 'vitest';
import {
  modern,
  notification,
  request,
  result,
  startConversation,
  toolCall,
  type Json,
} from '../support/conversation.ts';

const VERSION = 'MCP-Protocol-Version';
const meta = (version: unknown) => ({ _meta: { 'io.modelcontextprotocol/protocolVersion': version } });

describe('the era of a request [MCP-ERA-1]', () => {
  const rows: [string, Json, Record<string, string>, 'legacy' | 'modern', string | undefined][] = [
    ['whose _meta says 2026-07-28', request(1, 'tools/call', modern()), {}, 'modern', '2026-07-28'],
    ['whose _meta says a later revision', request(1, 'tools/list', meta('2027-01-01')), {}, 'modern', '2027-01-01'],
    ['whose _meta says draft', request(1, 'tools/list', meta('draft')), {}, 'modern', 'draft'],
    ['whose _meta says an earlier revision', request(1, 'tools/list', meta('2025-06-18')), {}, 'legacy', '2025-06-18'],
    ['whose _meta says no date', request(1, 'tools/list', meta('9999')), {}, 'legacy', '9999'],
    ['whose _meta says a number, which is nothing', request(1, 'tools/list', meta(2027)), {}, 'legacy', undefined],
    ['that probes', request(1, 'server/discover'), {}, 'modern', undefined],
    ['that listens', request(1, 'subscriptions/listen'), {}, 'modern', undefined],
    ['that shakes hands', request(1, 'initialize', { protocolVersion: '2025-06-18' }), {}, 'legacy', '2025-06-18'],
    [
      'that shakes hands under a modern header',
      request(1, 'initialize', { protocolVersion: '2025-06-18' }),
      { [VERSION]: '2026-07-28' },
      'legacy',
      '2025-06-18',
    ],
    ['whose header says 2026-07-28', toolCall(1), { [VERSION]: '2026-07-28' }, 'modern', '2026-07-28'],
    ['whose header says an earlier revision', toolCall(1), { [VERSION]: '2025-03-26' }, 'legacy', '2025-03-26'],
    ['whose header says no date', toolCall(1), { [VERSION]: 'zzzz-99-99' }, 'legacy', 'zzzz-99-99'],
    [
      'whose _meta contradicts its header',
      request(1, 'tools/list', meta('2025-11-25')),
      { [VERSION]: '2026-07-28' },
      'legacy',
      '2025-11-25',
    ],
    ['that says nothing', toolCall(1), {}, 'legacy', undefined],
  ];
  it.each(rows)('%s', (_, message, headers, era, version) => {
    const talk = startConversation();
    talk.post(message, headers).answer(200, { error: { code: -32_601, message: 'x' }, jsonrpc: '2.0', id: 1 });
    talk.passProbes();
    expect(talk.ended()).toMatchObject({ era, protocolVersion: version });
  });

  it('is its own: one client probes in one and goes on in the other, on one URL [MCP-ERA-2]', () => {
    const talk = startConversation();
    talk.post(request('probe', 'server/discover', modern()), { 'User-Agent': 'zed/1' }).answer(400, 'no session');
    talk.initialize('s1', { name: 'zed', version: '1' }, { 'User-Agent': 'zed/1' });
    expect(talk.ended('initialize')).toMatchObject({ era: 'legacy', handshake: 'initialize' });
    expect(talk.ended('server/discover')).toMatchObject({ era: 'modern', handshake: 'probe', session: { id: 's1' } });
  });

  it("is modern for a modern client's own notification, which has a header only [MCP-ERA-3]", () => {
    const talk = startConversation();
    const message = notification('notifications/cancelled', { requestId: 'listen:0' });
    talk.post(message, { [VERSION]: '2026-07-28' }).answer(202);
    expect(talk.ended()).toMatchObject({ era: 'modern', form: 'notification' });
  });

  it('of the session holds for a legacy request that names no revision', () => {
    const talk = startConversation();
    talk.initialize('s1');
    expect(talk.call('s1')).toMatchObject({ era: 'legacy', protocolVersion: '2025-11-25' });
    expect(talk.ask(toolCall(8), result(8), { 'Mcp-Session-Id': 's1', [VERSION]: '2025-06-18' }).protocolVersion).toBe(
      '2025-06-18',
    );
  });
});
