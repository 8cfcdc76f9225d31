import type { DatabaseSync } from 'node:sqlite';
import { numberAt, textAt, timeAt, type Row } from './columns.ts';
import { where, type Condition, type Filter } from './filter.ts';

/** A change of one tool. Times: milliseconds since the epoch. */
export interface StoredToolChange {
  id: number;
  at: number;
  server: string;
  tool: string;
  /** What changed, in the words of `ChangeKind`; a later version may have written others. */
  kinds: readonly string[];
  /** Hashes of the contracts; `''`: there was none. */
  before: string;
  after: string;
}

/** The definitions before and after a change, as canonical JSON. */
export interface ChangedDefinitions {
  /** Undefined: there was none, or it was not kept. */
  before: string | undefined;
  after: string | undefined;
  /** One of them was not kept. */
  lacking: boolean;
}

const MAX_ROWS = 100;

/** The latest first. Nobody in particular is offered a tool, so a client or a status narrows nothing. */
export function toolChanges(db: DatabaseSync, { since, until, server, tool, limit }: Filter): StoredToolChange[] {
  const conditions: Condition[] = [];
  if (since !== undefined) conditions.push(['at_us >= ?', Math.floor(since * 1_000)]);
  if (until !== undefined) conditions.push(['at_us < ?', Math.floor(until * 1_000)]);
  if (server !== undefined) conditions.push(['server = ?', server]);
  if (tool !== undefined) conditions.push(['tool = ?', tool]);
  const { sql, values } = where(conditions);
  return db
    .prepare(`SELECT * FROM tool_changes ${sql} ORDER BY at_us DESC, id DESC LIMIT ?`)
    .all(...values, limit ?? MAX_ROWS)
    .map(changeOf);
}

/** Undefined: the change is not there, or no longer. */
export function toolChangeAt(db: DatabaseSync, id: number): StoredToolChange | undefined {
  const row = db.prepare('SELECT * FROM tool_changes WHERE id = ?').get(id);
  return row === undefined ? undefined : changeOf(row);
}

export function changedDefinitions(db: DatabaseSync, { before, after }: StoredToolChange): ChangedDefinitions {
  const find = db.prepare('SELECT text FROM contracts WHERE hash = ?');
  const textOf = (hash: string): string | undefined => {
    const row = hash === '' ? undefined : find.get(hash);
    return row === undefined ? undefined : textAt(row, 'text');
  };
  const [old, now] = [textOf(before), textOf(after)];
  const lacking = (before !== '' && old === undefined) || (after !== '' && now === undefined);
  return { before: old, after: now, lacking };
}

const changeOf = (row: Row): StoredToolChange => ({
  id: numberAt(row, 'id'),
  at: timeAt(row, 'at_us') ?? 0,
  server: textAt(row, 'server'),
  tool: textAt(row, 'tool'),
  kinds: textAt(row, 'kinds').split(' '),
  before: textAt(row, 'before'),
  after: textAt(row, 'after'),
});
