import type { MarkKind } from '../../store/lanes.ts';
import type { LaneAxis } from './axis.ts';
import type { Lane, LaneBox } from './lanes.ts';

/** What a terminal shows of each kind of mark. */
export const MARK_CHARACTERS: Readonly<Record<MarkKind, string>> = {
  handshake: '|',
  call: '·',
  failed: '✗',
  rejected: '○',
};
const BRACKETS = { session: ['[', ']'], none: ['(', ')'] } as const;
/** Stands for what there is no room for. */
const CUT = '…';
/** A session that takes fewer columns has no brackets: its handshake shows where it begins. */
const MIN_BRACKETED = 4;

/** Where two marks meet, the higher one is shown. */
const RANKS: Readonly<Record<MarkKind, number>> = { call: 0, handshake: 1, rejected: 2, failed: 3 };

/**
 * A lane as lines of characters, one for each track: `[|·· ·  ✗·]` is a session that is kept, `|· |· |✗` are three for a
 * call each. Short sessions push each other to the right, so that each is to be seen.
 */
export function charactersOf(
  { boxes, tracks }: Pick<Lane, 'boxes' | 'tracks'>,
  axis: LaneAxis,
  width: number,
): string[] {
  return Array.from({ length: tracks }, (_, track) =>
    lineOf(
      boxes.filter((box) => box.track === track),
      axis,
      width,
    ),
  );
}

function lineOf(boxes: readonly LaneBox[], { from, to }: LaneAxis, width: number): string {
  const cells: string[] = [];
  const columnOf = (at: number): number =>
    Math.round(Math.min(1, Math.max(0, (at - from) / (to - from))) * (width - 1));
  for (const box of boxes) {
    const [begin, end] = [columnOf(box.openedAt), columnOf(box.lastAt)];
    const text = end - begin + 1 >= MIN_BRACKETED ? bracketed(box, columnOf, begin, end) : short(box);
    const start = Math.max(begin, cells.length);
    if (start + text.length > width) {
      // What ends at the right edge may begin earlier.
      const earlier = Math.max(cells.length, width - text.length);
      if (earlier + text.length > width) return [...cells, ' '].slice(0, width - 1).join('') + CUT;
      put(cells, text, earlier);
    } else put(cells, text, start);
  }
  return cells.join('');
}

function put(cells: string[], text: string, start: number): void {
  while (cells.length < start) cells.push(' ');
  // Each of our characters is one unit.
  cells.push(...text.split(''));
}

function bracketed(box: LaneBox, columnOf: (at: number) => number, begin: number, end: number): string {
  const inside: (MarkKind | undefined)[] = Array.from({ length: end - begin - 1 }, () => undefined);
  for (const { at, kind } of box.marks) {
    const column = Math.min(inside.length - 1, Math.max(0, columnOf(at) - begin - 1));
    // A call does not hide the handshake before it.
    const own =
      inside[column] === 'handshake' && kind !== 'handshake' ? Math.min(inside.length - 1, column + 1) : column;
    const there = inside[own];
    if (there === undefined || RANKS[kind] > RANKS[there]) inside[own] = kind;
  }
  const [open, close] = BRACKETS[box.real ? 'session' : 'none'];
  return open + inside.map((kind) => (kind === undefined ? ' ' : MARK_CHARACTERS[kind])).join('') + close;
}

/** At most a handshake, and the worst that followed. */
function short({ marks, real }: LaneBox): string {
  const handshake = marks.some(({ kind }) => kind === 'handshake') ? MARK_CHARACTERS.handshake : '';
  const [worst] = marks
    .map(({ kind }) => kind)
    .filter((kind) => kind !== 'handshake')
    .toSorted((a, b) => RANKS[b] - RANKS[a]);
  const text = handshake + (worst === undefined ? '' : MARK_CHARACTERS[worst]);
  return text === '' ? BRACKETS[real ? 'session' : 'none'].join('') : text;
}
