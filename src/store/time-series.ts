import { ascending, quantile } from './quantile.ts';
import type { Collector, ScannedKind } from './scan.ts';

/** How much happened, and how well it went. Only messages to the server count. */
export interface IntervalFigures {
  operations: number;
  /** First attempts; retries do not count. */
  toolCalls: number;
  failed: number;
  rejected: number;
  /** Successful handshakes: `initialize` and `server/discover`. */
  handshakes: number;
  /** Of tool calls, in seconds. */
  p50Seconds: number | undefined;
  p95Seconds: number | undefined;
}

/** The figures of one interval. It begins `at` so many milliseconds since the epoch. */
export interface Interval extends IntervalFigures {
  at: number;
}

export interface ClientTimeSeries {
  server: string;
  client: string;
  /** In order; intervals in which nothing ended are left out. */
  intervals: readonly { at: number; toolCalls: number; handshakes: number }[];
}

/** Figures over time, and in total. */
export interface TimeSeries {
  all: IntervalFigures;
  /** In order; intervals in which nothing ended are left out. */
  intervals: readonly Interval[];
  clients: readonly ClientTimeSeries[];
}

interface Counting {
  operations: number;
  toolCalls: number;
  failed: number;
  rejected: number;
  handshakes: number;
  seconds: number[];
}

const nothing = (): Counting => ({ operations: 0, toolCalls: 0, failed: 0, rejected: 0, handshakes: 0, seconds: [] });

export function collectTimeSeries(intervalSeconds: number): Collector<TimeSeries> {
  const intervalUs = intervalSeconds * 1_000_000;
  const intervals = new Map<number, Counting>();
  const clients = new Map<string, Map<number, Counting>>();
  const byKind = new Map<ScannedKind, Map<number, Counting>>();
  const visit: Collector<TimeSeries>['visit'] = (kind, startedUs, tookUs) => {
    if (kind.direction === 'to-client') return;
    const endedUs = startedUs + tookUs;
    const from = endedUs - (endedUs % intervalUs);
    const interval = at(intervals, from);
    let clientIntervals = byKind.get(kind);
    if (clientIntervals === undefined) {
      clientIntervals = ofClient(clients, `${kind.server}\0${kind.client}`);
      byKind.set(kind, clientIntervals);
    }
    const own = at(clientIntervals, from);
    interval.operations++;
    if (kind.failed) interval.failed++;
    if (kind.rejected) interval.rejected++;
    if (kind.handshake === 'initialize' || kind.handshake === 'discover') {
      interval.handshakes++;
      own.handshakes++;
    }
    if (!kind.counts || !kind.first) return;
    interval.toolCalls++;
    own.toolCalls++;
    interval.seconds.push(tookUs / 1_000_000);
  };
  const finish = (): TimeSeries => ({
    all: finished(sumOf([...intervals.values()])),
    intervals: inOrder(intervals).map(([from, interval]) => ({ at: from / 1_000, ...finished(interval) })),
    clients: [...clients].map(([key, own]) => {
      const [server = '', client = ''] = key.split('\0');
      const ownIntervals = inOrder(own).map(([from, { toolCalls, handshakes }]) => ({
        at: from / 1_000,
        toolCalls,
        handshakes,
      }));
      return { server, client, intervals: ownIntervals };
    }),
  });
  return { visit, finish };
}

function at(intervals: Map<number, Counting>, from: number): Counting {
  let interval = intervals.get(from);
  if (interval === undefined) {
    interval = nothing();
    intervals.set(from, interval);
  }
  return interval;
}

function ofClient(clients: Map<string, Map<number, Counting>>, key: string): Map<number, Counting> {
  let own = clients.get(key);
  if (own === undefined) {
    own = new Map();
    clients.set(key, own);
  }
  return own;
}

const inOrder = (intervals: ReadonlyMap<number, Counting>): [number, Counting][] =>
  [...intervals].toSorted(([a], [b]) => a - b);

function sumOf(intervals: readonly Counting[]): Counting {
  const sum = nothing();
  for (const interval of intervals) {
    sum.operations += interval.operations;
    sum.toolCalls += interval.toolCalls;
    sum.failed += interval.failed;
    sum.rejected += interval.rejected;
    sum.handshakes += interval.handshakes;
  }
  return { ...sum, seconds: intervals.flatMap(({ seconds }) => seconds) };
}

function finished({ seconds, ...figures }: Counting): IntervalFigures {
  const sorted = ascending(seconds);
  return { ...figures, p50Seconds: quantile(sorted, 0.5), p95Seconds: quantile(sorted, 0.95) };
}
