import { painted, type Out } from '../terminal/out.ts';
import { elided } from '../terminal/text.ts';
import { plain } from '../../reading/plain.ts';
import { edited, type Edit } from './edit.ts';
import type { FilePlan } from './plan.ts';

/** Some clients write all into one line. */
const MAX_LINE_COLUMNS = 400;

/** The lines that change, as they are and as they will be. */
export function changeText({ before, edits }: Pick<FilePlan, 'before' | 'edits'>, out: Pick<Out, 'colours'>): string {
  const shown = (sign: string, text: string, colour: 'red' | 'green'): string =>
    text
      .split('\n')
      .map((line) =>
        painted(
          `  ${sign} ${elided(plain(line.replace(/\r$/, '').replaceAll('\t', '  ')), MAX_LINE_COLUMNS)}`,
          colour,
          out,
        ),
      )
      .join('\n');
  return changedParts(before, edits)
    .map(
      ({ line, old, now }) =>
        `${painted(`  line ${line}`, 'dim', out)}\n${shown('-', old, 'red')}\n${shown('+', now, 'green')}\n`,
    )
    .join('');
}

interface ChangedPart {
  line: number;
  old: string;
  now: string;
}

/** Whole lines around edits; edits whose lines touch are one part. */
function changedParts(text: string, edits: readonly Edit[]): ChangedPart[] {
  const parts: { start: number; end: number; edits: Edit[] }[] = [];
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    const start = text.lastIndexOf('\n', edit.start - 1) + 1;
    const breakAt = text.indexOf('\n', edit.end);
    const end = breakAt < 0 ? text.length : breakAt;
    const last = parts.at(-1);
    if (last !== undefined && start <= last.end + 1) {
      last.end = Math.max(last.end, end);
      last.edits.push(edit);
    } else parts.push({ start, end, edits: [edit] });
  }
  return parts.map(({ start, end, edits: inside }) => {
    const old = text.slice(start, end);
    const moved = inside.map((edit) => ({ ...edit, start: edit.start - start, end: edit.end - start }));
    return { line: text.slice(0, start).split('\n').length, old, now: edited(old, moved) };
  });
}
