import type { StoredOperation } from '../../store/operation-queries.ts';

/** Where an operation stands on the scale of its session. */
export interface TimelineBar {
  operation: StoredOperation;
  /** Where it begins and how long it is, as shares of the whole. */
  from: number;
  length: number;
  /** Where something happened during it, this many milliseconds after its begin. */
  positionOf(offsetMs: number): number;
  /** How long nothing happened before it; undefined: not worth a word. */
  silenceMs: number | undefined;
}

/** A shorter silence is not mentioned. */
const MIN_SILENCE_MS = 3_000;
/** The largest share of the scale that one silence takes, and that all of them take together. */
const MAX_GAP_SHARE = 0.04;
const MAX_GAPS_SHARE = 0.5;

/**
 * Puts operations in order on one scale, where ten times as long is ten times as wide. Silences are cut short: minutes
 * between two turns would make each call a hairline. Requests of the server stand below the call they came in.
 */
export function timeline(operations: readonly StoredOperation[]): TimelineBar[] {
  const { positionAt, silenceBefore } = scaleOf(operations);
  return inOrder(operations).map((operation) => {
    const { startedAt, seconds } = operation;
    const from = positionAt(startedAt);
    return {
      operation,
      from,
      length: positionAt(startedAt + seconds * 1_000) - from,
      positionOf: (offsetMs) => positionAt(startedAt + offsetMs),
      silenceMs: isChild(operation) ? undefined : silenceBefore(startedAt),
    };
  });
}

interface BusyTime {
  from: number;
  until: number;
}

function scaleOf(operations: readonly StoredOperation[]): {
  positionAt(at: number): number;
  silenceBefore(at: number): number | undefined;
} {
  const busy: BusyTime[] = [];
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
    positionAt(at) {
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
      // Two calls may begin in the same moment: the first takes the requests.
      children.delete(operation.startedAt);
      return [operation, ...own];
    });
  // Requests whose call is not among the operations come last.
  return [...ordered, ...[...children.values()].flat()];
}

const isChild = ({ parentAt, direction }: StoredOperation): boolean =>
  parentAt !== undefined && direction === 'to-client';
