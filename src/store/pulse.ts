import { ascending, quantile } from './quantile.ts';
import type { Collector, ScannedKind } from './scan.ts';

/** How much happened, and how well it went. Only messages to the server count. */
export interface Beat {
  operations: number;
  /** First attempts; retries do not count. */
  toolCalls: number;
  errors: number;
  /** Successful handshakes: `initialize` and `server/discover`. */
  handshakes: number;
  /** Of tool calls, in seconds. */
  p50Seconds: number | undefined;
  p95Seconds: number | undefined;
}

/** The figures of one interval. It begins `at` so many milliseconds since the epoch. */
export interface TimedBeat extends Beat {
  at: number;
}

export interface ClientPulse {
  server: string;
  client: string;
  /** In order; intervals in which nothing ended are left out. */
  beats: readonly { at: number; toolCalls: number; handshakes: number }[];
}

/** Figures over time, and in total. */
export interface Pulse {
  all: Beat;
  /** In order; intervals in which nothing ended are left out. */
  beats: readonly TimedBeat[];
  clients: readonly ClientPulse[];
}

interface Counting {
  operations: number;
  toolCalls: number;
  errors: number;
  handshakes: number;
  seconds: number[];
}

const nothing = (): Counting => ({ operations: 0, toolCalls: 0, errors: 0, handshakes: 0, seconds: [] });

export function collectPulse(intervalSeconds: number): Collector<Pulse> {
  const intervalUs = intervalSeconds * 1_000_000;
  const beats = new Map<number, Counting>();
  const clients = new Map<string, Map<number, Counting>>();
  const byKind = new Map<ScannedKind, Map<number, Counting>>();
  const visit: Collector<Pulse>['visit'] = (kind, startedUs, tookUs) => {
    if (kind.direction === 'to-client') return;
    const endedUs = startedUs + tookUs;
    const from = endedUs - (endedUs % intervalUs);
    const beat = at(beats, from);
    let beatsOfClient = byKind.get(kind);
    if (beatsOfClient === undefined) {
      beatsOfClient = ofClient(clients, `${kind.server}\0${kind.client}`);
      byKind.set(kind, beatsOfClient);
    }
    const own = at(beatsOfClient, from);
    beat.operations++;
    if (kind.error) beat.errors++;
    if (kind.handshake === 'initialize' || kind.handshake === 'discover') {
      beat.handshakes++;
      own.handshakes++;
    }
    if (!kind.counts || !kind.first) return;
    beat.toolCalls++;
    own.toolCalls++;
    beat.seconds.push(tookUs / 1_000_000);
  };
  const finish = (): Pulse => ({
    all: finished(sumOf([...beats.values()])),
    beats: inOrder(beats).map(([from, beat]) => ({ at: from / 1_000, ...finished(beat) })),
    clients: [...clients].map(([key, own]) => {
      const [server = '', client = ''] = key.split('\0');
      const intervals = inOrder(own).map(([from, { toolCalls, handshakes }]) => ({
        at: from / 1_000,
        toolCalls,
        handshakes,
      }));
      return { server, client, beats: intervals };
    }),
  });
  return { visit, finish };
}

function at(beats: Map<number, Counting>, from: number): Counting {
  let beat = beats.get(from);
  if (beat === undefined) {
    beat = nothing();
    beats.set(from, beat);
  }
  return beat;
}

function ofClient(clients: Map<string, Map<number, Counting>>, key: string): Map<number, Counting> {
  let own = clients.get(key);
  if (own === undefined) {
    own = new Map();
    clients.set(key, own);
  }
  return own;
}

const inOrder = (beats: ReadonlyMap<number, Counting>): [number, Counting][] =>
  [...beats].toSorted(([a], [b]) => a - b);

function sumOf(beats: readonly Counting[]): Counting {
  const sum = nothing();
  for (const beat of beats) {
    sum.operations += beat.operations;
    sum.toolCalls += beat.toolCalls;
    sum.errors += beat.errors;
    sum.handshakes += beat.handshakes;
  }
  return { ...sum, seconds: beats.flatMap(({ seconds }) => seconds) };
}

function finished({ seconds, ...figures }: Counting): Beat {
  const sorted = ascending(seconds);
  return { ...figures, p50Seconds: quantile(sorted, 0.5), p95Seconds: quantile(sorted, 0.95) };
}
