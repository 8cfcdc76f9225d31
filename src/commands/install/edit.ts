import type { Arguments, Runs } from './server-entry.ts';
import type { Format } from './value.ts';

/** A piece of a text that is replaced. */
export interface Edit {
  start: number;
  end: number;
  text: string;
}

export function edited(text: string, edits: readonly Edit[]): string {
  let result = '';
  let at = 0;
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    result += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return result + text.slice(at);
}

/** Puts words before a command: the first becomes the command, and the command one of its arguments, written as it was. */
export function wrapEdits(
  text: string,
  { command, key, args }: Runs,
  words: readonly string[],
  format: Format,
): Edit[] {
  const [program = '', ...others] = words;
  const moved = [...others.map(format.quote), text.slice(command.start, command.end)];
  const replaced = { start: command.start, end: command.end, text: format.quote(program) };
  if (args === undefined) {
    const lineStart = text.lastIndexOf('\n', key.start) + 1;
    const indent = text.slice(lineStart, key.start);
    const own = indent.trim() === '';
    const breakAt = text.indexOf('\n', command.end);
    const lineEnd = breakAt < 0 ? text.length : breakAt;
    const end = text[lineEnd - 1] === '\r' ? '\r\n' : '\n';
    const member = format.addMember(text.slice(key.start, key.end), 'args', `[${moved.join(', ')}]`, {
      own,
      indent,
      end,
    });
    if (!own || format.addAt === 'value') return [{ ...replaced, text: replaced.text + member }];
    const at = end === '\r\n' ? lineEnd - 1 : lineEnd;
    return [replaced, { start: at, end: at, text: member }];
  }
  const [first] = args.items;
  const at = first?.start ?? args.start + 1;
  const gap = gapBetween(text, args);
  return [replaced, { start: at, end: at, text: moved.join(gap) + (first === undefined ? '' : gap) }];
}

/** What stands between two items of a list: a line each, or a space, as the list has it. */
function gapBetween(text: string, { start, items }: Arguments): string {
  const [first, second] = items;
  if (first === undefined) return ', ';
  const before = text.slice(start + 1, first.start);
  const between = second === undefined ? before : text.slice(first.end, second.start);
  if (!between.includes('\n')) return between === ',' ? ',' : ', ';
  const indent = /[ \t]*$/.exec(second === undefined ? before : between)?.[0] ?? '';
  return `,${between.includes('\r\n') ? '\r\n' : '\n'}${indent}`;
}

/**
 * Takes words away from before a command again.
 *
 * @param count how many words stand before it
 * @param bare it had no list of arguments: one that would be empty goes
 */
export function unwrapEdits(text: string, { command, args }: Runs, count: number, bare: boolean): Edit[] {
  const items = args?.items ?? [];
  const [first] = items;
  const own = items[count - 1];
  if (args === undefined || first === undefined || own === undefined) return [];
  const replaced = { start: command.start, end: command.end, text: text.slice(own.start, own.end) };
  const next = items[count];
  if (next !== undefined) return [replaced, { start: first.start, end: next.start, text: '' }];
  if (bare) return [replaced, withoutMember(text, args)];
  // Nothing is left of the list, nor of a comma behind the last item.
  const comma = /^\s*,/.exec(text.slice(own.end, args.end))?.[0].length ?? 0;
  const [before, after] = [text.slice(args.start + 1, first.start), text.slice(own.end + comma, args.end - 1)];
  if ((before + after).trim() === '') return [replaced, { start: args.start, end: args.end, text: '[]' }];
  return [replaced, { start: first.start, end: own.end + comma, text: '' }];
}

/** Without a member of a table. In TOML it may be a line, whose end separates it; else a comma does. */
function withoutMember(text: string, { keyStart, end, previousEnd, nextStart }: Arguments): Edit {
  const before = text.slice(0, keyStart).trimEnd();
  if (before.endsWith(',') && previousEnd !== undefined) return { start: previousEnd, end, text: '' };
  const comma = /^\s*,/.test(text.slice(end));
  if (comma) return { start: keyStart, end: nextStart ?? end, text: '' };
  const lineEnd = /\r?\n[ \t]*$/.exec(text.slice(0, keyStart));
  return { start: lineEnd?.index ?? keyStart, end, text: '' };
}
