import { describe, expect, it } from 'vitest';
import { request, result, REVISION, startConversation, toolCall, type Headers } from '../support/conversation.ts';

const CLAUDE = { 'User-Agent': 'Claude-User', 'x-anthropic-client': 'ClaudeAI' };
const CLAUDE_CODE = { 'User-Agent': 'claude-code/2.1.0 (external, cli)' };
const ANN = { Authorization: 'Bearer ann' };
const MALLORY = { Authorization: 'Bearer mallory' };

const initialize = (id: number, name: string) =>
  request(id, 'initialize', { protocolVersion: REVISION, clientInfo: { name, version: '1.0.0' } });

describe('a request that says who it is from', () => {
  it('is that product’s, in a session that another one opened', () => {
    const talk = startConversation();
    const opened = talk.initialize('s1', { name: 'claude-ai', version: '0.1.0' }, CLAUDE);
    const own = talk.call('s1', 'quiz', CLAUDE);
    const other = talk.call('s1', 'quiz', CLAUDE_CODE);
    const again = talk.call('s1', 'quiz', CLAUDE);
    expect(own.clientLabel).toBe(opened.clientLabel);
    expect(other.clientLabel).toBe('claude-code');
    expect(again.clientLabel).toBe(opened.clientLabel);
    expect(other.session).toBe(opened.session);
    expect(opened.session?.clientLabel).toBe(opened.clientLabel);
  });

  it.each<[string, Headers]>([
    ['its library', { 'User-Agent': 'node' }],
    ['a library that nobody knows', { 'User-Agent': 'my-http/3.0' }],
    ['nothing', {}],
  ])('is the session’s where its headers name only %s', (_, headers) => {
    const talk = startConversation();
    const opened = talk.initialize('s1', { name: 'cursor-vscode', version: '1.0.0' }, CLAUDE);
    expect(talk.call('s1', 'quiz', headers).clientLabel).toBe(opened.clientLabel);
  });

  it('is the session’s in a version of the same product that its handshake did not name', () => {
    const talk = startConversation();
    const opened = talk.initialize('s1', { name: 'claude-code', version: '2.1.0' }, CLAUDE_CODE);
    const call = talk.call('s1', 'quiz', { 'User-Agent': 'claude-code/2.1.1 (external, cli)' });
    expect(call.client).toEqual(opened.client);
  });
});

describe('two clients that are given one id', () => {
  it('the one that shook hands last is the owner', () => {
    const talk = startConversation();
    const first = talk.initialize('s1', { name: 'cursor-vscode', version: '1.0.0' }, ANN);
    const second = talk.initialize('s1', { name: 'zed', version: '1.0.0' }, MALLORY);
    expect(second.session).toBe(first.session);
    expect(second.clientLabel).toBe('zed');
    expect(talk.call('s1').clientLabel).toBe('zed');
    expect(talk.of('session-opened')).toHaveLength(1);
  });

  it('a handshake that failed changes no owner', () => {
    const talk = startConversation();
    const first = talk.initialize('s1');
    talk.post(initialize(9, 'zed')).answer(400, undefined, { 'Mcp-Session-Id': 's1' });
    expect(talk.call('s1').clientLabel).toBe(first.clientLabel);
  });
});

describe('a session that a client names in its handshake', () => {
  const open = () => {
    const talk = startConversation();
    const owner = talk.initialize('s1', { name: 'cursor-vscode', version: '1.0.0' }, ANN);
    return { talk, owner };
  };
  const NAMED = { 'Mcp-Session-Id': 's1' };
  const answer = result(9, { protocolVersion: '2024-11-05', serverInfo: { name: 'other', version: '9' } });

  it.each<[string, Headers]>([
    ['says nothing of it', {}],
    ['repeats it', NAMED],
  ])('stays its owner’s when another principal does, and the server %s', (_, answered) => {
    const { talk, owner } = open();
    talk.ask(initialize(9, 'zed'), answer, { ...NAMED, ...MALLORY }, answered);
    expect(owner.session).toMatchObject({
      clientLabel: 'cursor',
      protocolVersion: REVISION,
      server: { name: 'quiz-server' },
    });
    expect(talk.call('s1', 'quiz', ANN).clientLabel).toBe('cursor');
    expect(talk.ended('initialize').clientLabel).toBe('zed');
  });

  it('is of the client that shakes hands anew for the same principal', () => {
    const { talk } = open();
    talk.ask(initialize(9, 'zed'), answer, { ...NAMED, ...ANN });
    expect(talk.call('s1', 'quiz', ANN)).toMatchObject({ clientLabel: 'zed', protocolVersion: '2024-11-05' });
  });

  it('does not lend its answers to a call of another one', () => {
    const { talk } = open();
    const call = talk.post(toolCall(1), { 'Mcp-Session-Id': 's2', ...MALLORY });
    const own = talk.post(toolCall(1), { ...NAMED, ...ANN });
    own.answer(202);
    const stream = talk.send({ method: 'GET', headers: { 'Mcp-Session-Id': 's2', ...MALLORY } });
    stream.stream();
    stream.event(result(1));
    expect(talk.of('operation-ended').filter(({ operation }) => operation.session?.id === 's1')).toHaveLength(1);
    call.close();
  });
});
