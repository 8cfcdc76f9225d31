const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Text from elsewhere, made safe for a terminal: nothing in it moves the cursor, turns text round or hides. */
export const plain = (text: string): string => text.replace(CONTROL, '\u{FFFD}');

/** Text from elsewhere with what `plain` replaces written out: `\u{202e}`. Nothing is lost, and nothing acts. */
export const escaped = (text: string): string =>
  text.replace(CONTROL, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`);
