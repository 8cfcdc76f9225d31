import type { DatabaseSync } from 'node:sqlite';
import type { Filter } from './filter.ts';
import { ascending, quantile } from './quantile.ts';
import { scan } from './scan.ts';

/** What one client did in one stretch of time. */
export interface Bucket {
  /** When it begins: milliseconds since the epoch. */
  at: number;
  server: string;
  client: string;
  operations: number;
  toolCalls: number;
  errors: number;
  handshakes: number;
  /** Of tool calls, in seconds. */
  p95Seconds: number | undefined;
}

/** Figures over time: in stretches of so many seconds, by client; stretches in which nothing ended are left out. */
export function buckets(db: DatabaseSync, filter: Filter, seconds: number, nowUs: number): Bucket[] {
  const width = seconds * 1_000_000;
  const found = new Map<string, Bucket & { seconds: number[] }>();
  scan(db, filter, nowUs, (kind, startedUs, tookUs) => {
    if (kind.direction === 'to-client') return;
    const ended = startedUs + tookUs;
    const from = ended - (ended % width);
    const key = `${from}\0${kind.server}\0${kind.client}`;
    let bucket = found.get(key);
    if (bucket === undefined) {
      const { server, client } = kind;
      const nothing = { operations: 0, toolCalls: 0, errors: 0, handshakes: 0, p95Seconds: undefined, seconds: [] };
      bucket = { at: from / 1_000, server, client, ...nothing };
      found.set(key, bucket);
    }
    bucket.operations++;
    if (kind.error) bucket.errors++;
    if (kind.handshake === 'initialize' || kind.handshake === 'discover') bucket.handshakes++;
    if (!kind.counts || !kind.first) return;
    bucket.toolCalls++;
    bucket.seconds.push(tookUs / 1_000_000);
  });
  return [...found.values()]
    .map(({ seconds: taken, ...bucket }) => ({ ...bucket, p95Seconds: quantile(ascending(taken), 0.95) }))
    .toSorted((a, b) => a.at - b.at || a.server.localeCompare(b.server) || a.client.localeCompare(b.client));
}
