/** One line of a diff. `gap`: equal lines were left out. */
export interface DiffLine {
  kind: 'same' | 'old' | 'new' | 'gap';
  /** Hidden characters are written out: `\u{202e}`. */
  text: string;
}

/** What a reader of a text does not see, or what acts in a terminal. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800]/gu;
const CONTEXT_LINES = 3;
/** A table of more cells is not made: all old lines are followed by all new ones. */
const MAX_CELLS = 4_000_000;
/** The members of a definition, in the order in which people read them. */
const MEMBERS = ['name', 'title', 'description', 'annotations', 'inputSchema', 'outputSchema'];

/** The text with characters that are not seen written out. */
const visible = (text: string): string =>
  text.replaceAll(UNSEEN, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`);

/**
 * What differs between two definitions, line by line, with some equal lines around it.
 * @param before canonical JSON; undefined: there was none
 */
export function definitionDiff(before: string | undefined, after: string | undefined): DiffLine[] {
  const [old, now] = [linesOf(before), linesOf(after)];
  return withContext(diff(old, now));
}

/** A definition as people read it: a description by its sentences, schemas as indented JSON. */
function linesOf(json: string | undefined): string[] {
  if (json === undefined) return [];
  // Canonical JSON of an object.
  const definition = JSON.parse(json) as Record<string, unknown>;
  return MEMBERS.filter((name) => Object.hasOwn(definition, name)).flatMap((name) => {
    const value = definition[name];
    if (name === 'description' && typeof value === 'string') return ['description:', ...sentencesOf(value)];
    if (typeof value === 'string') return [`${name}: ${visible(value)}`];
    const [first = '', ...rest] = JSON.stringify(value, undefined, 2).split('\n');
    return [`${name}: ${first}`, ...rest].map(visible);
  });
}

/** One long line would differ as a whole. */
const sentencesOf = (text: string): string[] =>
  text.split(/\n|(?<=[.!?:]) +/u).map((sentence) => `  ${visible(sentence)}`);

function diff(old: readonly string[], now: readonly string[]): DiffLine[] {
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start++;
  let end = 0;
  while (end < old.length - start && end < now.length - start && old.at(-1 - end) === now.at(-1 - end)) end++;
  const same = (texts: readonly string[]): DiffLine[] => texts.map((text) => ({ kind: 'same', text }));
  return [
    ...same(old.slice(0, start)),
    ...middle(old.slice(start, old.length - end), now.slice(start, now.length - end)),
    ...same(old.slice(old.length - end)),
  ];
}

/** By the longest common subsequence. */
function middle(old: readonly string[], now: readonly string[]): DiffLine[] {
  const width = now.length + 1;
  const cells = (old.length + 1) * width;
  if (cells > MAX_CELLS)
    return [
      ...old.map((text): DiffLine => ({ kind: 'old', text })),
      ...now.map((text): DiffLine => ({ kind: 'new', text })),
    ];
  const longest = new Uint32Array(cells);
  const at = (i: number, j: number): number => longest[i * width + j] ?? 0;
  for (let i = old.length - 1; i >= 0; i--)
    for (let j = now.length - 1; j >= 0; j--)
      longest[i * width + j] = old[i] === now[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const lines: DiffLine[] = [];
  for (let i = 0, j = 0; i < old.length || j < now.length;) {
    const [before, after] = [old[i], now[j]];
    if (before !== undefined && before === after) {
      lines.push({ kind: 'same', text: before });
      i++;
      j++;
    } else if (before !== undefined && (after === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ kind: 'old', text: before });
      i++;
    } else {
      lines.push({ kind: 'new', text: after ?? '' });
      j++;
    }
  }
  return lines;
}

/** Equal lines far from a difference are left out. */
function withContext(lines: readonly DiffLine[]): DiffLine[] {
  const near = new Set<number>();
  for (const [index, { kind }] of lines.entries())
    if (kind !== 'same') for (let by = -CONTEXT_LINES; by <= CONTEXT_LINES; by++) near.add(index + by);
  return lines.flatMap((line, index): DiffLine[] => {
    if (near.has(index)) return [line];
    return near.has(index - 1) || index === 0 ? [{ kind: 'gap', text: '' }] : [];
  });
}
