import type { DatabaseSync } from 'node:sqlite';
import { OTHER } from '../session/client.ts';
import { numberAt, optionalTextAt, textAt, timeAt } from './columns.ts';
import { callConditions, type CallFilter } from './call-queries.ts';

/** Operations that failed in one way, or were rejected in one way. Times: milliseconds since the epoch. */
export interface FailureGroup {
  server: string;
  client: string;
  method: string;
  /** The name of a tool or a prompt. */
  target: string | undefined;
  outcome: string;
  code: string | undefined;
  /** Otherwise they were rejected. */
  failed: boolean;
  number: number;
  firstAt: number;
  lastAt: number;
  /** The latest of them. */
  operation: number;
  /** What the latest one said, if that was recorded. */
  message: string | undefined;
}

/** The number that a server made up, where `kinds` has `_OTHER`. */
const OWN_CODE = `CASE WHEN kind IN (SELECT id FROM kinds WHERE code = '${OTHER}')
  THEN (SELECT code FROM details WHERE details.operation = operations.id) END`;

/** The groups with the most operations come first; failures before rejections. */
export function failureGroups(db: DatabaseSync, filter: CallFilter, nowUs: number): FailureGroup[] {
  const found = callConditions(db, filter, [['kinds.failed = 1 OR kinds.rejected = 1']], nowUs);
  if (found === undefined) return [];
  return db
    .prepare(
      `SELECT groups.*, details.message AS message FROM (
         SELECT kinds.server AS server, kinds.client AS client, kinds.method AS method, kinds.target AS target,
           kinds.outcome AS outcome, coalesce(own_code, kinds.code) AS code, kinds.failed AS failed, sum(n) AS number,
           min(first_us) AS first_us, max(last_us) AS last_us, max(last_id) AS operation
         FROM (
           SELECT kind, ${OWN_CODE} AS own_code, count(*) AS n, min(started_us + took_us) AS first_us,
             max(started_us + took_us) AS last_us, max(id) AS last_id
           FROM operations ${found.sql} GROUP BY kind, own_code) AS summed
         JOIN kinds ON kinds.id = summed.kind
         GROUP BY 1, 2, 3, 4, 5, 6, 7) AS groups
       LEFT JOIN details ON details.operation = groups.operation
       ORDER BY groups.failed DESC, number DESC, groups.operation DESC LIMIT ?`,
    )
    .all(...found.values, filter.limit ?? -1)
    .map((row) => ({
      server: textAt(row, 'server'),
      client: textAt(row, 'client'),
      method: textAt(row, 'method'),
      target: optionalTextAt(row, 'target'),
      outcome: textAt(row, 'outcome'),
      code: optionalTextAt(row, 'code'),
      failed: numberAt(row, 'failed') === 1,
      number: numberAt(row, 'number'),
      firstAt: timeAt(row, 'first_us') ?? 0,
      lastAt: timeAt(row, 'last_us') ?? 0,
      operation: numberAt(row, 'operation'),
      message: optionalTextAt(row, 'message'),
    }));
}
