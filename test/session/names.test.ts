import { describe, expect, it } from 'vitest';
import { ClientLabels, clientFromInfo, type Client } from '../../src/session/client.ts';
import { CLIENT_NAMES, findClientName } from '../../src/session/client-names.ts';
import { Vocabulary } from '../../src/session/vocabulary.ts';
import { failure, request, result, startConversation, toolCall, type Conversation } from '../support/conversation.ts';

const called = (name: string, userAgent?: string): Client => {
  const client = clientFromInfo({ name, version: '1.0.0' }, { probe: false, userAgent });
  if (client === undefined) throw new Error('there is a name');
  return client;
};

const SILENT = { onFolded: () => {}, onForgotten: () => {} };
const DAY_MS = 86_400_000;

describe('the label of a client', () => {
  it.each([
    ['openai-mcp', undefined, 'chatgpt'],
    ['openai-mcp', 'openai-mcp/1.0.0', 'chatgpt'],
    ['openai-mcp', 'openai-mcp/1.0.0 (ChatGPT)', 'chatgpt'],
    ['openai-mcp', 'openai-mcp/1.0.0 (Codex)', 'codex'],
    ['openai-mcp', 'openai-mcp/1.0.0 (Responses API)', 'openai-responses'],
    ['openai-mcp', 'openai-mcp/1.0.0 (Realtime API)', 'openai-realtime'],
    ['openai-mcp', 'openai-mcp/1.0.0 (Agent Builder)', 'openai-agent-builder'],
    ['codex-mcp-client', undefined, 'codex'],
    ['mcs', undefined, 'copilot-studio'],
    ['sheet-add-in', 'node', 'claude-sheet-add-in'],
    ['Anthropic/Toolbox', undefined, 'anthropic-toolbox'],
    ['claude-code', 'claude-code/2.1.266 (claude-desktop, agent-sdk/0.3.266)', 'claude-code'],
    ['claude-code', 'claude-code/2.1.266 (external, cli)', 'claude-code'],
    ['python', undefined, 'python'],
    ['Anthropic', undefined, 'claude.ai'],
    ['Anthropic/ClaudeAI', undefined, 'claude.ai'],
    ['claude-ai', undefined, 'claude.ai'],
    ['claude-ai (via mcp-remote 0.15.1)', undefined, 'claude.ai'],
    ['claude-code', undefined, 'claude-code'],
    ['cursor-vscode', undefined, 'cursor'],
    ['Visual Studio Code', undefined, 'vscode'],
    ['Visual-Studio-Code', undefined, 'vscode'],
    ['Visual Studio Code - Insiders', undefined, 'vscode'],
    ['mcp', undefined, 'mcp-python'],
    ['@langchain/mcp-adapters', undefined, 'langchain-js'],
  ])('%j with the User-Agent %j is %s', (name, userAgent, label) => {
    expect(new ClientLabels(1, SILENT).label(called(name, userAgent), true)).toBe(label);
  });

  it('is in a table whose names are in lower case, as they are compared', () => {
    for (const { names } of CLIENT_NAMES) expect(names).toEqual(names.map((name) => name.toLowerCase()));
    expect(findClientName('mcp-something', undefined)).toBeUndefined();
  });

  it('is for others earned by success, while there are slots', () => {
    let folded = 0;
    const labels = new ClientLabels(2, { ...SILENT, onFolded: () => folded++ });
    expect(labels.label(called('one'), false)).toBe('_OTHER');
    expect(labels.label(called('one'), true)).toBe('one');
    expect(labels.label(called('one'), false)).toBe('one');
    expect(labels.label(called('two (via mcp-remote 0.15.1)'), true)).toBe('two');
    expect(labels.label(called('three'), true)).toBe('_OTHER');
    expect(labels.label(called('zed'), true)).toBe('zed');
    expect(folded).toBe(2);
  });

  it('is given back by a name that was silent for a day, once a new one asks for it', () => {
    const talk = startConversation();
    const from = (name: string) => talk.call(undefined, 'quiz', { 'User-Agent': `${name}/1` }).clientLabel;
    for (let index = 0; index < 50; index++) from(`invented-${index}`);
    talk.clock.advance(DAY_MS / 2);
    expect([from('invented-7'), from('late-comer')]).toEqual(['invented-7', '_OTHER']);
    talk.clock.advance(DAY_MS / 2);
    expect([from('late-comer'), from('invented-0'), from('invented-7')]).toEqual([
      'late-comer',
      'invented-0',
      'invented-7',
    ]);
  });

  it('is kept by a name that was silent for long, while nobody asks for it', () => {
    const labels = new ClientLabels(1, SILENT);
    labels.advance(1);
    expect(labels.label(called('one'), true)).toBe('one');
    labels.advance(10 * DAY_MS);
    expect([labels.label(called('two'), false), labels.label(called('one'), false)]).toEqual(['_OTHER', 'one']);
  });

  it('of a client that gave it back has no verdict any more', () => {
    const talk = startConversation({ 'max-clients': 1 });
    const call = (name: string) => talk.call(undefined, 'quiz', { 'User-Agent': `${name}/1` });
    for (let index = 0; index < 6; index++) call('one');
    expect(talk.tracker.registry.clients.verdict('one')).toBe('sessionless');
    talk.clock.advance(DAY_MS);
    call('two');
    expect(talk.tracker.registry.clients.verdict('one')).toBeUndefined();
  });

  it('is not earned by a refusal', () => {
    const talk = startConversation({ 'max-clients': 1 });
    for (const name of ['scanner-1', 'scanner-2']) talk.post(toolCall(1), { 'User-Agent': `${name}/1` }).answer(403);
    expect(talk.ended().clientLabel).toBe('_OTHER');
    expect(talk.call(undefined, 'quiz', { 'User-Agent': 'acme-bot/1' }).clientLabel).toBe('acme-bot');
  });

  it('of a session that began with an error is earned by its first success', () => {
    const talk = startConversation();
    const headers = { 'User-Agent': 'acme-bot/1' };
    talk.ask(toolCall(1), failure(1, -32_603), headers);
    expect(talk.ended()).toMatchObject({ clientLabel: '_OTHER', session: { clientLabel: '_OTHER' } });
    expect(talk.call(undefined, 'quiz', headers)).toMatchObject({ clientLabel: 'acme-bot' });
  });

  it('holds at most 128 characters of the name', () => {
    const { name } = called('n'.repeat(500));
    expect(name).toHaveLength(128);
  });

  it.each(['\uD800name', `${'n'.repeat(127)}😀`])('holds no half of a character', (name) => {
    expect(new ClientLabels(1, SILENT).label(called(name), true).isWellFormed()).toBe(true);
  });
});

describe('a client that only looks at servers', () => {
  const inspect = (talk: Conversation, sessionId: string | undefined): void => {
    talk.initialize(sessionId, { name: 'Anthropic/Toolbox', version: '1.0.0' });
    talk.call(sessionId);
  };

  it.each(['s1', undefined])('handshakes, calls and opens sessions without being counted (session %s)', (sessionId) => {
    const talk = startConversation();
    inspect(talk, sessionId);
    const counted = talk.of('operation-ended').map(({ operation }) => operation.counted);
    expect(counted.filter(({ handshake, toolCall }) => handshake || toolCall)).toEqual([]);
    expect(talk.ended('initialize')).toMatchObject({ handshake: 'probe', clientLabel: 'anthropic-toolbox' });
    expect(talk.of('session-opened').map(({ session }) => session.throwAway)).toEqual([true]);
    talk.tracker.shutdown(talk.clock.now());
    expect(talk.of('session-ended').map(({ counted: is }) => is)).toEqual([false]);
    expect([talk.of('handshake-avoidable'), talk.of('client-seen')]).toEqual([[], []]);
  });

  it('has a verdict of none, however often it calls', () => {
    const talk = startConversation();
    for (let session = 0; session < 6; session++) inspect(talk, `s${session}`);
    expect(talk.tracker.registry.clients.verdict('anthropic-toolbox')).toBeUndefined();
  });
});

describe('the label of a tool', () => {
  const offer = (vocabulary: Vocabulary, ...names: string[]) => vocabulary.offer(names, true);

  it('is its name where a list offered it, or the operator did', () => {
    const vocabulary = new Vocabulary(10, ['given'], () => {});
    offer(vocabulary, 'listed');
    expect(['given', 'listed', 'invented'].map((name) => vocabulary.label(name, false))).toEqual([
      'given',
      'listed',
      '_OTHER',
    ]);
  });

  it('is its name where a call of it was answered', () => {
    const vocabulary = new Vocabulary(10, [], () => {});
    offer(vocabulary, 'listed');
    expect(vocabulary.label('hidden', true)).toBe('hidden');
    expect(vocabulary.label('hidden', false)).toBe('hidden');
  });

  it('is its name for 32 unproven ones until a complete list was seen', () => {
    let folded = 0;
    const vocabulary = new Vocabulary(200, [], () => folded++);
    const labels = () => Array.from({ length: 40 }, (_, index) => vocabulary.label(`invented-${index}`, false));
    expect(labels().filter((label) => label !== '_OTHER')).toHaveLength(32);
    expect(labels().filter((label) => label !== '_OTHER')).toHaveLength(32);
    expect(folded).toBe(16);
    vocabulary.offer(['a'], false);
    expect(vocabulary.label('invented-1', false)).toBe('invented-1');
    vocabulary.offer(['b'], true);
    expect(['invented-1', 'a', 'b'].map((name) => vocabulary.label(name, false))).toEqual(['_OTHER', 'a', 'b']);
  });

  it('is bounded, also by what is offered and answered', () => {
    const vocabulary = new Vocabulary(2, [], () => {});
    offer(vocabulary, 'a', 'b', 'c');
    expect([vocabulary.label('c', false), vocabulary.label('d', true), vocabulary.label('a', false)]).toEqual([
      '_OTHER',
      '_OTHER',
      'a',
    ]);
  });

  it('is its own: prompts have names apart from those of tools', () => {
    const talk = startConversation();
    talk.ask(request(1, 'tools/list'), result(1, { tools: [{ name: 'quiz' }, {}, 5] }));
    expect(talk.call(undefined, 'quiz')).toMatchObject({ targetLabel: 'quiz' });
    expect(talk.ask(toolCall(2, 'quizz'), failure(2, -32_602))).toMatchObject({ targetLabel: '_OTHER' });
    expect(talk.ask(request(3, 'prompts/get', { name: 'quizz' }), failure(3, -32_602))).toMatchObject({
      targetLabel: 'quizz',
      target: { kind: 'prompt', name: 'quizz' },
    });
  });

  // A client may invent names of any length.
  it('holds at most 128 characters', () => {
    const talk = startConversation();
    const { targetLabel } = talk.ask(toolCall(1, 'x'.repeat(2_000)), failure(1, -32_602));
    expect(targetLabel?.length).toBeLessThanOrEqual(128);
  });
});
