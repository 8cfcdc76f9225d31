import type { StoredOperation } from '../../store/operation-queries.ts';

/** An operation in its place on the one scale of its session. */
export interface Drawn {
  operation: StoredOperation;
  /** Where it begins and how long it is: shares of the whole. */
  from: number;
  long: number;
  /** Where something else of it happened, by so many milliseconds after it began. */
  placeOf(offset: number): number;
  /** Nothing had happened for so long before it, in milliseconds; undefined: not worth a word. */
  silence: number | undefined;
}

/** A silence that is told of, in milliseconds. */
const MIN_SILENCE_MS = 3_000;
/** Of all that happened a silence takes no more, and all of them together not much more than this. */
const MAX_GAP_SHARE = 0.04;
const MAX_GAPS_SHARE = 0.5;

/**
 * Puts operations in order on one scale, on which ten times as long is ten times as wide. Silences are cut short: minutes
 * between two turns would make each call a hairline. What the server asked stands below the call it asked in.
 */
export function timeline(operations: readonly StoredOperation[]): Drawn[] {
  const { place, silenceBefore } = scaleOf(operations);
  return inOrder(operations).map((operation) => {
    const { startedAt, seconds } = operation;
    const from = place(startedAt);
    return {
      operation,
      from,
      long: place(startedAt + seconds * 1_000) - from,
      placeOf: (offset) => place(startedAt + offset),
      silence: isChild(operation) ? undefined : silenceBefore(startedAt),
    };
  });
}

interface Busy {
  from: number;
  until: number;
}

function scaleOf(operations: readonly StoredOperation[]): {
  place(at: number): number;
  silenceBefore(at: number): number | undefined;
} {
  const busy: Busy[] = [];
  for (const { startedAt, seconds } of operations.toSorted((a, b) => a.startedAt - b.startedAt)) {
    const until = startedAt + seconds * 1_000;
    const last = busy.at(-1);
    if (last !== undefined && startedAt <= last.until) last.until = Math.max(last.until, until);
    else busy.push({ from: startedAt, until });
  }
  const active = busy.reduce((total, { from, until }) => total + until - from, 0);
  const longest = active * Math.min(MAX_GAP_SHARE, MAX_GAPS_SHARE / Math.max(1, busy.length - 1));
  const silences = new Map<number, number>();
  let drawn = 0;
  const starts = busy.map(({ from, until }, index) => {
    const silence = index === 0 ? 0 : from - (busy[index - 1]?.until ?? from);
    if (silence >= MIN_SILENCE_MS) silences.set(from, silence);
    const start = drawn + Math.min(silence, longest);
    drawn = start + until - from;
    return start;
  });
  return {
    place(at) {
      const index = Math.max(
        0,
        busy.findLastIndex(({ from }) => from <= at),
      );
      const stretch = busy[index];
      if (stretch === undefined || drawn === 0) return 0;
      const into = Math.max(0, Math.min(at, stretch.until) - stretch.from);
      return ((starts[index] ?? 0) + into) / drawn;
    },
    silenceBefore: (at) => silences.get(at),
  };
}

function inOrder(operations: readonly StoredOperation[]): StoredOperation[] {
  const children = Map.groupBy(
    operations.filter((operation) => isChild(operation)),
    ({ parentAt }) => parentAt,
  );
  const ordered = operations
    .filter((operation) => !isChild(operation))
    .flatMap((operation) => {
      const own = children.get(operation.startedAt) ?? [];
      // Two calls may begin at one moment: the first has them.
      children.delete(operation.startedAt);
      return [operation, ...own];
    });
  // Those whose call is not shown.
  return [...ordered, ...[...children.values()].flat()];
}

const isChild = ({ parentAt, direction }: StoredOperation): boolean =>
  parentAt !== undefined && direction === 'to-client';
