import { describe, expect, it } from 'vitest';
import { DAY_MS, People, type DaySketch, type PeopleCount } from '../../src/session/people.ts';
import { result, startConversation, toolCall, type Conversation } from '../support/conversation.ts';

const bearer = (token: string) => ({ Authorization: `Bearer ${token}`, 'User-Agent': 'cursor/1' });
const jwt = (subject: string, issued: number): string =>
  ['{}', JSON.stringify({ iss: 'a', sub: subject, iat: issued }), 'sign']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');
const called = (talk: Conversation, headers: Record<string, string>, meta = {}, tool = 'quiz'): unknown =>
  talk.ask(toolCall(1, tool, { _meta: meta }), result(1), headers);

const counts = (talk: Conversation): string[] => told([...talk.people.today(talk.clock.now())]);
const told = (all: readonly PeopleCount[]): string[] =>
  all.map(({ subject, name, who, number }) => `${subject} ${name} ${who} ${number}`).toSorted();

describe('people', () => {
  it('are told apart by their credentials, for the server, each client and each tool', () => {
    const talk = startConversation();
    for (const token of ['one', 'two', 'two', 'three']) called(talk, bearer(token));
    called(talk, bearer('three'), {}, 'grade');
    expect(counts(talk)).toEqual([
      'client cursor principal 3',
      'server  principal 3',
      'tool grade principal 1',
      'tool quiz principal 3',
    ]);
  });

  it('stay the same with a new token of the same subject', () => {
    const talk = startConversation();
    for (const [subject, issued] of [
      ['ann', 1],
      ['ann', 2],
      ['ben', 1],
    ] as const)
      called(talk, bearer(jwt(subject, issued)));
    expect(counts(talk)).toContain('server  principal 2');
  });

  it('are conversations where only these are known', () => {
    const talk = startConversation();
    for (const key of ['a', 'b', 'a']) called(talk, { 'User-Agent': 'openai-mcp/1' }, { 'openai/session': key });
    expect(counts(talk)).toEqual([
      'client chatgpt conversation 2',
      'server  conversation 2',
      'tool quiz conversation 2',
    ]);
  });

  it('are unknown where a client sends neither, and scanners and probes are none', () => {
    const talk = startConversation();
    called(talk, { 'User-Agent': 'cursor/1' });
    called(talk, { ...bearer('one'), 'Mcpspan-Probe': '1' });
    expect(counts(talk)).toEqual([]);
  });

  it('are counted anew each day', () => {
    const talk = startConversation();
    called(talk, bearer('one'));
    talk.clock.advance(DAY_MS);
    expect(counts(talk)).toEqual([]);
    called(talk, bearer('two'));
    expect(counts(talk)).toContain('server  principal 1');
  });

  it('are hashed with a key: without it a sketch says nothing of anybody', () => {
    const talk = startConversation();
    called(talk, bearer('one'));
    const registers = (key: number): Uint8Array => {
      const people = new People({ key: new Uint8Array(32).fill(key), kept: [], onFolded: () => undefined });
      people.ended(talk.ended());
      return [...people.changed()][0]?.registers ?? new Uint8Array();
    };
    expect(registers(1)).toEqual(registers(1));
    expect(registers(1)).not.toEqual(registers(2));
  });
});

describe('what is to be written', () => {
  const key = new Uint8Array(32);
  const keys = (people: People): string[] => [...people.changed()].map(({ day, subject }) => `${day} ${subject}`);

  it('is what changed, also of the day before, until it is written', () => {
    const talk = startConversation();
    const people = new People({ key, kept: [], onFolded: () => undefined });
    const call = (token: string): void => {
      called(talk, bearer(token));
      people.ended(talk.ended());
    };
    const day = Math.floor(talk.clock.now() / DAY_MS);
    call('one');
    talk.clock.advance(DAY_MS);
    call('one');
    expect(keys(people).toSorted()).toEqual(
      [day, day + 1].flatMap((each) => ['client', 'server', 'tool'].map((subject) => `${each} ${subject}`)),
    );
    people.written();
    expect(keys(people)).toEqual([]);
    call('one');
    expect(keys(people)).toEqual([]);
    call('two');
    expect(keys(people)).toHaveLength(3);
  });

  it('goes on with what an earlier run has kept', () => {
    const talk = startConversation();
    const first = new People({ key, kept: [], onFolded: () => undefined });
    called(talk, bearer('one'));
    first.ended(talk.ended());
    const second = new People({ key, kept: [...first.changed()], onFolded: () => undefined });
    called(talk, bearer('two'));
    second.ended(talk.ended());
    expect(told([...second.today(talk.clock.now())])).toContain('server  principal 2');
  });

  it('is bounded: what finds no room is not counted, and told', () => {
    const talk = startConversation();
    called(talk, bearer('one'));
    const day = Math.floor(talk.clock.now() / DAY_MS);
    const kept = Array.from({ length: 2_000 }, (_, each): DaySketch => ({
      day,
      subject: 'tool',
      name: `t${each}`,
      who: 'principal',
      registers: new Uint8Array(),
    }));
    let folded = 0;
    const people = new People({ key, kept, onFolded: () => folded++ });
    people.ended(talk.ended());
    expect([folded, [...people.changed()].length]).toEqual([3, 0]);
  });
});
