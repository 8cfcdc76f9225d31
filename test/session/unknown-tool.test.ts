import { describe, expect, it } from 'vitest';
import {
  failure,
  notification,
  request,
  result,
  startConversation,
  toolCall,
  type Conversation,
  type Fields,
  type Headers,
} from '../support/conversation.ts';

const names = (...tools: string[]): Fields => ({ tools: tools.map((name) => ({ name })) });
const inSession = (id: string): Headers => ({ 'Mcp-Session-Id': id });

function list(talk: Conversation, headers: Headers, page: Fields, params: Fields = {}): void {
  talk.ask(request(1, 'tools/list', params), result(1, page), headers);
}

/** A call of this tool that no answer came to. */
function unanswered(talk: Conversation, tool: string, headers: Headers = {}): boolean {
  talk.post(toolCall(9, tool), headers).answer(500);
  return talk.ended('tools/call').unknownTool;
}

const answered = (tool: string, answer: Fields): boolean =>
  startConversation().ask(toolCall(9, tool), answer).unknownTool;

const isError = (text: string): Fields => result(9, { isError: true, content: [{ type: 'text', text }] });

describe('a tool that the server does not know', () => {
  it.each<[string, Fields]>([
    ['the TypeScript SDK', isError('MCP error -32602: Tool quizz not found')],
    ['its first version', failure(9, -32_602, 'MCP error -32602: Tool quizz not found')],
    ['the Python SDK', isError('Unknown tool: quizz')],
    ['FastMCP', isError("Unknown tool: 'quizz'")],
    ['the Go SDK', failure(9, -32_602, 'unknown tool "quizz"')],
    ['mcp-go', failure(9, -32_602, "tool 'quizz' not found: tool not found")],
    ['the Java SDK', failure(9, -32_602, 'Unknown tool: invalid_tool_name')],
    ['the C# SDK', failure(9, -32_602, "Unknown tool: 'quizz'")],
    ['the Rust SDK', failure(9, -32_602, 'tool not found')],
    ['the Ruby SDK', failure(9, -32_602, 'Tool not found: quizz')],
    ['a server that has no tools', failure(9, -32_601, 'Tool `quizz` does not exist')],
  ])('is told of by the answer of %s', (_server, answer) => {
    expect(answered('quizz', answer)).toBe(true);
  });

  it.each<[string, Fields]>([
    ['a result', result(9, { content: [] })],
    ['an error of the tool', isError('Word not found')],
    ['an error that is about another thing', isError('The tool quizz could not open it: file not found')],
    ['an error that has no text', result(9, { isError: true })],
    ['a complaint about its arguments', failure(9, -32_602, 'Invalid arguments for tool quizz: word is required')],
    ['an error of the server', failure(9, -32_603, 'Unknown tool: quizz')],
  ])('is not one that is answered with %s, whatever the list says', (_what, answer) => {
    const talk = startConversation();
    list(talk, {}, names('other'));
    expect(talk.ask(toolCall(9, 'quizz'), answer).unknownTool).toBe(false);
  });

  it('may be called like the words that tell of it', () => {
    expect(answered('tool', isError('Unknown tool: tool'))).toBe(true);
    expect(answered('not found', isError('Tool not found not found'))).toBe(true);
  });

  it('is told by no prompt of that name', () => {
    const prompt = request(9, 'prompts/get', { name: 'quizz' });
    expect(startConversation().ask(prompt, failure(9, -32_602, 'Unknown tool: quizz')).unknownTool).toBe(false);
  });
});

describe('a call that no answer came to', () => {
  it('names an unknown tool where the latest whole list of its session has no such tool', () => {
    const talk = startConversation();
    expect(unanswered(talk, 'a')).toBe(false);
    talk.call(undefined, 'a');
    list(talk, {}, names('a'));
    expect([unanswered(talk, 'a'), unanswered(talk, 'b')]).toEqual([false, true]);
    list(talk, {}, names('b'));
    expect([unanswered(talk, 'a'), unanswered(talk, 'b')]).toEqual([true, false]);
  });

  it('does not where another user was offered that list', () => {
    const talk = startConversation();
    for (const id of ['s1', 's2']) talk.initialize(id);
    list(talk, inSession('s1'), names('a'));
    list(talk, inSession('s2'), names('b'));
    expect(unanswered(talk, 'b', inSession('s1'))).toBe(true);
    expect(unanswered(talk, 'b', inSession('s2'))).toBe(false);
  });

  it('does not while the list is being read page by page', () => {
    const talk = startConversation();
    for (const id of ['s1', 's2']) talk.initialize(id);
    list(talk, inSession('s1'), { ...names('a'), nextCursor: '2' });
    list(talk, inSession('s2'), { ...names('c'), nextCursor: '2' });
    expect(unanswered(talk, 'z', inSession('s1'))).toBe(false);
    list(talk, inSession('s1'), names('b'), { cursor: '2' });
    const known = ['a', 'b', 'c'].map((tool) => unanswered(talk, tool, inSession('s1')));
    expect(known).toEqual([false, false, true]);
  });

  it('does not once the server said that its tools have changed', () => {
    const talk = startConversation();
    talk.initialize('s1');
    list(talk, inSession('s1'), names('a'));
    const stream = talk.send({ method: 'GET', headers: inSession('s1') });
    stream.stream();
    stream.event(notification('notifications/tools/list_changed'));
    expect(unanswered(talk, 'b', inSession('s1'))).toBe(false);
  });
});
