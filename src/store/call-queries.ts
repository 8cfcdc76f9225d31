import type { DatabaseSync } from 'node:sqlite';
import { numberAt } from './columns.ts';
import {
  conversationCondition,
  kindConditions,
  operationConditions,
  where,
  type Condition,
  type Filter,
  type Where,
} from './filter.ts';
import { firstOperationSince } from './marks.ts';
import { NO_STREAM, operationsAt, type StoredOperation } from './operation-queries.ts';

/** Conditions on single operations, beside those of their kinds. */
export interface CallFilter extends Filter {
  /** The row of a session. */
  session?: number | undefined;
  /** Each must occur in a tool, a client or a method, or begin the id of the session. */
  words?: readonly string[] | undefined;
}

export type CallOrder = 'latest' | 'slowest';

/** Some of the operations that match a filter. */
export interface CallList {
  operations: StoredOperation[];
  /** How many match, up to the last cursor that was asked for. */
  total: number;
  /** How many more were written after that cursor. */
  newer: number;
}

/** An id is not searched by fewer characters. */
const MIN_ID_CHARS = 4;
const REQUESTS_ONLY: readonly Condition[] = [[NO_STREAM], [`kinds.form = 'request'`]];

/**
 * The latest or the slowest operations that match, and how many do. Of a million operations the latest take 50 to 90 ms, the
 * slowest 230 to 480 ms (the fastest of seven runs): kinds are looked up once, and only operations are read.
 * @param upTo an operation's id: what was written after it is only counted; undefined: all is listed
 */
export function calls(
  db: DatabaseSync,
  filter: CallFilter,
  order: CallOrder,
  upTo: number | undefined,
  nowUs: number,
): CallList {
  const found = callConditions(db, filter, order === 'slowest' ? REQUESTS_ONLY : [], nowUs);
  if (found === undefined) return { operations: [], total: 0, newer: 0 };
  const last = upTo ?? Number.MAX_SAFE_INTEGER;
  const counts = db
    .prepare(`SELECT count(*) AS n, coalesce(sum(operations.id > ?), 0) AS newer FROM operations ${found.sql}`)
    .get(last, ...found.values);
  const by = order === 'slowest' ? 'took_us DESC, operations.id DESC' : 'operations.id DESC';
  const ids = db
    .prepare(`SELECT operations.id AS id FROM operations ${found.sql} AND operations.id <= ? ORDER BY ${by} LIMIT ?`)
    .all(...found.values, last, filter.limit ?? -1)
    .map((row) => numberAt(row, 'id'));
  const newer = numberAt(counts ?? {}, 'newer');
  return { operations: operationsAt(db, ids), total: numberAt(counts ?? {}, 'n') - newer, newer };
}

/** Conditions on `operations` alone; undefined: nothing matches. */
export function callConditions(
  db: DatabaseSync,
  filter: CallFilter,
  ofKinds: readonly Condition[],
  nowUs: number,
): Where | undefined {
  const first = filter.since === undefined ? 0 : firstOperationSince(db, filter.since * 1_000, nowUs);
  if (first === undefined) return undefined;
  const { session, conversation, words = [] } = filter;
  const kinds = [...kindConditions(filter), ...ofKinds];
  const conditions: Condition[] = [['operations.id >= ?', first], ...operationConditions(filter)];
  if (kinds.length > 0) {
    const { sql, values } = where(kinds);
    conditions.push([`operations.kind IN (SELECT id FROM kinds ${sql})`, ...values]);
  }
  if (session !== undefined) conditions.push(['operations.session = ?', session]);
  if (conversation !== undefined) {
    const [sql, ...values] = conversationCondition(conversation);
    conditions.push([`operations.session IN (SELECT id FROM sessions WHERE ${sql})`, ...values]);
  }
  return where([...conditions, ...words.map(wordCondition)]);
}

function wordCondition(word: string): Condition {
  const text = word.toLowerCase();
  const named = `operations.kind IN (
    SELECT id FROM kinds WHERE instr(lower(target), ?) OR instr(lower(client), ?) OR instr(lower(method), ?))`;
  if (word.length < MIN_ID_CHARS) return [named, text, text, text];
  return [
    `${named} OR operations.session IN (
       SELECT id FROM sessions WHERE substr(name, 1, ?) = ? OR substr(lower(hex(trace)), 1, ?) = ?)`,
    text,
    text,
    text,
    word.length,
    word,
    word.length,
    text,
  ];
}
