/** Kinds of characters that a person who reads a text does not see, and that a model does. */
export const HIDDEN_KINDS = ['bidi', 'zero-width', 'tag', 'variation-selector', 'control'] as const;
export type HiddenKind = (typeof HIDDEN_KINDS)[number];

/** All that may be hidden: what Unicode lets a renderer ignore, controls, and the blank of Braille. */
const SUSPECT = /[\p{Cc}\p{Default_Ignorable_Code_Point}\u2800\ufff9-\ufffb]/gu;
/** Most texts are ASCII. */
const PLAIN = /^[\t\n\r -~]*$/;
const RIGHT_TO_LEFT = /[\p{sc=Hebrew}\p{sc=Arabic}\p{sc=Syriac}\p{sc=Thaana}\p{sc=Nko}]/u;
/** Scripts whose letters never need a joiner. */
const NO_JOINERS = /[\p{sc=Latin}\p{sc=Greek}\p{sc=Cyrillic}\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]/u;
/** The flags of England, Scotland, Wales and others: a black flag, tags, and the tag that ends them. */
const FLAGS = /\u{1f3f4}[\u{e0020}-\u{e007e}]{1,6}\u{e007f}/gu;
const SOFT_HYPHEN = 0xad;

/**
 * The kinds of hidden characters in a text. Emoji, flags, scripts that join letters and scripts from right to left need
 * some of them: those are not counted where such a text has them.
 */
export function hiddenIn(text: string): HiddenKind[] {
  if (PLAIN.test(text)) return [];
  const searched = text.replaceAll(FLAGS, '');
  const found = new Set<HiddenKind>();
  for (const { 0: character, index } of searched.matchAll(SUSPECT)) {
    const kind = kindOf(character, searched, index);
    if (kind !== undefined) found.add(kind);
  }
  return HIDDEN_KINDS.filter((kind) => found.has(kind));
}

function kindOf(character: string, text: string, index: number): HiddenKind | undefined {
  const code = character.codePointAt(0) ?? 0;
  // A soft hyphen shows where a line breaks, and comes with text that was copied.
  if (character === '\t' || character === '\n' || character === '\r' || code === SOFT_HYPHEN) return undefined;
  if (/\p{Cc}/u.test(character)) return 'control';
  const before = lastCharacter(text.slice(Math.max(0, index - 2), index));
  if (/\p{Variation_Selector}/u.test(character))
    return /[\p{Emoji}\p{Ideographic}\p{sc=Mongolian}\p{Sm}]/u.test(before) ? undefined : 'variation-selector';
  if (/\p{Bidi_Control}/u.test(character)) {
    const isMark = code === 0x200e || code === 0x200f || code === 0x061c;
    return isMark && RIGHT_TO_LEFT.test(text) ? undefined : 'bidi';
  }
  if (code >= 0xe0000 && code <= 0xe007f) return 'tag';
  const isJoiner = code === 0x200c || code === 0x200d;
  if (isJoiner && (isPictured(text, index) || (/[\p{L}\p{M}]/u.test(before) && !NO_JOINERS.test(before))))
    return undefined;
  return 'zero-width';
}

/** Whether a joiner stands between two pictures, as in the emoji of a family. */
const isPictured = (text: string, index: number): boolean =>
  /[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f]$/u.test(text.slice(Math.max(0, index - 2), index)) &&
  /^\p{Extended_Pictographic}/u.test(text.slice(index + 1, index + 3));

/** Of at most two code units, which may begin within a pair. */
const lastCharacter = (text: string): string => /.$/su.exec(text)?.[0] ?? '';
