import type { DatabaseSync } from 'node:sqlite';
import { numberAt, optionalTextAt, textAt, timeAt } from './columns.ts';

/** What an mcpspan process says about itself once. */
export interface ProcessAbout {
  instance: string;
  pid: number;
  server: string;
  transport: 'http' | 'stdio';
  version: string;
  /** Where clients connect; `''` for a wrapped command. */
  address: string;
  /** Where it forwards to; `''` for a wrapped command. */
  upstream: string;
  /** Where each signal goes; a missing signal is off. */
  exports: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  startedAt: number;
}

/** What a process counts about itself, by name. */
export type ProcessFigures = Readonly<Record<string, number>>;

/** An mcpspan process that writes to the store, or did. Times: milliseconds since the epoch. */
export interface StoredProcess extends ProcessAbout {
  running: boolean;
  /** When it was last heard of. If that is long ago and `endedAt` is missing, it was killed. */
  seenAt: number;
  endedAt: number | undefined;
  figures: ProcessFigures;
}

/** A running process writes its row at least so often. */
export const HEARTBEAT_MS = 10_000;
const MISSED_MS = 3 * HEARTBEAT_MS;

const UPSERT = `
  INSERT INTO processes (instance, pid, server, transport, version, address, upstream, exports, started_us, seen_us, ended_us, figures)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET seen_us = excluded.seen_us, ended_us = excluded.ended_us, figures = excluded.figures`;

/**
 * @param nowUs by the wall clock
 * @throws what SQLite throws
 */
export function writeProcess(
  db: DatabaseSync,
  about: ProcessAbout,
  figures: ProcessFigures,
  nowUs: number,
  ended: boolean,
): void {
  const { instance, pid, server, transport, version, address, upstream, exports, startedAt } = about;
  db.prepare(UPSERT).run(
    instance,
    pid,
    server,
    transport,
    version,
    address,
    upstream,
    JSON.stringify(exports),
    Math.round(startedAt * 1_000),
    nowUs,
    ended ? nowUs : null,
    JSON.stringify(figures),
  );
}

const MAX_PROCESSES = 50;

/** Running processes come first, then those that were heard of last. */
export function storedProcesses(db: DatabaseSync, nowUs: number): StoredProcess[] {
  return db
    .prepare('SELECT * FROM processes ORDER BY ended_us IS NOT NULL, seen_us DESC LIMIT ?')
    .all(MAX_PROCESSES)
    .map((row) => {
      const [endedAt, seenAt] = [timeAt(row, 'ended_us'), timeAt(row, 'seen_us') ?? 0];
      return {
        instance: textAt(row, 'instance'),
        pid: numberAt(row, 'pid'),
        server: textAt(row, 'server'),
        transport: optionalTextAt(row, 'transport') === 'stdio' ? 'stdio' : 'http',
        version: textAt(row, 'version'),
        address: textAt(row, 'address'),
        upstream: textAt(row, 'upstream'),
        // We wrote both, in these shapes.
        exports: JSON.parse(textAt(row, 'exports')) as ProcessAbout['exports'],
        figures: JSON.parse(textAt(row, 'figures')) as ProcessFigures,
        startedAt: timeAt(row, 'started_us') ?? 0,
        seenAt,
        endedAt,
        running: endedAt === undefined && nowUs / 1_000 - seenAt <= MISSED_MS,
      } satisfies StoredProcess;
    })
    .toSorted((a, b) => Number(b.running) - Number(a.running) || b.seenAt - a.seenAt);
}
