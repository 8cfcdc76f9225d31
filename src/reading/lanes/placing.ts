import type { MarkKind } from '../../store/lanes.ts';
import type { Lane, LaneBox, LaneMark } from './lanes.ts';

/** A session of a lane in pixels. */
export interface DrawnBox {
  box: LaneBox;
  x: number;
  width: number;
  marks: readonly DrawnMark[];
  /** Short sessions so close to it that they cannot be told apart. */
  merged: number;
}

export interface DrawnMark extends LaneMark {
  x: number;
}

/** In pixels. */
export interface ShapeSizes {
  /** Half of a mark. */
  half: number;
  /** From the edge of a box to its first mark, and from its last mark to its edge. */
  before: number;
  after: number;
  /** A call stands so far behind the handshake of its session that both can be seen. */
  apart: number;
}
export const LARGE: ShapeSizes = { half: 4, before: 3.5, after: 6, apart: 6.5 };
export const SMALL: ShapeSizes = { half: 3, before: 2, after: 4, apart: 4.5 };

/** A box with a handshake and a call or two. */
const SHORT_PX = 20;
/** What is closer becomes one. */
const MARKS_APART_PX = 2;
const BOXES_APART_PX = 3;

/** Failures are drawn last, so that nothing hides them. */
const ORDER: readonly MarkKind[] = ['handshake', 'call', 'rejected', 'failed'];

/** Puts the sessions of a lane on the axis, from `left` to `right`. A session that is shorter than its marks is as long as they are. */
export function drawnLane(
  { boxes }: Lane,
  xOf: (at: number) => number,
  { left, right }: { left: number; right: number },
  sizes: ShapeSizes,
): DrawnBox[] {
  const drawn: DrawnBox[] = [];
  for (const box of boxes) {
    const next = drawnBox(box, xOf, (x) => Math.min(right, Math.max(left, x)), sizes);
    const before = drawn.findLast((other) => other.box.track === box.track);
    const close =
      before !== undefined && before.width <= SHORT_PX && next.width <= SHORT_PX && next.x - before.x < BOXES_APART_PX;
    if (!close) {
      drawn.push(next);
      continue;
    }
    const marks = inDrawingOrder(apart([...before.marks, ...next.marks]));
    drawn[drawn.indexOf(before)] = { ...before, marks, merged: before.merged + 1 };
  }
  return drawn;
}

function drawnBox(
  box: LaneBox,
  xOf: (at: number) => number,
  within: (x: number) => number,
  sizes: ShapeSizes,
): DrawnBox {
  let handshake = Number.NEGATIVE_INFINITY;
  const marks = box.marks.map((mark): DrawnMark => {
    const x = within(xOf(mark.at));
    if (mark.kind === 'handshake') handshake = x;
    return { ...mark, x: mark.kind === 'handshake' ? x : Math.max(x, handshake + sizes.apart) };
  });
  const first = Math.min(within(xOf(box.openedAt)), ...marks.map(({ x }) => x));
  const last = Math.max(within(xOf(box.lastAt)) + sizes.before, ...marks.map(({ x }) => x + sizes.after));
  const x = first - sizes.before;
  return { box, x, width: Math.max(2 * sizes.before, last - x), marks: inDrawingOrder(apart(marks)), merged: 0 };
}

/** Marks of one kind that cannot be told apart become one. */
function apart(marks: readonly DrawnMark[]): DrawnMark[] {
  const kept: DrawnMark[] = [];
  for (const mark of marks) {
    const near = kept.findLastIndex(({ kind, x }) => kind === mark.kind && Math.abs(mark.x - x) < MARKS_APART_PX);
    const before = kept[near];
    if (before === undefined) kept.push(mark);
    else kept[near] = { ...before, number: before.number + mark.number };
  }
  return kept;
}

const inDrawingOrder = (marks: readonly DrawnMark[]): DrawnMark[] =>
  marks.toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) || a.x - b.x);
