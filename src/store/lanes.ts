import type { DatabaseSync } from 'node:sqlite';
import { numberAt, optionalTextAt, textAt, timeAt } from './columns.ts';
import { sessionConditions, where, type Filter } from './filter.ts';
import { firstOperationSince } from './marks.ts';
import { sessionOf, type StoredSession } from './session-queries.ts';

/** A client at a server, and its latest sessions in a period. */
export interface StoredLanes {
  server: string;
  client: string;
  verdict: string | undefined;
  /** Its sessions and activities in the period, and how many conversations they name. */
  sessions: number;
  conversations: number;
  /** When it was last active: milliseconds since the epoch. */
  lastAt: number;
  /** The latest of them, the last active first. */
  latest: readonly StoredSession[];
}

export type MarkKind = 'handshake' | 'call' | 'failed' | 'rejected';

/** What happened in a session at a time: milliseconds since the epoch. */
export interface StoredMark {
  session: number;
  at: number;
  kind: MarkKind;
  /** How many there are close to each other. */
  number: number;
}

const MAX_CLIENTS = 40;
const MAX_SESSIONS_OF_CLIENT = 60;

/** The clients of a period with their latest sessions. Throw-away sessions are left out. */
export function storedLanes(db: DatabaseSync, filter: Filter): StoredLanes[] {
  const { sql, values } = where([['throw_away = 0'], ...sessionConditions(filter)]);
  const clients = db
    .prepare(
      `SELECT server, client, count(*) AS sessions, count(DISTINCT conversation) AS conversations, max(last_us) AS last_us,
         (SELECT value FROM traits
          WHERE traits.server = sessions.server AND traits.client = sessions.client AND what = 'verdict') AS verdict
       FROM sessions ${sql} GROUP BY server, client ORDER BY last_us DESC, server, client LIMIT ?`,
    )
    .all(...values, MAX_CLIENTS);
  const latest = db
    .prepare(
      `SELECT * FROM sessions WHERE id IN (
         SELECT id FROM (
           SELECT id, row_number() OVER (PARTITION BY server, client ORDER BY last_us DESC, id DESC) AS nth
           FROM sessions ${sql})
         WHERE nth <= ?)
       ORDER BY last_us DESC, id DESC`,
    )
    .all(...values, MAX_SESSIONS_OF_CLIENT)
    .map(sessionOf);
  const byClient = Map.groupBy(latest, ({ server, client }) => `${server}\0${client}`);
  return clients.map((row) => {
    const [server, client] = [textAt(row, 'server'), textAt(row, 'client')];
    return {
      server,
      client,
      verdict: optionalTextAt(row, 'verdict'),
      sessions: numberAt(row, 'sessions'),
      conversations: numberAt(row, 'conversations'),
      lastAt: timeAt(row, 'last_us') ?? 0,
      latest: byClient.get(`${server}\0${client}`) ?? [],
    };
  });
}

/** Which marks are asked for: of some sessions, in a time (milliseconds since the epoch). */
export interface MarkQuestion {
  sessions: readonly number[];
  from: number;
  to: number;
  /** Marks of one kind that are closer than this become one. */
  apartMs: number;
}

/** The handshakes and the tool calls of sessions, in order. A call of several rounds is one mark. */
export function storedMarks(
  db: DatabaseSync,
  { sessions, from, to, apartMs }: MarkQuestion,
  nowUs: number,
): StoredMark[] {
  const first = firstOperationSince(db, from * 1_000, nowUs);
  if (sessions.length === 0 || first === undefined) return [];
  const kindOf = `CASE
    WHEN kinds.handshake IN ('initialize', 'discover') THEN 'handshake'
    WHEN kinds.failed = 1 THEN 'failed'
    WHEN kinds.rejected = 1 THEN 'rejected'
    ELSE 'call' END`;
  return db
    .prepare(
      `SELECT session, min(started_us) AS at_us, ${kindOf} AS kind, count(*) AS number
       FROM operations JOIN kinds ON kinds.id = operations.kind
       WHERE session IN (SELECT value FROM json_each(?)) AND operations.id >= ? AND started_us BETWEEN ? AND ?
         AND kinds.direction = 'to-server'
         AND (kinds.handshake IN ('initialize', 'discover')
           OR (kinds.counts = 1 AND (kinds.attempt = 'first' OR kinds.failed = 1 OR kinds.rejected = 1)))
       GROUP BY session, 3, started_us / CAST(? AS INTEGER)
       ORDER BY at_us, session`,
    )
    .all(
      JSON.stringify(sessions),
      first,
      Math.floor(from * 1_000),
      Math.ceil(to * 1_000),
      Math.max(1, Math.round(apartMs * 1_000)),
    )
    .map((row) => ({
      session: numberAt(row, 'session'),
      at: timeAt(row, 'at_us') ?? 0,
      // The query makes it, of these words.
      kind: textAt(row, 'kind') as MarkKind,
      number: numberAt(row, 'number'),
    }));
}
