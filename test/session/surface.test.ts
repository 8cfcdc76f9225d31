import { describe, expect, it } from 'vitest';
import type { ListedTool } from '../../src/session/surface.ts';
import { request, result, startConversation, type Conversation } from '../support/conversation.ts';

const QUIZ = { name: 'quiz', description: 'asks', inputSchema: { type: 'object' } };
const bytesOf = (tool: object): number => Buffer.byteLength(JSON.stringify(tool));

function list(talk: Conversation, tools: readonly unknown[], params: Record<string, unknown> = {}): void {
  talk.ask(request(7, 'tools/list', params), result(7, { tools }));
}

const told = (talk: Conversation): (readonly ListedTool[])[] => talk.of('tools-listed').map(({ tools }) => tools);

describe('the tools a server offers', () => {
  it('are told with the bytes and the hash of each definition', () => {
    const talk = startConversation({ surface: true });
    list(talk, [QUIZ, { name: 'grade' }]);
    const [tools = []] = told(talk);
    expect(tools.map(({ name, bytes }) => [name, bytes])).toEqual([
      ['quiz', bytesOf(QUIZ)],
      ['grade', bytesOf({ name: 'grade' })],
    ]);
    for (const { hash } of tools) expect(hash).toMatch(/^[0-9a-f]{16}$/);
    expect(new Set(tools.map(({ hash }) => hash)).size).toBe(2);
  });

  it('have another hash when anything in their definition changed, and only they', () => {
    const talk = startConversation({ surface: true });
    list(talk, [QUIZ, { name: 'grade' }]);
    list(talk, [{ ...QUIZ, description: 'asks nicely' }, { name: 'grade' }]);
    const [[quiz, grade] = [], [quizAfter, gradeAfter] = []] = told(talk);
    expect(quizAfter?.hash).not.toBe(quiz?.hash);
    expect(gradeAfter).toEqual(grade);
  });

  it('are told again when they change back', () => {
    const talk = startConversation({ surface: true });
    list(talk, [QUIZ]);
    list(talk, [{ ...QUIZ, description: 'else' }]);
    talk.clock.advance(60_000);
    list(talk, [QUIZ]);
    expect(told(talk).map(([tool]) => tool?.bytes)).toEqual([
      bytesOf(QUIZ),
      bytesOf({ ...QUIZ, description: 'else' }),
      bytesOf(QUIZ),
    ]);
  });

  it('are told once a minute, however often they are listed', () => {
    const talk = startConversation({ surface: true });
    for (let minute = 0; minute < 3; minute++) {
      for (let time = 0; time < 5; time++) list(talk, [QUIZ]);
      talk.clock.advance(60_000);
    }
    expect(told(talk)).toHaveLength(3);
  });

  it('are read whole, also where the list is too long to be parsed', () => {
    const talk = startConversation({ surface: true });
    const many = Array.from({ length: 40 }, (_, index) => ({ name: `tool-${index}`, description: 'x'.repeat(1_000) }));
    list(talk, many);
    const [tools = []] = told(talk);
    expect(tools.map(({ bytes }) => bytes)).toEqual(many.map(bytesOf));
  });

  it('are those that have a name; a thousand of a page are read', () => {
    const talk = startConversation({ surface: true });
    list(talk, [7, null, 'quiz', { description: 'nameless' }, { name: 5 }, QUIZ]);
    list(
      talk,
      Array.from({ length: 1_200 }, (_, index) => ({ name: `t${index}` })),
    );
    const [odd = [], many = []] = told(talk);
    expect(odd.map(({ name }) => name)).toEqual(['quiz']);
    expect(many).toHaveLength(1_000);
  });

  it('are told only to who asks, and only when there is a list', () => {
    const silent = startConversation();
    list(silent, [QUIZ]);
    const talk = startConversation({ surface: true });
    talk.ask(request(1, 'tools/list'), result(1, { tools: 'none' }));
    talk.ask(request(1, 'tools/list'), result(1, {}));
    talk.ask(request(1, 'prompts/list'), result(1, { tools: [QUIZ] }));
    expect([told(silent), told(talk)]).toEqual([[], []]);
  });
});
