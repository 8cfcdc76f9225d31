import type { DatabaseSync } from 'node:sqlite';
import { DAY_US } from './day.ts';
import { MARK_EVERY_US } from './writer.ts';

/**
 * The id of the first operation that may have ended since a time; undefined: none has. Marks of a clock that was far
 * ahead are ignored.
 */
export function firstOperationSince(db: DatabaseSync, sinceUs: number, nowUs: number): number | undefined {
  const row = db
    .prepare('SELECT min(operation) AS first FROM marks WHERE at_us BETWEEN ? AND ?')
    .get(Math.floor(sinceUs) - MARK_EVERY_US, Math.ceil(nowUs) + DAY_US);
  const first = row?.['first'];
  return typeof first === 'number' ? first : undefined;
}

/**
 * An id such that all operations with lower ids ended before a time. If all marks are ahead, our clock is wrong, and
 * nothing is old.
 */
export function firstOperationNotBefore(db: DatabaseSync, atUs: number, nowUs: number): number {
  const first = firstOperationSince(db, atUs, nowUs);
  if (first !== undefined) return first;
  const ahead = db.prepare('SELECT 1 FROM marks WHERE at_us > ? LIMIT 1').get(Math.ceil(nowUs) + DAY_US);
  return ahead === undefined ? Number.MAX_SAFE_INTEGER : 0;
}
