import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { inTransaction } from './database.ts';
import { DAY_US, dayOf } from './day.ts';
import { firstOperationNotBefore } from './marks.ts';
import { hourOf, MARK_EVERY_US } from './writer.ts';
import { numbered } from './numbered.ts';

export interface PruningOptions {
  db: DatabaseSync;
  /** The file is kept below this size. */
  maxBytes: number;
  days: number;
  /** Milliseconds since the epoch, by the wall clock. */
  now(): number;
  /** Milliseconds that never run backwards, to keep a round short. */
  elapsed(): number;
}

/** So many operations are deleted in one transaction, which takes about 5 ms. */
const MAX_SLICE_OPERATIONS = 2_000;
const MIN_SLICE_OPERATIONS = 50;
const SLICE_PARTS = 16;
/** A round ends after this time; the next round goes on. */
const MAX_ROUND_MS = 50;
const AGE_EVERY_MS = 60_000;
/** An attempt to connect is over after an hour at most (`session/journeys.ts`). */
const OPEN_FOR_US = 2 * 3_600_000_000;
/** Free pages up to this size are kept for the next writes; more are given back to the file system. */
const MAX_FREE_BYTES = 8 * 1_024 * 1_024;
const PAGES_GIVEN_BACK = 512;
const PAGE_ROWS = 500;
/** The texts of contracts may take this share of the store; the oldest go first. */
const CONTRACTS_SHARE = 1 / 8;
/** Small tables that outlast `--store-days`: each with the column that orders its rows by age, and its bound. */
const BOUNDED = [
  ['changes', 'id', 1_000],
  ['clients', 'last_us', 1_000],
  ['tools', 'last_us', 5_000],
  ['tool_lists', 'seen_us', 500],
  ['tool_changes', 'id', 1_000],
  ['contracts', 'last_us', 5_000],
  ['processes', 'seen_us', 5_000],
  ['lint', 'last_us', 5_000],
  ['proofs', 'at_us', 1_000],
  ['people', 'last_us', 3_000],
  ['journeys', 'last_us', 5_000],
] as const;
/** Each has a row for each of its servers. */
const MAX_PROCESSES = 200;

interface OldSession {
  id: number;
  openedUs: number;
  lastUs: number;
}

/**
 * Deletes what is too much or too old, a little at a time, since the observer reads nothing meanwhile. The oldest
 * operations go first, and a session goes with its last one.
 *
 * They go by their ids, in the order in which they were written: that empties whole pages. Session by session would
 * empty none before every session that shares a page is gone: with 16 sessions of 600 000 operations each, almost the
 * whole store was deleted before its size fell, and the observer had no time for anything else.
 */
export class Pruning {
  readonly #options: PruningOptions;
  readonly #pageBytes: number;
  readonly #pages: StatementSync;
  readonly #free: StatementSync;
  readonly #span: StatementSync;
  readonly #after: StatementSync;
  readonly #sessions: StatementSync;
  readonly #sessionsOf: StatementSync;
  readonly #delete: Record<'details' | 'operations' | 'session' | 'emptySession', StatementSync>;
  #agedAt = Number.NEGATIVE_INFINITY;

  constructor(options: PruningOptions) {
    const { db } = options;
    this.#options = options;
    this.#pageBytes = valueOf(db.prepare('PRAGMA page_size'));
    this.#pages = db.prepare('PRAGMA page_count');
    this.#free = db.prepare('PRAGMA freelist_count');
    // Two queries: with both in one, SQLite reads the whole table.
    this.#span = db.prepare(
      'SELECT coalesce((SELECT max(id) FROM operations) - (SELECT min(id) FROM operations), 0) AS n',
    );
    this.#after = db.prepare('SELECT id FROM operations ORDER BY id LIMIT 1 OFFSET ?');
    this.#sessions = db.prepare('SELECT id, opened_us, last_us FROM sessions WHERE id > ? ORDER BY id LIMIT ?');
    // By the index of sessions SQLite would read all operations.
    this.#sessionsOf = db.prepare(
      'SELECT DISTINCT session FROM operations NOT INDEXED WHERE id < ? AND session IS NOT NULL',
    );
    this.#delete = {
      details: db.prepare('DELETE FROM details WHERE operation < ?'),
      operations: db.prepare('DELETE FROM operations WHERE id < ?'),
      session: db.prepare('DELETE FROM sessions WHERE id = ?'),
      emptySession: db.prepare(
        'DELETE FROM sessions WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM operations WHERE session = ?1)',
      ),
    };
  }

  /** The size of the pages that are in use. */
  get used(): number {
    return (valueOf(this.#pages) - valueOf(this.#free)) * this.#pageBytes;
  }

  /**
   * Returns the number of operations that it deleted to make room. Operations that were too old do not count.
   * @throws what SQLite throws
   */
  round(): number {
    const { now, elapsed, maxBytes } = this.#options;
    const deadlineMs = elapsed() + MAX_ROUND_MS;
    const at = now() * 1_000;
    if (elapsed() - this.#agedAt >= AGE_EVERY_MS && this.#forgetOld(at, deadlineMs)) this.#agedAt = elapsed();
    let deleted = 0;
    if (this.used > maxBytes) this.#inTransaction(() => this.#boundContracts());
    while (this.used > maxBytes && elapsed() < deadlineMs) {
      const gone = this.#inTransaction(() => this.#deleteOldest());
      if (gone === undefined) break;
      deleted += gone;
    }
    this.#giveBack();
    return deleted;
  }

  /** Returns whether everything too old is gone. */
  #forgetOld(at: number, deadlineMs: number): boolean {
    const { db, days, elapsed } = this.#options;
    const oldest = Math.floor(at - days * DAY_US);
    for (let deleted = MAX_SLICE_OPERATIONS; deleted >= MAX_SLICE_OPERATIONS;) {
      if (elapsed() >= deadlineMs) return false;
      deleted = this.#inTransaction(() => {
        // In the transaction that deletes: without a mark everything is old, and another process may write the first
        // mark.
        const first = firstOperationNotBefore(db, oldest, at);
        return this.#deleteBefore(Math.min(first, this.#idAfter(MAX_SLICE_OPERATIONS)));
      });
    }
    for (let from = 0; ;) {
      const page = this.#inTransaction(() => {
        const sessions = this.#sessionsAfter(from);
        for (const { id, lastUs } of sessions) if (lastUs < oldest) this.#delete.session.run(id);
        return sessions;
      });
      // The sessions that follow were opened even later.
      if (!page.some(({ openedUs }) => openedUs < oldest)) break;
      if (elapsed() >= deadlineMs) return false;
      from = page.at(-1)?.id ?? from;
    }
    this.#inTransaction(() => {
      this.#forgetFigures(oldest);
      // Whoever followed them was killed: it would have ended them by now.
      db.prepare(`UPDATE journeys SET state = 'unfinished' WHERE state = 'open' AND last_us < ?`).run(at - OPEN_FOR_US);
    });
    return true;
  }

  #forgetFigures(oldest: number): void {
    const { db } = this.#options;
    db.prepare('DELETE FROM counts WHERE hour < ?').run(hourOf(oldest));
    for (const table of ['lint', 'people']) db.prepare(`DELETE FROM ${table} WHERE day < ?`).run(dayOf(oldest));
    db.prepare('DELETE FROM contracts WHERE last_us < ?').run(oldest);
    db.prepare('DELETE FROM tool_changes WHERE at_us < ?').run(oldest);
    this.#boundContracts();
    db.prepare('DELETE FROM journey_counts WHERE hour < ?').run(hourOf(oldest));
    db.prepare('DELETE FROM journeys WHERE last_us < ?').run(oldest);
    db.prepare('DELETE FROM marks WHERE at_us < ?').run(oldest - MARK_EVERY_US);
    for (const [table, order, maxRows] of BOUNDED) {
      const beyond = `SELECT ${order} FROM ${table} ORDER BY ${order} DESC LIMIT 1 OFFSET ${maxRows}`;
      // Rows of one moment may be many: those of the moment where the bound is stay.
      db.exec(`DELETE FROM ${table} WHERE ${order} < (${beyond})`);
    }
    db.exec(`DELETE FROM processes WHERE instance NOT IN (
      SELECT instance FROM processes GROUP BY instance ORDER BY max(seen_us) DESC LIMIT ${MAX_PROCESSES})`);
    db.exec(`DELETE FROM traits WHERE NOT EXISTS (
      SELECT 1 FROM clients WHERE clients.server = traits.server AND clients.client = traits.client)`);
  }

  #boundContracts(): void {
    const { db, maxBytes } = this.#options;
    db.prepare(
      `DELETE FROM contracts WHERE id IN (
         SELECT id FROM (SELECT id, sum(bytes) OVER (ORDER BY last_us DESC, id DESC) AS bytes FROM contracts)
         WHERE bytes > ?)`,
    ).run(Math.floor(maxBytes * CONTRACTS_SHARE));
  }

  /** Returns the number of deleted operations; undefined: there is nothing left to delete. */
  #deleteOldest(): number | undefined {
    const end = this.#idAfter(this.#slice());
    const sessions = this.#sessionsOf.all(end);
    const gone = this.#deleteBefore(end);
    for (const { session } of sessions) this.#delete.emptySession.run(numbered(session ?? null));
    if (gone > 0) return gone;
    const left = this.#sessionsAfter(0);
    for (const { id } of left) this.#delete.session.run(id);
    return left.length > 0 ? 0 : undefined;
  }

  /** The number of operations to delete at once. A few hundred with captured payloads may fill a small store. */
  #slice(): number {
    const all = valueOf(this.#span);
    return Math.max(MIN_SLICE_OPERATIONS, Math.min(MAX_SLICE_OPERATIONS, Math.ceil(all / SLICE_PARTS)));
  }

  /** The id that follows the oldest operations, of which there are so many. */
  #idAfter(operations: number): number {
    return Number(this.#after.get(operations)?.['id'] ?? Number.MAX_SAFE_INTEGER);
  }

  /** Deletes all operations with lower ids, and returns their number. */
  #deleteBefore(id: number): number {
    this.#delete.details.run(id);
    return Number(this.#delete.operations.run(id).changes);
  }

  #sessionsAfter(id: number): OldSession[] {
    return this.#sessions.all(id, PAGE_ROWS).map((row) => ({
      id: Number(row['id']),
      openedUs: Number(row['opened_us']),
      lastUs: Number(row['last_us']),
    }));
  }

  /** Shrinks the file. */
  #giveBack(): void {
    if (valueOf(this.#free) * this.#pageBytes > MAX_FREE_BYTES)
      this.#options.db.exec(`PRAGMA incremental_vacuum(${PAGES_GIVEN_BACK})`);
  }

  #inTransaction<Value>(act: () => Value): Value {
    return inTransaction(this.#options.db, 'BEGIN IMMEDIATE', act);
  }
}

function valueOf(pragma: StatementSync): number {
  const [value] = Object.values(pragma.get() ?? {});
  return Number(value);
}
