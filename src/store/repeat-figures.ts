import type { DatabaseSync } from 'node:sqlite';
import type { Repeat } from '../session/operation.ts';
import { numberAt, textAt, timeAt } from './columns.ts';
import { kindConditions, operationConditions, where, type Filter } from './filter.ts';

/** How far a client repeated calls of a tool: its longest runs. */
export interface StoredRepeat extends Repeat {
  server: string;
  client: string;
  tool: string;
  /** When the latest repeated call began: milliseconds since the epoch. */
  lastAt: number;
}

const MAX_ROWS = 100;

/** The longest run first. */
export function storedRepeats(db: DatabaseSync, filter: Filter): StoredRepeat[] {
  const conditions = [
    ['details.repeats IS NOT NULL'] as const,
    ...operationConditions(filter),
    ...kindConditions(filter),
  ];
  const { sql, values } = where(conditions);
  return db
    .prepare(
      `SELECT kinds.server AS server, kinds.client AS client, kinds.target AS tool, max(repeats) AS calls,
         max(unsuccessful) AS unsuccessful, max(started_us) AS last_us
       FROM details
       CROSS JOIN operations ON operations.id = details.operation
       CROSS JOIN kinds ON kinds.id = operations.kind
       ${sql} GROUP BY 1, 2, 3 ORDER BY calls DESC, 1, 2, 3 LIMIT ?`,
    )
    .all(...values, filter.limit ?? MAX_ROWS)
    .map((row) => ({
      server: textAt(row, 'server'),
      client: textAt(row, 'client'),
      tool: textAt(row, 'tool'),
      calls: numberAt(row, 'calls'),
      unsuccessful: numberAt(row, 'unsuccessful'),
      lastAt: timeAt(row, 'last_us') ?? 0,
    }));
}
