import { describe, expect, it } from 'vitest';
import type { Counted } from '../../src/session/operation.ts';
import { Loops } from '../../src/session/loops.ts';
import type { Session } from '../../src/session/session.ts';
import { failure, request, result, startConversation, toolCall, type Conversation } from '../support/conversation.ts';

const IN_SESSION = { 'Mcp-Session-Id': 's' };
const SECRET = 'my-secret-words';

let last = 0;
function call(
  talk: Conversation,
  args: unknown,
  {
    headers = IN_SESSION,
    fails = false,
    tool = 'search',
  }: { headers?: Record<string, string>; fails?: boolean; tool?: string } = {},
) {
  const id = `call ${++last}`;
  const answer = fails ? failure(id, -32_603) : result(id, { content: [] });
  return talk.ask(toolCall(id, tool, { arguments: args, _meta: { progressToken: id } }), answer, headers).repeat;
}

function inSession(): Conversation {
  const talk = startConversation();
  talk.initialize('s');
  return talk;
}

describe('equal calls in a row', () => {
  it('count as repeated from the fifth on', () => {
    const talk = inSession();
    const repeats = Array.from({ length: 7 }, () => call(talk, { query: SECRET }));
    expect(repeats.map((repeat) => repeat?.calls)).toEqual([undefined, undefined, undefined, undefined, 5, 6, 7]);
    expect(repeats[6]).toEqual({ calls: 7, unsuccessful: 0 });
  });

  it('count from the third on that was not done, failed or rejected alike', () => {
    const talk = inSession();
    expect(call(talk, {})).toBeUndefined();
    expect(call(talk, {}, { fails: true })).toBeUndefined();
    expect(call(talk, {}, { fails: true })).toBeUndefined();
    const id = 'rejected';
    const rejected = talk.ask(toolCall(id, 'search', { arguments: {} }), failure(id, -32_602), IN_SESSION);
    expect(rejected.repeat).toEqual({ calls: 4, unsuccessful: 3 });
    expect(call(talk, {})).toEqual({ calls: 5, unsuccessful: 0 });
  });

  it.each<[string, (talk: Conversation, index: number) => unknown]>([
    ['other arguments', (talk, index) => call(talk, { page: index })],
    ['arguments in another order', (talk, index) => call(talk, index % 2 === 0 ? { a: 1, b: 2 } : { b: 2, a: 1 })],
    ['another tool', (talk, index) => call(talk, {}, { tool: `tool ${index % 2}` })],
    ['ten minutes of silence', (talk) => (talk.clock.advance(600_001), call(talk, {}))],
  ])('are none with %s between them', (_what, act) => {
    const talk = inSession();
    const repeats = Array.from({ length: 8 }, (_, index) => {
      // The session must not end meanwhile.
      if (index > 0) talk.initialize('s');
      return act(talk, index);
    });
    expect(repeats.every((repeat) => repeat === undefined)).toBe(true);
  });

  it('may have other messages between them', () => {
    const talk = inSession();
    const repeats = Array.from({ length: 5 }, () => {
      talk.ask(request(`list ${++last}`, 'tools/list'), result(`list ${last}`, { tools: [] }), IN_SESSION);
      return call(talk, {});
    });
    expect(repeats.at(-1)).toEqual({ calls: 5, unsuccessful: 0 });
  });

  it('are found in a conversation that opens a session for each call', () => {
    const talk = startConversation();
    const repeats = Array.from({ length: 5 }, (_, index) => {
      talk.initialize(`s ${index}`, { name: 'openai-mcp', version: '1' });
      const id = `in conversation ${index}`;
      const params = { arguments: {}, _meta: { 'openai/session': 'one-talk' } };
      return talk.ask(toolCall(id, 'search', params), result(id), { 'Mcp-Session-Id': `s ${index}` }).repeat;
    });
    expect(repeats.at(-1)).toEqual({ calls: 5, unsuccessful: 0 });
  });

  it('are not looked for where several conversations may be one activity', () => {
    const talk = startConversation();
    for (const headers of [{ Authorization: 'Bearer me' }, { 'User-Agent': 'agent/1.0' }])
      for (let time = 0; time < 6; time++) expect(call(talk, {}, { headers })).toBeUndefined();
  });

  it('are not the rounds of one call', () => {
    const talk = inSession();
    for (let time = 0; time < 8; time++) {
      const id = `round ${++last}`;
      const message = request(id, 'tools/call', {
        name: 'search',
        arguments: {},
        requestState: `${time}`,
        inputResponses: {},
      });
      expect(talk.ask(message, result(id), IN_SESSION).repeat).toBeUndefined();
    }
  });

  it('leave nothing of their arguments behind', () => {
    const talk = inSession();
    for (let time = 0; time < 5; time++) call(talk, { query: SECRET });
    expect(talk.of('operation-ended').at(-1)?.operation.repeat).toBeDefined();
    expect(
      JSON.stringify(talk.of('operation-ended').map(({ operation }) => ({ ...operation, session: undefined }))),
    ).not.toContain(SECRET);
  });
});

describe('a fingerprint of arguments', () => {
  const loops = new Loops();
  const of = (args: unknown, by = loops, tool = 'search') =>
    by.fingerprintOf(tool, Buffer.from(JSON.stringify(request(1, 'tools/call', { name: tool, arguments: args }))));
  const long = (middle: string) => ({ text: `a${'x'.repeat(20_000)}${middle}${'x'.repeat(20_000)}b` });

  it('has another key in each process', () => {
    expect(of({ query: SECRET })).toBe(of({ query: SECRET }));
    expect(of({ query: SECRET })).not.toBe(of({ query: SECRET }, new Loops()));
    expect(of({ query: SECRET })).toMatch(/^[\w+/]{16}$/);
  });

  it('tells tools, and absent from empty arguments apart', () => {
    expect(new Set([of({}), of(undefined), of({}, loops, 'other'), of([]), of(null)]).size).toBe(5);
  });

  it('takes of long arguments the beginning, the end and the length', () => {
    expect(of(long('one'))).toBe(of(long('two')));
    expect(of(long('one'))).not.toBe(of(long('three')));
    expect(of({ ...long('one'), z: 1 })).not.toBe(of({ ...long('one'), z: 2 }));
    expect(of({ y: 1, ...long('one') })).not.toBe(of({ y: 2, ...long('one') }));
  });
});

it('the latest runs of 10 000 sessions are kept', () => {
  const loops = new Loops();
  const counted: Counted = {
    handshake: false,
    toolCall: true,
    firstOfCall: true,
    failed: true,
    rejected: false,
    turnedAway: false,
  };
  const fail = (place: number) =>
    loops.ended({ fingerprint: 'one', conversation: String(place) }, counted, { clientLabel: 'c' } as Session, place);
  for (let time = 0; time < 2; time++) fail(0);
  for (let place = 1; place < 10_000; place++) fail(place);
  expect(fail(0)).toEqual({ calls: 3, unsuccessful: 3 });
  fail(10_000);
  // It was the first that came.
  expect(fail(0)).toBeUndefined();
});
