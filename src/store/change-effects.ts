import type { DatabaseSync } from 'node:sqlite';
import { ascending, median, quantile } from './quantile.ts';
import { scanOperations } from './scan.ts';
import type { StoredToolChange } from './tool-change-queries.ts';

/** Calls of a tool before its change, or after it. */
export interface CallFigures {
  calls: number;
  failed: number;
  rejected: number;
  p50Seconds: number | undefined;
  p95Seconds: number | undefined;
  /** The median size of answers without an error, and how many there were. */
  medianAnswerBytes: number | undefined;
  answers: number;
  /** Calls of other tools in the same time. */
  otherCalls: number;
}

export interface BeforeAndAfter {
  before: CallFigures;
  after: CallFigures;
}

/** How a tool was used before and after it changed, in equal stretches of time. */
export interface ChangeEffect {
  change: StoredToolChange;
  /** The length of each stretch. */
  seconds: number;
  all: BeforeAndAfter;
  clients: readonly (BeforeAndAfter & { client: string })[];
}

interface Counting {
  calls: number;
  failed: number;
  rejected: number;
  otherCalls: number;
  seconds: number[];
  bytes: number[];
}

interface Stretch {
  change: StoredToolChange;
  atUs: number;
  lengthUs: number;
  clients: Map<string, { before: Counting; after: Counting }>;
}

const MAX_STRETCH_US = 86_400_000_000;
/** A call counts where it began; operations are found by when they ended. */
const MAX_CALL_US = 3_600_000_000;

/**
 * What followed changes. A stretch ends where the tool changed again, and after a day. All are counted in one scan over
 * the time that they cover.
 * @param all every change of these tools around that time
 */
export function changeEffects(
  db: DatabaseSync,
  changes: readonly StoredToolChange[],
  all: readonly StoredToolChange[],
  nowUs: number,
): ChangeEffect[] {
  const stretches = changes.map((change): Stretch => {
    const lengthUs = Math.min(MAX_STRETCH_US, ...distances(change, all), Math.max(0, nowUs - change.at * 1_000));
    return { change, atUs: change.at * 1_000, lengthUs, clients: new Map() };
  });
  if (stretches.length === 0) return [];
  const byServer = Map.groupBy(stretches, ({ change }) => change.server);
  const since = Math.min(...stretches.map(({ atUs, lengthUs }) => atUs - lengthUs)) / 1_000;
  const until = Math.max(...stretches.map(({ atUs, lengthUs }) => atUs + lengthUs + MAX_CALL_US)) / 1_000;
  scanOperations(
    db,
    { since, until, method: 'tools/call' },
    nowUs,
    (kind, startedUs, tookUs, _request, responseBytes) => {
      if (!kind.counts) return;
      for (const stretch of byServer.get(kind.server) ?? []) {
        const from = startedUs - stretch.atUs;
        if (from >= stretch.lengthUs || from < -stretch.lengthUs) continue;
        const counting = countingOf(stretch, kind.client)[from < 0 ? 'before' : 'after'];
        if (kind.target !== stretch.change.tool) {
          if (kind.first) counting.otherCalls++;
          continue;
        }
        // A call may fail in any of its rounds.
        if (kind.failed) counting.failed++;
        else if (kind.rejected) counting.rejected++;
        else if (kind.outcome === 'ok') counting.bytes.push(responseBytes);
        if (!kind.first) continue;
        counting.calls++;
        counting.seconds.push(tookUs / 1_000_000);
      }
    },
  );
  return stretches.map(effectOf);
}

/** How far away other changes of the same tool are, in microseconds. */
const distances = (change: StoredToolChange, all: readonly StoredToolChange[]): number[] =>
  all
    .filter(({ id, server, tool }) => id !== change.id && server === change.server && tool === change.tool)
    .map(({ at }) => Math.abs(at - change.at) * 1_000)
    .filter((distance) => distance > 0);

function countingOf({ clients }: Stretch, client: string): { before: Counting; after: Counting } {
  const known = clients.get(client) ?? { before: nothingCounted(), after: nothingCounted() };
  clients.set(client, known);
  return known;
}

const nothingCounted = (): Counting => ({ calls: 0, failed: 0, rejected: 0, otherCalls: 0, seconds: [], bytes: [] });

function effectOf({ change, lengthUs, clients }: Stretch): ChangeEffect {
  const called = [...clients].filter(([, { before, after }]) => before.calls + after.calls > 0);
  const all = (when: 'before' | 'after'): CallFigures => figuresOf([...clients.values()].map((client) => client[when]));
  return {
    change,
    seconds: lengthUs / 1_000_000,
    all: { before: all('before'), after: all('after') },
    clients: called
      .map(([client, { before, after }]) => ({ client, before: figuresOf([before]), after: figuresOf([after]) }))
      .toSorted((a, b) => b.before.calls + b.after.calls - a.before.calls - a.after.calls),
  };
}

function figuresOf(all: readonly Counting[]): CallFigures {
  const seconds = ascending(all.flatMap((counting) => counting.seconds));
  const bytes = all.flatMap((counting) => counting.bytes);
  const sum = (name: 'calls' | 'failed' | 'rejected' | 'otherCalls'): number =>
    all.reduce((total, counting) => total + counting[name], 0);
  return {
    calls: sum('calls'),
    failed: sum('failed'),
    rejected: sum('rejected'),
    p50Seconds: quantile(seconds, 0.5),
    p95Seconds: quantile(seconds, 0.95),
    medianAnswerBytes: median(bytes),
    answers: bytes.length,
    otherCalls: sum('otherCalls'),
  };
}
