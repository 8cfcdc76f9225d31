import type { DatabaseSync } from 'node:sqlite';
import { numberAt, optionalTextAt, textAt, timeAt, type Row } from './columns.ts';

/** What an mcpspan process says once about itself and one of its servers. */
export interface ProcessAbout {
  instance: string;
  pid: number;
  server: string;
  /** `spans`: known from spans that others made. */
  transport: 'http' | 'stdio' | 'spans';
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

/**
 * What a process counts, by name: about itself, which is the same in the rows of all its servers, and about the upstream
 * of the one server (`upstream…`).
 */
export type ProcessFigures = Readonly<Record<string, number>>;

/**
 * An mcpspan process that writes to the store, or did, with one of its servers: a process has as many of these as it has
 * servers, all of one `instance`. Times: milliseconds since the epoch.
 */
export interface StoredProcess extends ProcessAbout {
  running: boolean;
  /** When it was last heard of. If that is long ago and `endedAt` is missing, it was killed. */
  seenAt: number;
  endedAt: number | undefined;
  figures: ProcessFigures;
}

/** A running process writes its rows at least so often. */
export const HEARTBEAT_MS = 10_000;
const MISSED_MS = 3 * HEARTBEAT_MS;

/** A server that a running process goes on with, such as after a change of its settings, may be elsewhere. */
export const UPSERT_PROCESS = `
  INSERT INTO processes (instance, pid, server, transport, version, address, upstream, exports, started_us, seen_us, ended_us, figures)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET transport = excluded.transport, address = excluded.address, upstream = excluded.upstream,
    exports = excluded.exports, started_us = excluded.started_us, seen_us = excluded.seen_us, ended_us = excluded.ended_us,
    figures = excluded.figures`;

/**
 * The row of a process, or of its part for one server.
 * @param nowUs by the wall clock
 */
export function processRow(
  about: ProcessAbout,
  figures: ProcessFigures,
  nowUs: number,
  ended: boolean,
): (string | number | null)[] {
  const { instance, pid, server, transport, version, address, upstream, exports, startedAt } = about;
  return [
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
  ];
}

/** Twenty processes with a hundred servers each. */
const MAX_RUNNING = 2_000;
const MAX_EARLIER = 200;

/**
 * One row for each server of each process. Those that run come first, then those that were heard of last.
 * @param nowUs by the wall clock
 */
export function storedProcesses(db: DatabaseSync, nowUs: number): StoredProcess[] {
  const seenUs = nowUs - MISSED_MS * 1_000;
  const running = db
    .prepare(
      'SELECT * FROM processes WHERE ended_us IS NULL AND seen_us >= ? ORDER BY seen_us DESC, instance, server LIMIT ?',
    )
    .all(seenUs, MAX_RUNNING);
  const earlier = db
    .prepare(
      `SELECT * FROM processes WHERE ended_us IS NOT NULL OR seen_us < ?
       ORDER BY seen_us DESC, instance, server LIMIT ?`,
    )
    .all(seenUs, MAX_EARLIER);
  return [...running.map((row) => storedProcess(row, true)), ...earlier.map((row) => storedProcess(row, false))];
}

function storedProcess(row: Row, running: boolean): StoredProcess {
  return {
    instance: textAt(row, 'instance'),
    pid: numberAt(row, 'pid'),
    server: textAt(row, 'server'),
    transport: transportOf(optionalTextAt(row, 'transport')),
    version: textAt(row, 'version'),
    address: textAt(row, 'address'),
    upstream: textAt(row, 'upstream'),
    // We wrote both, in these shapes.
    exports: JSON.parse(textAt(row, 'exports')) as ProcessAbout['exports'],
    figures: JSON.parse(textAt(row, 'figures')) as ProcessFigures,
    startedAt: timeAt(row, 'started_us') ?? 0,
    seenAt: timeAt(row, 'seen_us') ?? 0,
    endedAt: timeAt(row, 'ended_us'),
    running,
  };
}

const transportOf = (text: string | undefined): ProcessAbout['transport'] =>
  text === 'stdio' || text === 'spans' ? text : 'http';
