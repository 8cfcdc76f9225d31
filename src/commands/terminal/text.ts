import { plain } from '../../reading/plain.ts';

const WIDE =
  /\p{Emoji_Presentation}|[\u1100-\u115F\u2E80-\u303E\u3041-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|[\u{20000}-\u{3FFFD}]/u;
const segments = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** How many columns of a terminal a text takes. */
export function widthOf(text: string): number {
  // Most texts are ASCII.
  if (/^[\x20-\x7E]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of segments.segment(text)) width += WIDE.test(segment) ? 2 : 1;
  return width;
}

/** The text cut to a width; `…` stands for what was cut off. */
export function elided(text: string, most: number): string {
  if (widthOf(text) <= most) return text;
  let kept = '';
  let width = 0;
  for (const { segment } of segments.segment(text)) {
    width += widthOf(segment);
    if (width > most - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

export function padded(text: string, width: number, side: 'left' | 'right'): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)));
  return side === 'left' ? text + space : space + text;
}

/** Breaks a text between words, so that no line is wider than `columns` where words allow. A flag stays with its value. */
export function wrapped(text: string, columns: number | undefined, lead = { first: '', rest: '' }): string {
  const whole = lead.first + text;
  if (columns === undefined || widthOf(whole) <= columns) return whole;
  const lines: string[] = [];
  let line = lead.first;
  let begun = false;
  for (const word of text.split(/(?<!--[\w-]+) /)) {
    if (begun && widthOf(line) + 1 + widthOf(word) > columns) {
      lines.push(line);
      line = lead.rest + word;
    } else {
      line += begun ? ` ${word}` : word;
      begun = true;
    }
  }
  return [...lines, line].join('\n');
}

/** A word of a command that people paste into a shell. The names in it come from elsewhere, so it is quoted where need be. */
export const shellWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;

/** Sentences, each on lines of its own; empty ones are left out. */
export function prose(sentences: readonly string[], { columns }: { columns: number | undefined }): string {
  const lines = sentences.filter((text) => text !== '').map((text) => wrapped(plain(text), columns));
  return lines.map((line) => `${line}\n`).join('');
}
