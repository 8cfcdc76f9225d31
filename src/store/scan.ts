import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { numberAt, textAt } from './columns.ts';
import { kindConditions, operationConditions, where, type Filter } from './filter.ts';
import type { Kind } from './kinds.ts';
import { firstOperationSince } from './marks.ts';

/** A kind of operation, with what figures need. */
export interface ScannedKind extends Omit<Kind, 'form' | 'attempt'> {
  id: number;
  server: string;
  first: boolean;
}

export type Visit = (
  kind: ScannedKind,
  startedUs: number,
  tookUs: number,
  requestBytes: number,
  responseBytes: number,
) => void;

/** Adds up figures, operation by operation. */
export interface Collector<Figures> {
  visit: Visit;
  finish(): Figures;
}

/** Visits every operation that matches a filter, in the order in which they were written: 1 µs each. */
export function scanOperations(db: DatabaseSync, filter: Filter, nowUs: number, visit: Visit): void {
  const kinds = kindsOf(db, filter);
  const first = filter.since === undefined ? 0 : firstOperationSince(db, filter.since * 1_000, nowUs);
  if (kinds.size === 0 || first === undefined) return;
  const { sql, values } = where([['id >= ?', first], ...operationConditions(filter)]);
  const rows = db.prepare(
    `SELECT kind, started_us, took_us, request_bytes, response_bytes FROM operations ${sql} ORDER BY id`,
  );
  // Rows as objects cost three times as much.
  rows.setReturnArrays(true);
  for (const row of numbersOf(rows, values)) {
    const [id = 0, startedUs = 0, tookUs = 0, requestBytes = 0, responseBytes = 0] = row;
    const kind = kinds.get(id);
    if (kind !== undefined) visit(kind, startedUs, tookUs, requestBytes, responseBytes);
  }
}

/**
 * The cast is true: the columns are INTEGER in STRICT tables, and rows are arrays, which the method's type cannot say.
 */
const numbersOf = (rows: ReturnType<DatabaseSync['prepare']>, values: readonly SQLInputValue[]): Iterable<number[]> =>
  rows.iterate(...values) as unknown as Iterable<number[]>;

function kindsOf(db: DatabaseSync, filter: Filter): Map<number, ScannedKind> {
  const { sql, values } = where(kindConditions(filter));
  const kinds = new Map<number, ScannedKind>();
  for (const row of db.prepare(`SELECT * FROM kinds ${sql}`).all(...values)) {
    const id = numberAt(row, 'id');
    kinds.set(id, {
      id,
      server: textAt(row, 'server'),
      client: textAt(row, 'client'),
      method: textAt(row, 'method'),
      target: textAt(row, 'target'),
      direction: textAt(row, 'direction'),
      era: textAt(row, 'era'),
      source: textAt(row, 'source'),
      outcome: textAt(row, 'outcome'),
      code: textAt(row, 'code'),
      handshake: textAt(row, 'handshake'),
      discovery: textAt(row, 'discovery'),
      failed: numberAt(row, 'failed') === 1,
      rejected: numberAt(row, 'rejected') === 1,
      counts: numberAt(row, 'counts') === 1,
      first: textAt(row, 'attempt') === 'first',
      turnedAway: numberAt(row, 'turned_away') === 1,
      unknown: numberAt(row, 'unknown') === 1,
    });
  }
  return kinds;
}
