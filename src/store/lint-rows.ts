import type { DatabaseSync } from 'node:sqlite';
import { isLintRule, type LintRule } from '../session/lint-rules.ts';
import { numberAt, textAt, timeAt } from './columns.ts';
import { dayOf } from './day.ts';
import { where, type Condition, type Filter } from './filter.ts';
import type { OperationRow } from './operation-row.ts';
import type { Statements } from './statements.ts';

/** How often messages of one kind broke a rule of the revision of 2026-07-28. */
export interface StoredLint {
  server: string;
  client: string;
  rule: LintRule;
  method: string;
  /** What stood where the rule expects something else. */
  seen: string;
  number: number;
  /** When it was seen last: milliseconds since the epoch. */
  lastAt: number;
}

/** Adds up what the operations of a batch break. */
export function writeLint(statements: Statements, server: string, operations: readonly OperationRow[]): void {
  const found = new Map<string, { number: number; lastUs: number }>();
  for (const { broken, kind, startedUs, tookUs } of operations) {
    if (broken === undefined) continue;
    const endedUs = startedUs + tookUs;
    for (const { rule, seen } of broken) {
      const key = [dayOf(endedUs), kind.client, rule, kind.method, seen].join('\0');
      const known = found.get(key);
      if (known === undefined) found.set(key, { number: 1, lastUs: endedUs });
      else {
        known.number++;
        known.lastUs = Math.max(known.lastUs, endedUs);
      }
    }
  }
  for (const [key, { number, lastUs }] of found) {
    const [day = '', client = '', rule = '', method = '', seen = ''] = key.split('\0');
    statements.lint.run(Number(day), server, client, rule, method, seen, number, lastUs);
  }
}

/** The rule that was broken most often comes first. Counted by the day: the first day is taken whole. */
export function storedLint(db: DatabaseSync, { since, until, server, client }: Filter): StoredLint[] {
  const conditions: Condition[] = [];
  if (since !== undefined) conditions.push(['day >= ?', dayOf(Math.floor(since * 1_000))]);
  if (until !== undefined) conditions.push(['day < ?', Math.floor(until * 1_000)]);
  if (server !== undefined) conditions.push(['server = ?', server]);
  if (client !== undefined) conditions.push(['client = ?', client]);
  const { sql, values } = where(conditions);
  return db
    .prepare(
      `SELECT server, client, rule, method, seen, sum(number) AS n, max(last_us) AS last_us FROM lint ${sql}
       GROUP BY 1, 2, 3, 4, 5 ORDER BY n DESC, last_us DESC`,
    )
    .all(...values)
    .flatMap((row) => {
      const rule = textAt(row, 'rule');
      // A newer mcpspan may have written a rule that this one does not know.
      if (!isLintRule(rule)) return [];
      return [
        {
          server: textAt(row, 'server'),
          client: textAt(row, 'client'),
          rule,
          method: textAt(row, 'method'),
          seen: textAt(row, 'seen'),
          number: numberAt(row, 'n'),
          lastAt: timeAt(row, 'last_us') ?? 0,
        },
      ];
    });
}
