import { describe, expect, it } from 'vitest';
import { Clients } from '../../src/session/clients.ts';
import { request, result, startConversation, type Conversation } from '../support/conversation.ts';
import { startRig, temporaryFolder } from './store-rig.ts';
import { NOTHING_REMEMBERED } from '../../src/store/remembered.ts';

/** A session for every call, as often as it takes to be sure. */
function perCall(talk: Conversation, name: string, times = 8): void {
  for (let time = 0; time < times; time++) {
    talk.initialize(`${name}-${talk.clock.now()}`, { name, version: '1.0.0' });
    talk.call(`${name}-${talk.clock.now() - 3}`);
    talk.clock.advance(1_000);
  }
}

function reusing(talk: Conversation, name: string): void {
  const id = `${name}-${talk.clock.now()}-kept`;
  talk.initialize(id, { name, version: '2.0.0' });
  for (let time = 0; time < 40; time++) talk.call(id);
}

describe('what a client is like', () => {
  it('is remembered from one run to the next: it is not new, and what changed is a change', () => {
    using folder = temporaryFolder();
    const first = startRig(folder.in('store.db'));
    const { talk } = first;
    perCall(talk, 'openai-mcp');
    const verdict = talk.tracker.registry.clients.verdict('chatgpt');
    expect(verdict).toBeDefined();
    first.store.close();

    using second = startRig(folder.in('store.db'));
    const { clients } = second.talk.tracker.registry;
    clients.remember(second.store.remembered.clients);
    expect(clients.verdict('chatgpt')).toBe(verdict);
    second.talk.clock.advance(100_000);
    reusing(second.talk, 'openai-mcp');
    for (let time = 0; time < 6; time++) second.talk.initialize(`v-${time}`, { name: 'openai-mcp', version: '2.0.0' });
    expect(second.talk.of('client-seen')).toEqual([]);
    const changes = second.read((reader) => reader.changes({}));
    expect(changes).toContainEqual(
      expect.objectContaining({ client: 'chatgpt', what: 'version', before: '1.0.0', after: '2.0.0' }),
    );
  });

  it('changes in the store when it changes', () => {
    using folder = temporaryFolder();
    using rig = startRig(folder.in('store.db'));
    perCall(rig.talk, 'cursor');
    const before = rig.read((reader) => reader.clients({}))[0]?.verdict;
    rig.talk.clock.advance(4_000_000);
    for (let time = 0; time < 7; time++) reusing(rig.talk, 'cursor');
    const [now] = rig.read((reader) => reader.clients({ client: 'cursor' }));
    expect(now?.verdict).toBe('reusing');
    expect(rig.read((reader) => reader.changes({ client: 'cursor' }))).toContainEqual(
      expect.objectContaining({ what: 'verdict', before, after: 'reusing' }),
    );
  });

  it('is that of its server: others are not asked', () => {
    using folder = temporaryFolder();
    const first = startRig(folder.in('store.db'), { store: { server: 'one' } });
    perCall(first.talk, 'cursor');
    first.store.close();
    using second = startRig(folder.in('store.db'), { store: { server: 'another' } });
    expect(second.store.remembered).toMatchObject({ ...NOTHING_REMEMBERED, people: { kept: [] } });
  });

  it('that nobody knows the words for is forgotten', () => {
    const clients = new Clients(
      () => {},
      () => {},
    );
    clients.remember([{ clientLabel: 'cursor', traits: { verdict: 'enigmatic', version: '1' } }]);
    expect([clients.verdict('cursor'), [...clients.verdicts()]]).toEqual([undefined, []]);
    expect([...clients.states()]).toEqual([{ clientLabel: 'cursor', traits: { version: '1' } }]);
  });
});

describe('names of tools', () => {
  it('that were listed or answered are remembered, and those of a scanner are not', () => {
    using folder = temporaryFolder();
    const first = startRig(folder.in('store.db'));
    const { talk } = first;
    talk.initialize('s');
    talk.call('s', 'answered');
    talk.ask(request(1, 'tools/list'), result(1, { tools: [{ name: 'listed' }] }), { 'Mcp-Session-Id': 's' });
    talk.ask(
      request(2, 'tools/call', { name: 'made_up' }),
      { jsonrpc: '2.0', id: 2, error: { code: -32_602 } },
      {
        'Mcp-Session-Id': 's',
      },
    );
    first.store.close();
    using second = startRig(folder.in('store.db'));
    expect(second.store.remembered.tools.toSorted()).toEqual(['answered', 'listed']);
    const knows = startConversation({ tools: second.store.remembered.tools, 'max-tools': 2 });
    knows.initialize('s');
    expect(knows.call('s', 'listed').targetLabel).toBe('listed');
  });
});
