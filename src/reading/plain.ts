/**
 * What acts or hides in a text: control characters, marks that turn text round, and what no font draws (Unicode's
 * `Default_Ignorable_Code_Point`: variation selectors, tags, fillers), which can carry words that only a model reads.
 * What emoji are written with stays: the selector of `⚠️` and `1️⃣`, the joiner of `👨‍👩`.
 */
const ACTING =
  /(?!(?<=\p{Extended_Pictographic})\uFE0F|(?<=[0-9#*])\uFE0F\u20E3|(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F])\u200D\p{Extended_Pictographic})[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]/gu;
/** The same for a browser, which lays out the ends of lines and tabs. A run is one mark, however much it hides. */
const ACTING_RUN = new RegExp(`(?:(?![\\n\\r\\t])${ACTING.source})+`, 'gu');
/** Most texts are this, and need no look at each character. */
const PRINTABLE_ASCII = /^[\x20-\x7E]*$/;
/** Text from elsewhere, made safe for a terminal: nothing in it moves the cursor, turns text round or hides. */
export const plain = (text: string): string => (PRINTABLE_ASCII.test(text) ? text : text.replace(ACTING, '\u{FFFD}'));

/** The same for the page, where the ends of lines and tabs stay. */
export const plainLines = (text: string): string =>
  PRINTABLE_ASCII.test(text) ? text : text.replace(ACTING_RUN, '\u{FFFD}');

/** Text from elsewhere with what `plain` replaces written out: `\u{202e}`. Nothing is lost, and nothing acts. */
export const escaped = (text: string): string =>
  text.replace(ACTING, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`);
