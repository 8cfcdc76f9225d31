import { Buffer } from 'node:buffer';
import type { Privacy } from '../session/privacy.ts';
import type { EndReason, Session } from '../session/session.ts';
import { microseconds, type OperationRow } from './operation-row.ts';
import { idIn, type Statements } from './statements.ts';
import { numbered } from './numbered.ts';

/** How a session ended, and when, by the wall clock. */
export interface Ending {
  atUs: number;
  reason: EndReason;
}

/**
 * Sessions that opened, were used or ended, and how they ended. They are written even if they have no operation in the
 * batch. Whether other sessions are still alive is unknown.
 */
export type Touched = ReadonlyMap<Session, Ending | undefined>;

export interface SessionRowOptions {
  statements: Statements;
  server: string;
  privacy: Privacy;
  /** How far the wall clock is ahead of ours, in milliseconds. */
  skew(): number;
}

/** What a batch adds to a session. */
interface Delta {
  operations: number;
  toolCalls: number;
  failed: number;
  rejected: number;
  handshakes: number;
}

const NOTHING: Readonly<Delta> = { operations: 0, toolCalls: 0, failed: 0, rejected: 0, handshakes: 0 };
const HASH_DIGITS = 13;

/** By which the row of a session is found. */
export const traceHash = (traceId: string): number => Number.parseInt(traceId.slice(0, HASH_DIGITS), 16);

/** Writes one row per session, with its facts and its totals. */
export class SessionRows {
  readonly #options: SessionRowOptions;
  /** Ids of rows. Pruning may have deleted a row, and its id may belong to another session by now. */
  readonly #ids = new Map<Session, number>();

  constructor(options: SessionRowOptions) {
    this.#options = options;
  }

  /** The row id of a session that was written. */
  id(session: Session): number | null {
    return this.#ids.get(session) ?? null;
  }

  /** Forgets all row ids, because a transaction was rolled back. */
  forget(): void {
    this.#ids.clear();
  }

  /** After a commit: forgets sessions that ended, which are not written again. */
  settle(touched: Touched): void {
    for (const [session, ending] of touched) if (ending !== undefined) this.#ids.delete(session);
  }

  write(touched: Touched, operations: readonly OperationRow[]): void {
    const deltas = new Map<Session, Delta>();
    for (const session of touched.keys()) deltas.set(session, { ...NOTHING });
    for (const { session, kind } of operations) {
      if (session === undefined) continue;
      let delta = deltas.get(session);
      if (delta === undefined) {
        delta = { ...NOTHING };
        deltas.set(session, delta);
      }
      delta.operations++;
      if (kind.counts && kind.attempt === 'first') delta.toolCalls++;
      if (kind.failed) delta.failed++;
      if (kind.rejected) delta.rejected++;
      if (kind.handshake !== '' && kind.handshake !== 'probe') delta.handshakes++;
    }
    for (const [session, delta] of deltas) this.#writeOne(session, delta, touched);
  }

  #writeOne(session: Session, delta: Delta, touched: Touched): void {
    const { traceId } = session.root;
    const hash = traceHash(traceId);
    const known = this.#ids.get(session);
    if (known !== undefined && this.#update(known, hash, session, delta, touched)) return;
    const { server, privacy, statements } = this.#options;
    const { newSession, findSession } = statements;
    const { changes, lastInsertRowid } = newSession.run(
      hash,
      Buffer.from(traceId, 'hex'),
      server,
      session.clientLabel,
      session.source,
      session.era,
      session.opened,
      session.id === undefined ? null : privacy.id(session.id),
      ...this.#factsOf(session),
      session.throwAway ? 1 : 0,
      ...this.#figuresOf(session, delta, touched),
    );
    const id = changes > 0 ? Number(lastInsertRowid) : idIn(findSession.get(hash));
    if (changes === 0) this.#update(id, hash, session, delta, touched);
    this.#ids.set(session, id);
  }

  /** Returns whether the row exists. */
  #update(id: number, hash: number, session: Session, delta: Delta, touched: Touched): boolean {
    const { changes } = this.#options.statements.session.run(
      numbered(
        session.clientLabel,
        session.opened,
        ...this.#factsOf(session),
        ...this.#figuresOf(session, delta, touched),
        id,
        hash,
        touched.has(session) ? 1 : 0,
      ),
    );
    return changes > 0;
  }

  #factsOf({ conversation, client, server, protocolVersion }: Session): (string | null)[] {
    const { privacy } = this.#options;
    const name = (value: string | undefined): string | null => (value === undefined ? null : privacy.name(value));
    return [
      conversation === undefined ? null : privacy.id(conversation),
      name(client.name),
      name(client.version),
      name(server.name),
      name(server.version),
      name(protocolVersion),
    ];
  }

  #figuresOf(
    session: Session,
    { operations, toolCalls, failed, rejected, handshakes }: Delta,
    touched: Touched,
  ): (number | string | null)[] {
    const ending = touched.get(session);
    const ahead = this.#options.skew();
    return [
      microseconds(session.openedAt + ahead),
      microseconds(session.lastAt + ahead),
      ending?.atUs ?? null,
      ending?.reason ?? null,
      operations,
      toolCalls,
      failed,
      rejected,
      handshakes,
    ];
  }
}
