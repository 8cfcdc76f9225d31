import { describe, expect, it } from 'vitest';
import { compare, learn } from '../../../src/commands/probe/shape.ts';

/** The paths at which two sets of answers differ. */
const paths = (one: readonly unknown[], other: readonly unknown[]): string[] =>
  compare(learn(one), learn(other)).map(({ path }) => path);

describe('answers that should be alike', () => {
  it.each<[what: string, one: unknown[], other: unknown[]]>([
    ['numbers that vary', [1, 2], [3, 4]],
    [
      'a text with a time in it',
      ['at 10:00:01, 3 open', 'at 10:00:02, 3 open'],
      ['at 10:00:09, 3 open', 'at 10:01:00, 3 open'],
    ],
    [
      'identifiers in a text',
      ['made cloze-8f3a for level a1', 'made cloze-19bc for level a1'],
      ['made cloze-77aa for level a1', 'made cloze-0001 for level a1'],
    ],
    ['lists whose length varies', [[1], [1, 2]], [[], [1]]],
    ['members that only some have', [{ a: 1, hint: 'x' }, { a: 1 }], [{ a: 1 }, { a: 1 }]],
    ['texts that vary altogether', ['the cat sat', 'no dog ran'], ['a bird flew', 'one fish swam']],
    ['texts whose middle varies', ['total: one two', 'total: one'], ['total: three', 'total: four five six']],
    ['what is the same', [{ a: [true, null, 'x'] }, { a: [true, null, 'x'] }], [{ a: [true, null, 'x'] }]],
  ])('are: %s', (_what, one, other) => {
    expect(paths(one, other)).toEqual([]);
  });

  it.each<[what: string, one: unknown[], other: unknown[], expected: string[]]>([
    ['a value', [{ a: { b: 1 } }], [{ a: { b: 2 } }], ['a.b']],
    [
      'a value beside one that varies',
      [
        { n: 1, t: 5 },
        { n: 1, t: 6 },
      ],
      [
        { n: 0, t: 7 },
        { n: 0, t: 8 },
      ],
      ['n'],
    ],
    ['a member that is missing', [{ a: 1 }, { a: 1 }], [{}, {}], ['a']],
    ['a list that is shorter', [{ list: ['x'] }], [{ list: [] }], ['list']],
    ['the kind of a value', [{ a: 'x' }], [{ a: null }], ['a']],
    ['a name that is no word', [{ 'a b': 1 }], [{ 'a b': 2 }], ['["a b"]']],
    ['a word in a text that varies elsewhere', ['3 ms: found', '4 ms: found'], ['5 ms: lost', '6 ms: lost'], ['']],
    [
      'a text that says something else, of another length',
      ['Your answer was der Apfel, 3 s ago', 'Your answer was der Apfel, 12 s ago'],
      ['No answer yet', 'No answer yet'],
      [''],
    ],
    ['the items of a list', [[{ a: 1 }, { a: 2 }]], [[{ a: 1 }, { a: 3 }]], ['[1].a']],
  ])('are not: %s', (_what, one, other, expected) => {
    expect(paths(one, other)).toEqual(expected);
  });

  it('are previewed as they were, and cut where they are long', () => {
    const [difference] = compare(learn(['short']), learn(['x'.repeat(1_000)]));
    expect(difference?.one).toBe('"short"');
    expect(difference?.other.length).toBeLessThan(210);
  });
});
