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

export interface Timeline {
  readonly bars: readonly TimelineBar[];
  /** Times to write at the scale, in milliseconds since the epoch, and where. */
  readonly ticks: readonly { at: number; position: number }[];
  /** Where a silence was cut short, and how long it really was. */
  readonly cuts: readonly { position: number; silenceMs: number }[];
}

export interface TimelineOptions {
  /** Silences are as wide as they were long. */
  linear?: boolean;
  /** The scale stands for at least so many milliseconds, so that two timelines can be compared. */
  atLeastMs?: number;
}

/** A shorter silence is not mentioned. */
const MIN_SILENCE_MS = 3_000;
/** The largest share of the scale that one silence takes, and that all of them take together. */
const MAX_GAP_SHARE = 0.04;
const MAX_GAPS_SHARE = 0.5;
const TICKS = 5;
/** More marks of silences would run together. */
const MAX_CUTS = 8;

/**
 * Puts operations in order on one scale, where ten times as long is ten times as wide. Unless it is linear, silences are
 * cut short: minutes between two turns would make each call a hairline. Requests of the server stand below the call
 * they came in.
 */
export function timeline(operations: readonly StoredOperation[], options: TimelineOptions = {}): Timeline {
  const { positionAt, timeAt, silenceBefore, cuts, endPosition } = scaleOf(operations, options);
  const bars = inOrder(operations).map((operation): TimelineBar => {
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
  const ticks = Array.from({ length: TICKS }, (_, index) => index / (TICKS - 1))
    .filter((position) => position <= endPosition)
    .map((position) => ({ at: timeAt(position), position }));
  return { bars, ticks, cuts };
}

/** How many milliseconds the scale of a timeline stands for. */
export const drawnMsOf = (operations: readonly StoredOperation[], linear: boolean): number =>
  scaleOf(operations, { linear }).drawnMs;

interface BusyTime {
  from: number;
  until: number;
}

interface Scale extends Pick<Timeline, 'cuts'> {
  drawnMs: number;
  /** Where the last operation ends. */
  endPosition: number;
  positionAt(at: number): number;
  timeAt(position: number): number;
  silenceBefore(at: number): number | undefined;
}

function scaleOf(operations: readonly StoredOperation[], { linear = false, atLeastMs = 0 }: TimelineOptions): Scale {
  const busy = busyTimes(operations);
  const active = busy.reduce((total, { from, until }) => total + until - from, 0);
  const longest = linear
    ? Number.POSITIVE_INFINITY
    : active * Math.min(MAX_GAP_SHARE, MAX_GAPS_SHARE / Math.max(1, busy.length - 1));
  const silences = new Map<number, number>();
  const cut: { at: number; silenceMs: number }[] = [];
  let drawn = 0;
  const starts = busy.map(({ from, until }, index) => {
    const silence = index === 0 ? 0 : from - (busy[index - 1]?.until ?? from);
    if (silence >= MIN_SILENCE_MS) silences.set(from, silence);
    const start = drawn + Math.min(silence, longest);
    if (silence > longest) cut.push({ at: (drawn + start) / 2, silenceMs: silence });
    drawn = start + until - from;
    return start;
  });
  const drawnMs = Math.max(drawn, atLeastMs);
  return {
    drawnMs,
    endPosition: drawnMs === 0 ? 0 : drawn / drawnMs,
    cuts: longestOf(cut.map(({ at, silenceMs }) => ({ position: drawnMs === 0 ? 0 : at / drawnMs, silenceMs }))),
    positionAt(at) {
      const index = Math.max(
        0,
        busy.findLastIndex(({ from }) => from <= at),
      );
      const stretch = busy[index];
      if (stretch === undefined || drawnMs === 0) return 0;
      const into = Math.max(0, Math.min(at, stretch.until) - stretch.from);
      return ((starts[index] ?? 0) + into) / drawnMs;
    },
    timeAt(position) {
      const drawnAt = position * drawnMs;
      const index = Math.max(
        0,
        starts.findLastIndex((start) => start <= drawnAt),
      );
      return (busy[index]?.from ?? 0) + drawnAt - (starts[index] ?? 0);
    },
    silenceBefore: (at) => silences.get(at),
  };
}

/** The longest of the cuts. */
const longestOf = (cuts: Timeline['cuts']): Timeline['cuts'] =>
  cuts
    .toSorted((a, b) => b.silenceMs - a.silenceMs)
    .slice(0, MAX_CUTS)
    .toSorted((a, b) => a.position - b.position);

/** The times in which at least one operation was under way. */
function busyTimes(operations: readonly StoredOperation[]): BusyTime[] {
  const busy: BusyTime[] = [];
  for (const { startedAt, seconds } of operations.toSorted((a, b) => a.startedAt - b.startedAt)) {
    const until = startedAt + seconds * 1_000;
    const last = busy.at(-1);
    if (last !== undefined && startedAt <= last.until) last.until = Math.max(last.until, until);
    else busy.push({ from: startedAt, until });
  }
  return busy;
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
