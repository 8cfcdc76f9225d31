import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { inTransaction } from './database.ts';
import { firstNotBefore } from './since.ts';
import { hourOf, MARK_EVERY_US } from './writer.ts';

export interface PruningOptions {
  db: DatabaseSync;
  /** The file is kept below this. */
  maxBytes: number;
  days: number;
  /** Milliseconds since the epoch, by the wall clock. */
  now(): number;
  /** Milliseconds that never run backwards, to keep a round short. */
  elapsed(): number;
}

const DAY_US = 86_400_000_000;
/** Operations deleted in one transaction: about 5 ms. */
const SLICE_OPERATIONS = 2_000;
const MIN_SLICE_OPERATIONS = 50;
const SLICE_PARTS = 16;
/** A round ends after this many milliseconds; what is left is for the next one. */
const ROUND_MS = 50;
const AGE_EVERY_MS = 60_000;
/** Younger sessions are spared as long as there are older ones. */
const RECENT_US = 3_600_000_000;
/** Free pages that are kept for what is written next: more are given back. */
const MAX_FREE_BYTES = 8 * 1_024 * 1_024;
const PAGES_GIVEN_BACK = 512;
const PAGE_ROWS = 500;
/** Small tables that outlast `--store-days`, by what says which rows are the newest. */
const BOUNDED = [
  ['changes', 'id', 1_000],
  ['clients', 'last_us', 1_000],
  ['tools', 'last_us', 5_000],
  ['processes', 'seen_us', 200],
] as const;

interface Victim {
  id: number;
  openedUs: number;
  lastUs: number;
}

/** Keeps the store small and young, a little at a time: the observer reads nothing meanwhile. Oldest sessions go first. */
export class Pruning {
  readonly #options: PruningOptions;
  readonly #pageBytes: number;
  readonly #pages: StatementSync;
  readonly #free: StatementSync;
  readonly #span: StatementSync;
  readonly #sessions: StatementSync;
  readonly #delete: Record<
    'details' | 'operations' | 'looseDetails' | 'loose' | 'oldDetails' | 'old' | 'session',
    StatementSync
  >;
  #agedAt = Number.NEGATIVE_INFINITY;

  constructor(options: PruningOptions) {
    const { db } = options;
    this.#options = options;
    this.#pageBytes = valueOf(db.prepare('PRAGMA page_size'));
    this.#pages = db.prepare('PRAGMA page_count');
    this.#free = db.prepare('PRAGMA freelist_count');
    this.#span = db.prepare('SELECT coalesce(max(id) - min(id), 0) AS n FROM operations');
    this.#sessions = db.prepare('SELECT id, opened_us, last_us FROM sessions WHERE id > ? ORDER BY id LIMIT ?');
    const few = (where: string): readonly [details: string, operations: string] => {
      const ids = `SELECT id FROM operations WHERE ${where} LIMIT ?`;
      return [`DELETE FROM details WHERE operation IN (${ids})`, `DELETE FROM operations WHERE id IN (${ids})`];
    };
    const [details, operations] = few('session = ? ORDER BY id');
    const [looseDetails, loose] = few('session IS NULL AND started_us <= ? ORDER BY id');
    const [oldDetails, old] = few('id < ? ORDER BY id');
    this.#delete = {
      details: db.prepare(details),
      operations: db.prepare(operations),
      looseDetails: db.prepare(looseDetails),
      loose: db.prepare(loose),
      oldDetails: db.prepare(oldDetails),
      old: db.prepare(old),
      session: db.prepare('DELETE FROM sessions WHERE id = ?'),
    };
  }

  /** Bytes that hold something. */
  get used(): number {
    return (valueOf(this.#pages) - valueOf(this.#free)) * this.#pageBytes;
  }

  /**
   * Returns the operations it deleted for want of room; what is too old is nobody's loss.
   * @throws what SQLite throws
   */
  round(): number {
    const { now, elapsed, maxBytes } = this.#options;
    const until = elapsed() + ROUND_MS;
    const at = now() * 1_000;
    if (elapsed() - this.#agedAt >= AGE_EVERY_MS && this.#forgetOld(at, until)) this.#agedAt = elapsed();
    let deleted = 0;
    while (this.used > maxBytes && elapsed() < until) {
      const gone = this.#inTransaction(() => this.#deleteOldest(at));
      if (gone === undefined) break;
      deleted += gone;
    }
    this.#giveBack();
    return deleted;
  }

  /** Returns whether nothing too old is left. */
  #forgetOld(at: number, until: number): boolean {
    const { db, days, elapsed } = this.#options;
    const oldest = Math.floor(at - days * DAY_US);
    const { oldDetails, old } = this.#delete;
    for (let deleted = SLICE_OPERATIONS; deleted >= SLICE_OPERATIONS;) {
      if (elapsed() >= until) return false;
      deleted = this.#inTransaction(() => {
        // Asked in the transaction that deletes: without any mark all is old, until another process writes the first.
        const first = firstNotBefore(db, oldest, at);
        oldDetails.run(first, SLICE_OPERATIONS);
        return Number(old.run(first, SLICE_OPERATIONS).changes);
      });
    }
    for (let from = 0; ;) {
      const page = this.#inTransaction(() => {
        const sessions = this.#sessionsAfter(from);
        for (const { id, lastUs } of sessions) if (lastUs < oldest) this.#delete.session.run(id);
        return sessions;
      });
      // Those that follow were opened later still.
      if (!page.some(({ openedUs }) => openedUs < oldest)) break;
      if (elapsed() >= until) return false;
      from = page.at(-1)?.id ?? from;
    }
    this.#inTransaction(() => this.#forgetFigures(oldest));
    return true;
  }

  #forgetFigures(oldest: number): void {
    const { db } = this.#options;
    db.prepare('DELETE FROM counts WHERE hour < ?').run(hourOf(oldest));
    db.prepare('DELETE FROM marks WHERE at_us < ?').run(oldest - MARK_EVERY_US);
    for (const [table, order, most] of BOUNDED) {
      const beyond = `SELECT ${order} FROM ${table} ORDER BY ${order} DESC LIMIT 1 OFFSET ${most}`;
      db.exec(`DELETE FROM ${table} WHERE ${order} <= (${beyond})`);
    }
    db.exec(`DELETE FROM traits WHERE NOT EXISTS (
      SELECT 1 FROM clients WHERE clients.server = traits.server AND clients.client = traits.client)`);
  }

  /** Returns how many operations went; undefined: there is nothing left to delete. */
  #deleteOldest(at: number): number | undefined {
    const first = this.#sessionsAfter(0);
    const quiet = first.filter(({ lastUs }) => lastUs < at - RECENT_US);
    const victims = quiet.length > 0 ? quiet : first;
    const slice = this.#slice();
    let gone = 0;
    for (const { id, lastUs } of victims) {
      gone += this.#deleteLoose(lastUs, slice - gone);
      if (gone >= slice) return gone;
      gone += this.#deleteSession(id, slice);
      if (gone >= slice) return gone;
    }
    if (victims.length > 0) return gone;
    const loose = this.#deleteLoose(Number.MAX_SAFE_INTEGER, slice);
    return loose > 0 ? loose : undefined;
  }

  /** A part of what there is: a few hundred operations with all that was captured may fill a small store. */
  #slice(): number {
    const all = valueOf(this.#span);
    return Math.max(MIN_SLICE_OPERATIONS, Math.min(SLICE_OPERATIONS, Math.ceil(all / SLICE_PARTS)));
  }

  /** What belongs to no session and began before a time: at most so many, the oldest first. */
  #deleteLoose(until: number, most: number): number {
    this.#delete.looseDetails.run(until, most);
    return Number(this.#delete.loose.run(until, most).changes);
  }

  /** At most so many operations of a session, the oldest first; without any, itself. */
  #deleteSession(id: number, most: number): number {
    this.#delete.details.run(id, most);
    const gone = Number(this.#delete.operations.run(id, most).changes);
    if (gone < most) this.#delete.session.run(id);
    return gone;
  }

  #sessionsAfter(id: number): Victim[] {
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
