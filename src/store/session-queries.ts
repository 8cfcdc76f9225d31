import type { DatabaseSync } from 'node:sqlite';
import { isReal, type SessionSource } from '../session/session.ts';
import { hashId, shortId } from '../session/privacy.ts';
import { hexAt, numberAt, optionalTextAt, textAt, timeAt, type Row } from './columns.ts';
import { sessionConditions, where, type Filter } from './filter.ts';
import { traceHash } from './session-rows.ts';

/** A session, or derived activity, as it was last written. Times: milliseconds since the epoch. */
export interface StoredSession {
  /** The id of its row, by which its operations are found. */
  row: number;
  /** The `Mcp-Session-Id`, perhaps hashed; the id of its trace if there is none. */
  id: string;
  traceId: string;
  /** Its client and server know of the session; otherwise it is activity. */
  real: boolean;
  source: SessionSource;
  server: string;
  client: string;
  era: string;
  opened: string;
  conversation: string | undefined;
  clientName: string | undefined;
  clientVersion: string | undefined;
  serverName: string | undefined;
  serverVersion: string | undefined;
  protocolVersion: string | undefined;
  openedAt: number;
  lastAt: number;
  endedAt: number | undefined;
  endReason: string | undefined;
  operations: number;
  toolCalls: number;
  /** Operations that failed, and operations that were rejected, in both directions. */
  failed: number;
  rejected: number;
  handshakes: number;
}

const MAX_FOUND = 20;
const TRACE_ID = /^[0-9a-f]{32}$/;
const HEX = /^[0-9a-f]{4,32}$/;

/** The sessions that were active last come first. Throw-away sessions are left out. */
export function sessions(db: DatabaseSync, filter: Filter): StoredSession[] {
  const { sql, values } = where([['throw_away = 0'], ...sessionConditions(filter)]);
  return db
    .prepare(`SELECT * FROM sessions ${sql} ORDER BY last_us DESC, id DESC LIMIT ?`)
    .all(...values, filter.limit ?? -1)
    .map(sessionOf);
}

/**
 * The one session of an id: that of a trace, or the latest of a session id. Undefined: it is not there, or the text is
 * the beginning of several ids.
 */
export function sessionOfId(db: DatabaseSync, id: string): StoredSession | undefined {
  const exact = TRACE_ID.test(id) ? db.prepare('SELECT * FROM sessions WHERE hash = ?').get(traceHash(id)) : undefined;
  if (exact !== undefined && hexAt(exact, 'trace') === id) return sessionOf(exact);
  const found = findSessions(db, id);
  return found.length === 1 || found[0]?.id === id ? found[0] : undefined;
}

export function countSessions(db: DatabaseSync, filter: Filter): number {
  const { sql, values } = where([['throw_away = 0'], ...sessionConditions(filter)]);
  return numberAt(db.prepare(`SELECT count(*) AS n FROM sessions ${sql}`).get(...values) ?? {}, 'n');
}

/**
 * Sessions whose id or trace id begins with this text. If ids are stored hashed or cut, a complete id finds its session
 * too. If sessions match exactly, only they are given.
 */
export function findSessions(db: DatabaseSync, idPrefix: string): StoredSession[] {
  const exact = db
    .prepare('SELECT * FROM sessions WHERE name IN (?, ?, ?) ORDER BY last_us DESC LIMIT ?')
    .all(idPrefix, hashId(idPrefix), shortId(idPrefix), MAX_FOUND);
  if (exact.length > 0) return exact.map(sessionOf);
  const hex = HEX.test(idPrefix) ? idPrefix.toUpperCase() : 'none';
  return db
    .prepare(
      `SELECT * FROM sessions WHERE substr(name, 1, ?) = ? OR substr(hex(trace), 1, ?) = ?
       ORDER BY last_us DESC LIMIT ?`,
    )
    .all(idPrefix.length, idPrefix, hex.length, hex, MAX_FOUND)
    .map(sessionOf);
}

export function sessionOf(row: Row): StoredSession {
  const traceId = hexAt(row, 'trace') ?? '';
  // We wrote the column, from this union.
  const source = textAt(row, 'source') as SessionSource;
  return {
    row: numberAt(row, 'id'),
    id: optionalTextAt(row, 'name') ?? traceId,
    traceId,
    real: isReal(source),
    source,
    server: textAt(row, 'server'),
    client: textAt(row, 'client'),
    era: textAt(row, 'era'),
    opened: textAt(row, 'opened'),
    conversation: optionalTextAt(row, 'conversation'),
    clientName: optionalTextAt(row, 'client_name'),
    clientVersion: optionalTextAt(row, 'client_version'),
    serverName: optionalTextAt(row, 'server_name'),
    serverVersion: optionalTextAt(row, 'server_version'),
    protocolVersion: optionalTextAt(row, 'protocol'),
    openedAt: timeAt(row, 'opened_us') ?? 0,
    lastAt: timeAt(row, 'last_us') ?? 0,
    endedAt: timeAt(row, 'ended_us'),
    endReason: optionalTextAt(row, 'end_reason'),
    operations: numberAt(row, 'operations'),
    toolCalls: numberAt(row, 'tool_calls'),
    failed: numberAt(row, 'failed'),
    rejected: numberAt(row, 'rejected'),
    handshakes: numberAt(row, 'handshakes'),
  };
}
