import { describe, expect, it } from 'vitest';
import { request, result, startConversation, type Conversation, type Headers } from '../support/conversation.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

interface Tool {
  name: string;
  [member: string]: unknown;
}

const SEARCH: Tool = {
  name: 'search',
  description: 'Finds pages.',
  inputSchema: { type: 'object', properties: { q: { type: 'string' } } },
};
const GRADE: Tool = { name: 'grade', description: 'Grades.', annotations: { readOnlyHint: true } };
const ANN = { Authorization: 'Bearer ann' };
const BOB = { Authorization: 'Bearer bob' };
const CURSOR = { 'User-Agent': 'cursor/1.0' };

const start = (): Conversation => startConversation({ surface: true });

function list(
  talk: Conversation,
  tools: readonly Tool[],
  headers: Headers = {},
  page: { cursor?: string; next?: string } = {},
): void {
  const { cursor, next } = page;
  const params = cursor === undefined ? {} : { cursor };
  talk.ask(
    request(7, 'tools/list', params),
    result(7, { tools, ...(next !== undefined && { nextCursor: next }) }),
    headers,
  );
}

/** `search: description`, in the order in which it was told. */
const told = (talk: Conversation): string[] =>
  talk.of('tools-changed').flatMap(({ changes }) => changes.map(({ tool, kinds }) => `${tool}: ${kinds.join(' ')}`));

describe('a change of a definition', () => {
  it('is told once, to whom it is offered first', () => {
    const talk = start();
    list(talk, [SEARCH, GRADE]);
    list(talk, [SEARCH, GRADE], CURSOR);
    expect(told(talk)).toEqual([]);
    const changed = { ...SEARCH, description: 'Finds pages and files.' };
    list(talk, [changed, GRADE]);
    list(talk, [changed, GRADE], CURSOR);
    list(talk, [changed, GRADE]);
    expect(told(talk)).toEqual(['search: description']);
  });

  it('comes with both contracts', () => {
    const talk = start();
    list(talk, [GRADE]);
    list(talk, [{ ...GRADE, description: 'Grades well.' }]);
    const [change] = talk.of('tools-changed').flatMap(({ changes }) => changes);
    expect([change?.before, change?.after].map((each) => JSON.parse(each?.text ?? '{}').description)).toEqual([
      'Grades.',
      'Grades well.',
    ]);
  });

  it.each<[string, Partial<Tool>, string]>([
    ['title', { title: 'Search' }, 'title'],
    [
      'schema',
      { inputSchema: { type: 'object', properties: { q: {} }, required: ['q'] } },
      'input-widened input-narrowed',
    ],
    [
      'words in a schema',
      { inputSchema: { type: 'object', properties: { q: { type: 'string', description: 'x' } } } },
      'description',
    ],
    ['output', { outputSchema: { type: 'object' } }, 'output-narrowed'],
    ['hint to less', { annotations: { readOnlyHint: false, destructiveHint: true } }, 'annotations'],
    ['hint to safer', { annotations: { readOnlyHint: true } }, 'readOnlyHint-safer'],
    [
      'hint that is safer',
      { annotations: { openWorldHint: false, destructiveHint: false } },
      'destructiveHint-safer openWorldHint-safer',
    ],
  ])('is told by its kind: %s', (_, change, kinds) => {
    const talk = start();
    list(talk, [SEARCH]);
    list(talk, [{ ...SEARCH, ...change }]);
    expect(told(talk)).toEqual([`search: ${kinds}`]);
  });

  it.each<[string, Tool, Tool, string]>([
    ['read-only no more', GRADE, { ...GRADE, annotations: {} }, 'readOnlyHint-less-safe'],
    [
      'destructive by default',
      { ...SEARCH, annotations: { destructiveHint: false } },
      SEARCH,
      'destructiveHint-less-safe',
    ],
    [
      'no more safe to repeat',
      { ...SEARCH, annotations: { idempotentHint: true } },
      SEARCH,
      'idempotentHint-less-safe',
    ],
    [
      'open to the world',
      { ...GRADE, annotations: { readOnlyHint: true, openWorldHint: false } },
      GRADE,
      'openWorldHint-less-safe',
    ],
    [
      'destructive, but read-only: it means nothing',
      { ...GRADE, annotations: { readOnlyHint: true, destructiveHint: false } },
      GRADE,
      'annotations',
    ],
  ])('to the less safe side says which hint: %s', (_, before, after, kinds) => {
    const talk = start();
    list(talk, [before]);
    list(talk, [after]);
    expect(told(talk)).toEqual([`${before.name}: ${kinds}`]);
  });

  it('is none where only the writing differs', () => {
    const talk = start();
    list(talk, [{ ...SEARCH, inputSchema: { type: 'object', required: ['a', 'b'] } }]);
    list(talk, [
      {
        inputSchema: { required: ['b', 'a'], type: 'object' },
        description: 'Finds pages.',
        name: 'search',
        _meta: { at: 5 },
        icons: [],
      },
    ]);
    expect(told(talk)).toEqual([]);
  });
});

describe('callers that are offered different things', () => {
  it('accuse nobody: each has its own tools, in its own version', () => {
    const talk = start();
    const bobs = { ...SEARCH, description: 'Finds pages of Bob.' };
    for (let round = 0; round < 30; round++) {
      list(talk, [SEARCH, GRADE], ANN);
      list(talk, [bobs], BOB);
      talk.clock.advance(7 * MINUTE);
      talk.sweep();
    }
    expect(told(talk)).toEqual([]);
  });

  it('also after hours in which only some of them came', () => {
    const talk = start();
    list(talk, [SEARCH, GRADE], ANN);
    talk.clock.advance(3 * HOUR);
    for (let user = 0; user < 5; user++)
      list(talk, [{ ...SEARCH, description: `of ${user}` }], { Authorization: `Bearer ${user}` });
    talk.clock.advance(3 * HOUR);
    talk.sweep();
    expect(told(talk)).toEqual([]);
  });

  it('do not make a tool removed that one of them has lost', () => {
    const talk = start();
    list(talk, [SEARCH, GRADE], ANN);
    list(talk, [SEARCH, GRADE], BOB);
    talk.clock.advance(2 * HOUR);
    list(talk, [SEARCH], ANN);
    talk.clock.advance(5 * HOUR);
    talk.sweep();
    expect(told(talk)).toEqual([]);
    list(talk, [SEARCH], BOB);
    expect(told(talk)).toEqual(['grade: removed']);
  });

  it('that all get the same new version, and nobody the old one, show that it changed', () => {
    const talk = start();
    const users = (from: number, tool: Tool): void => {
      for (let user = from; user < from + 10; user++) list(talk, [tool], { Authorization: `Bearer ${user}` });
    };
    users(0, SEARCH);
    talk.clock.advance(2 * HOUR);
    users(100, { ...SEARCH, description: 'else' });
    expect(told(talk)).toEqual(['search: description']);
  });
});

describe('a tool that goes', () => {
  it('is removed at once where nobody else could be offered it', () => {
    const talk = start();
    list(talk, [SEARCH, GRADE]);
    talk.clock.advance(2 * HOUR);
    list(talk, [SEARCH]);
    list(talk, [SEARCH]);
    expect(told(talk)).toEqual(['grade: removed']);
  });

  it('is removed after an hour where somebody else may be, who does not sign in', () => {
    const talk = start();
    list(talk, [SEARCH, GRADE]);
    list(talk, [SEARCH, GRADE], CURSOR);
    talk.clock.advance(10 * MINUTE);
    list(talk, [SEARCH]);
    talk.clock.advance(45 * MINUTE);
    talk.sweep();
    expect(told(talk)).toEqual([]);
    talk.clock.advance(10 * MINUTE);
    talk.sweep();
    expect(told(talk)).toEqual(['grade: removed']);
  });

  it('is removed once, however late others learn of it', () => {
    const talk = start();
    list(talk, [SEARCH, GRADE]);
    list(talk, [SEARCH, GRADE], CURSOR);
    talk.clock.advance(2 * HOUR);
    list(talk, [SEARCH]);
    talk.clock.advance(30 * HOUR);
    list(talk, [SEARCH], CURSOR);
    talk.clock.advance(2 * HOUR);
    talk.sweep();
    expect(told(talk)).toEqual(['grade: removed']);
  });

  it('and comes back the next day is added again', () => {
    const talk = start();
    list(talk, [SEARCH, GRADE]);
    talk.clock.advance(2 * HOUR);
    list(talk, [SEARCH]);
    talk.clock.advance(20 * HOUR);
    list(talk, [SEARCH, GRADE]);
    expect(told(talk)).toEqual(['grade: removed', 'grade: added']);
  });
});

describe('a tool that comes', () => {
  it('is added for somebody who had a list without it', () => {
    const talk = start();
    list(talk, [SEARCH]);
    list(talk, [SEARCH, GRADE]);
    list(talk, [SEARCH, GRADE], CURSOR);
    expect(told(talk)).toEqual(['grade: added']);
  });
});

describe('pages', () => {
  const TOOLS = Array.from({ length: 6 }, (_, index): Tool => ({ name: `t${index}` }));
  const paged = (talk: Conversation, tools: readonly Tool[], headers: Headers = {}): void => {
    list(talk, tools.slice(0, 3), headers, { next: 'p2' });
    list(talk, tools.slice(3), headers, { cursor: 'p2' });
  };

  it('make one list, whoever reads at the same time', () => {
    const talk = start();
    paged(talk, TOOLS);
    list(talk, TOOLS.slice(0, 3), {}, { next: 'p2' });
    list(talk, TOOLS.slice(0, 2), ANN, { next: 'p2' });
    list(talk, TOOLS.slice(3), ANN, { cursor: 'p2' });
    list(talk, TOOLS.slice(3), {}, { cursor: 'p2' });
    expect(told(talk)).toEqual([]);
  });

  it('of which only the first is read lack nothing', () => {
    const talk = start();
    paged(talk, TOOLS);
    talk.clock.advance(2 * HOUR);
    for (let time = 0; time < 3; time++) list(talk, TOOLS.slice(0, 3), {}, { next: 'p2' });
    expect(told(talk)).toEqual([]);
  });

  it('must lack a tool twice, since a release may come between two of them', () => {
    const talk = start();
    paged(talk, TOOLS);
    talk.clock.advance(2 * HOUR);
    paged(talk, TOOLS.slice(1));
    expect(told(talk)).toEqual([]);
    paged(talk, TOOLS.slice(1));
    expect(told(talk)).toEqual(['t0: removed']);
  });

  it('show changes of definitions one by one', () => {
    const talk = start();
    list(talk, TOOLS.slice(0, 3), {}, { next: 'p2' });
    list(talk, [{ name: 't0', description: 'new' }, ...TOOLS.slice(1, 3)], {}, { next: 'p2' });
    expect(told(talk)).toEqual(['t0: description']);
  });

  it('without an end are given up', () => {
    const talk = start();
    for (let page = 0; page < 200; page++) {
      const tools = Array.from({ length: 50 }, (_, index): Tool => ({ name: `p${page}-${index}` }));
      list(talk, tools, {}, { ...(page > 0 && { cursor: `c${page}` }), next: `c${page + 1}` });
    }
    expect(told(talk)).toEqual([]);
    expect(talk.of('anomaly').filter(({ what }) => what === 'tools-not-followed').length).toBeGreaterThan(100);
  });
});

describe('two releases that answer in turns', () => {
  const NEW = { ...SEARCH, description: 'new' };

  it('are one change, and then two versions, told once', () => {
    const talk = start();
    for (let time = 0; time < 20; time++) {
      list(talk, [time % 2 === 0 ? SEARCH : NEW, GRADE]);
      talk.clock.advance(MINUTE);
    }
    expect(told(talk)).toEqual(['search: description', 'search: two-versions']);
  });

  it('are told of also where one of them lacks a tool', () => {
    const talk = start();
    list(talk, [SEARCH, GRADE]);
    talk.clock.advance(2 * HOUR);
    for (let time = 0; time < 20; time++) {
      list(talk, time % 2 === 0 ? [SEARCH] : [SEARCH, GRADE]);
      talk.clock.advance(MINUTE);
      talk.sweep();
    }
    expect(told(talk)).toEqual(['grade: removed', 'grade: two-versions']);
  });

  it('and one has a tool more: it is added, and not removed again and again', () => {
    const talk = start();
    list(talk, [SEARCH]);
    for (let time = 0; time < 20; time++) {
      list(talk, time % 2 === 0 ? [SEARCH, GRADE] : [SEARCH]);
      talk.clock.advance(MINUTE);
      talk.sweep();
    }
    expect(told(talk)).toEqual(['grade: added', 'grade: two-versions']);
  });

  it('end with the change back, when the newer one is gone for an hour', () => {
    const talk = start();
    for (const tool of [SEARCH, NEW, SEARCH]) list(talk, [tool]);
    for (let time = 0; time < 13; time++) {
      talk.clock.advance(5 * MINUTE);
      list(talk, [SEARCH]);
    }
    expect(told(talk)).toEqual(['search: description', 'search: two-versions', 'search: description']);
  });
});

describe('bounds', () => {
  it('hold for a tool that changes with every list', () => {
    const talk = start();
    for (let time = 0; time < 100; time++) list(talk, [{ ...SEARCH, description: `It is ${time}.` }]);
    expect(told(talk)).toHaveLength(6);
    expect(talk.of('anomaly').map(({ what }) => what)).toContain('tools-not-followed');
  });

  it('hold for large and deep definitions: their bytes are compared', () => {
    const talk = start();
    const deep = (levels: number): unknown => (levels === 0 ? {} : { items: deep(levels - 1) });
    const large = (text: string): Tool => ({ name: 'large', description: text.repeat(70_000) });
    list(talk, [large('a'), { name: 'deep', inputSchema: deep(100) }]);
    list(talk, [large('b'), { name: 'deep', inputSchema: deep(101) }]);
    expect(told(talk)).toEqual(['large: definition', 'deep: definition']);
  });

  it('hold for thousands of tools', () => {
    const talk = start();
    const many = (description: string): Tool[] =>
      Array.from({ length: 5_000 }, (_, index) => ({ name: `t${index}`, description }));
    const read = (description: string): void => {
      const tools = many(description);
      for (let page = 0; page < 5; page++)
        list(
          talk,
          tools.slice(page * 1_000, (page + 1) * 1_000),
          {},
          {
            ...(page > 0 && { cursor: `c${page}` }),
            ...(page < 4 && { next: `c${page + 1}` }),
          },
        );
    };
    read('one');
    read('two');
    expect(told(talk)).toHaveLength(2_000);
  });
});
