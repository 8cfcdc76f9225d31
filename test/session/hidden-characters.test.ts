import { describe, expect, it } from 'vitest';
import { contractOf } from '../../src/session/contract.ts';
import { hiddenIn, type HiddenKind } from '../../src/session/hidden-characters.ts';
import { request, result, startConversation } from '../support/conversation.ts';

const CASES: readonly (readonly [what: string, text: string, kinds: readonly HiddenKind[]])[] = [
  ['plain words, in several lines', 'Finds pages.\n\tQuickly.\r\n', []],
  ['other alphabets', 'Ищет страницы. 查找网页。ページを探す。', []],
  ['an override of direction', 'a\u202Eb', ['bidi']],
  ['isolates', '\u2066a\u2069', ['bidi']],
  ['a mark of direction among Latin letters', 'a\u200Fb', ['bidi']],
  ['a mark of direction in Hebrew', 'שלום\u200F (abc)', []],
  ['a mark of direction in Arabic', 'مرحبا\u200E abc', []],
  ['an override in Hebrew', 'שלום\u202Eabc', ['bidi']],
  ['zero-width spaces', 'ig\u200Bnore', ['zero-width']],
  ['a byte order mark', '\uFEFFFinds', ['zero-width']],
  ['a joiner between Latin letters', 'a\u200Db', ['zero-width']],
  ['joiners that a script needs', 'می\u200Cخواهم क्\u200Dष', []],
  ['a blank that is a letter', 'a\u3164b', ['zero-width']],
  ['blank Braille', 'a\u2800b', ['zero-width']],
  ['soft hyphens', 'Donau\u00ADdampf\u00ADschiff', []],
  ['tag characters', `a${String.fromCodePoint(0xe0049, 0xe0067)}`, ['tag']],
  ['the flag of Scotland', '\u{1F3F4}\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}', []],
  ['tags behind a flag', `\u{1F3F4}\u{E0067}\u{E007F}${String.fromCodePoint(0xe0049)}`, ['tag']],
  ['a family, and a heart', '👨‍👩‍👧‍👦 ❤️ 👩🏽‍💻 1️⃣', []],
  ['variation selectors in a row', '😀\uFE0F\uFE0E\uFE01', ['variation-selector']],
  ['a variation selector behind a letter', 'a\u{E0101}', ['variation-selector']],
  ['a variant of an ideograph', '葛\u{E0100}', []],
  ['an escape of a terminal', '\u001B[31mred', ['control']],
  ['a bell, and C1', 'a\u0007b\u009B', ['control']],
  ['several', '\u202E\u200B\u001B', ['bidi', 'zero-width', 'control']],
];

describe('hidden characters', () => {
  it.each(CASES)('are found, or not taken for some, in %s', (_, text, kinds) => {
    expect(hiddenIn(text)).toEqual(kinds);
  });

  it('are found in every text of a definition: names, keys, values', () => {
    const hidden = 'x\u200By';
    for (const tool of [
      { name: hidden },
      { name: 'a', title: hidden },
      { name: 'a', inputSchema: { properties: { [hidden]: {} } } },
      { name: 'a', outputSchema: { enum: [hidden] } },
      { name: 'a', annotations: { title: hidden } },
    ])
      expect(contractOf(Buffer.from(JSON.stringify(tool))).hidden, JSON.stringify(tool)).toEqual(['zero-width']);
    expect(contractOf(Buffer.from(JSON.stringify({ name: 'a', _meta: { a: hidden } }))).hidden).toEqual([]);
  });

  it('are told at first sight, once, and when others come', () => {
    const talk = startConversation({ surface: true });
    for (const description of ['a\u200Bb', 'a\u200Bb', 'a\u200Bbc', 'a\u200Bbc\u202E', 'abc'])
      talk.ask(request(1, 'tools/list'), result(1, { tools: [{ name: 'quiz', description }] }));
    expect(talk.of('tools-changed').map(({ changes }) => changes[0]?.kinds)).toEqual([
      ['hidden-characters'],
      ['description'],
      ['description', 'hidden-characters'],
      ['description'],
    ]);
  });
});
