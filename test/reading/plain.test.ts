import { describe, expect, it } from 'vitest';
import { escaped, plain, plainLines } from '../../src/reading/plain.ts';

/** Characters that act, or hide, with where Unicode has them. */
const ACTING: readonly (readonly [what: string, from: number, to: number])[] = [
  ['controls', 0x00, 0x1f],
  ['delete and further controls', 0x7f, 0x9f],
  ['soft hyphen', 0xad, 0xad],
  ['grapheme joiner', 0x34f, 0x34f],
  ['Hangul fillers', 0x115f, 0x1160],
  ['marks without width', 0x200b, 0x200f],
  ['line and paragraph separators', 0x2028, 0x2029],
  ['marks that turn text round', 0x202a, 0x202e],
  ['isolates and invisible operators', 0x2060, 0x206f],
  ['a filler', 0x3164, 0x3164],
  ['half of a pair', 0xd800, 0xdfff],
  ['variation selectors', 0xfe00, 0xfe0f],
  ['byte order mark', 0xfeff, 0xfeff],
  ['tags', 0xe0000, 0xe007f],
  ['further variation selectors', 0xe0100, 0xe01ef],
];

describe.each(ACTING)('%s', (_what, from, to) => {
  const each = Array.from({ length: to - from + 1 }, (_, index) => String.fromCodePoint(from + index));

  it('are replaced, and written out where nothing may be lost', () => {
    for (const character of each) {
      const code = (character.codePointAt(0) ?? 0).toString(16);
      expect(plain(`a${character}b`), code).toBe('a\u{FFFD}b');
      expect(escaped(`a${character}b`)).toBe(`a\\u{${code}}b`);
      const stays = '\n\r\t'.includes(character);
      expect(plainLines(`a${character}b`), code).toBe(stays ? `a${character}b` : 'a\u{FFFD}b');
    }
  });
});

it('what people write stays as it is', () => {
  for (const text of ['create_quiz', 'Überprüfung', '検索', 'مرحبا', 'שלום', '🔍 search', '⚠️ careful', 'é', '']) {
    expect(plain(text)).toBe(text);
    expect(escaped(text)).toBe(text);
  }
});

it('a selector is left behind an emoji only, and only one of them', () => {
  expect(plain('quiz\u{FE0F}')).toBe('quiz\u{FFFD}');
  expect(plain('⚠\u{FE0F}\u{FE0F}')).toBe('⚠\u{FE0F}\u{FFFD}');
  expect(plain('1\u{FE0F}')).toBe('1\u{FFFD}');
});

it.each(['careful \u26A0\uFE0F', 'a family \u{1F468}\u200D\u{1F469}', '1\uFE0F\u20E3 first'])(
  '%j stays on every face',
  (text) => {
    for (const made of [plain, plainLines, escaped]) expect(made(text)).toBe(text);
  },
);

it('a text that hides in 500 variation selectors is one mark on the page', () => {
  expect(plainLines(`a${'\u{E0101}'.repeat(500)}b`)).toBe('a\u{FFFD}b');
});

it('words that only a model reads show', () => {
  const hidden = Array.from('obey', (letter) => String.fromCodePoint(0xe0000 + (letter.codePointAt(0) ?? 0))).join('');
  expect(escaped(`search${hidden}`)).toBe(String.raw`search\u{e006f}\u{e0062}\u{e0065}\u{e0079}`);
});
