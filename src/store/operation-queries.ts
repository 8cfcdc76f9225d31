import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { Repeat } from '../session/operation.ts';
import { hexAt, numberAt, optionalTextAt, secondsAt, textAt, timeAt, type Row } from './columns.ts';
import { kindConditions, operationConditions, where, type Filter } from './filter.ts';
import { firstOperationSince } from './marks.ts';

/** A message that the server sent during an operation. */
export interface StoredEvent {
  name: string;
  /** Milliseconds since the operation began. */
  offset: number;
  progress?: number;
  total?: number;
  level?: string;
}

/** An operation as it was written. Times: milliseconds since the epoch. */
export interface StoredOperation {
  /** Grows in the order in which operations are written, so it serves as a cursor. */
  id: number;
  session: { row: number; id: string; traceId: string; real: boolean } | undefined;
  server: string;
  client: string;
  method: string;
  /** The name of a tool or a prompt; an unknown one as it was sent. */
  target: string | undefined;
  uri: string | undefined;
  direction: 'to-server' | 'to-client';
  form: 'request' | 'notification';
  era: string;
  source: string;
  outcome: string;
  /** What went wrong: a JSON-RPC code, an HTTP status, or a word. */
  code: string | undefined;
  /** It failed, as the conventions count errors. */
  failed: boolean;
  /** It was not done, by a fault of its caller. */
  rejected: boolean;
  handshake: string | undefined;
  discovery: string | undefined;
  attempt: string;
  startedAt: number;
  seconds: number;
  requestBytes: number;
  responseBytes: number;
  traceId: string | undefined;
  cancelled: boolean;
  incomplete: boolean;
  /** It repeats the calls before it, with the same arguments. */
  repeat: Repeat | undefined;
  /** When its parent operation began. */
  parentAt: number | undefined;
  events: readonly StoredEvent[];
  /** What a failed operation said, redacted. */
  message: string | undefined;
  /** Present only if capture is on, like the result. */
  arguments: string | undefined;
  result: string | undefined;
}

/** `CROSS` makes SQLite read operations in the order of their ids, whatever the conditions on their kinds. */
const SELECT = `
  SELECT operations.id AS id, operations.session AS session, started_us, took_us, request_bytes, response_bytes,
    coalesce(operations.trace, sessions.trace) AS trace, kinds.server AS server, kinds.client AS client,
    kinds.method AS method, kinds.target AS target, direction, form, kinds.era AS era, kinds.source AS source, outcome,
    kinds.code AS code, handshake, discovery, kinds.failed AS failed, kinds.rejected AS rejected, attempt, sessions.name AS name, sessions.trace AS session_trace,
    details.method AS raw_method, details.target AS raw_target, uri, details.code AS raw_code, message, arguments,
    result, parent_us, events, cancelled, incomplete, repeats, unsuccessful
  FROM operations
  CROSS JOIN kinds ON kinds.id = operations.kind
  LEFT JOIN sessions ON sessions.id = operations.session
  LEFT JOIN details ON details.operation = operations.id`;

/** A standing stream has no latency. */
export const NO_STREAM = `kinds.method <> 'subscriptions/listen'`;

/** The first operations of a session, or its latest, in the order in which they began. */
export function operationsOf(db: DatabaseSync, session: number, limit = -1, latest = false): StoredOperation[] {
  const order = latest ? 'DESC' : 'ASC';
  const found = db
    .prepare(`${SELECT} WHERE operations.session = ? ORDER BY started_us ${order}, operations.id ${order} LIMIT ?`)
    .all(session, limit)
    .map(operationOf);
  return latest ? found.toReversed() : found;
}

/** The operation of an id; undefined: it is no longer there. */
export function operationAt(db: DatabaseSync, id: number): StoredOperation | undefined {
  const found = db.prepare(`${SELECT} WHERE operations.id = ?`).get(id);
  return found === undefined ? undefined : operationOf(found);
}

/** The operations of these ids, in the order of the ids; those that are no longer there are left out. */
export function operationsAt(db: DatabaseSync, ids: readonly number[]): StoredOperation[] {
  const found = db.prepare(`${SELECT} WHERE operations.id IN (SELECT value FROM json_each(?))`);
  const byId = new Map(found.all(JSON.stringify(ids)).map((row) => [numberAt(row, 'id'), operationOf(row)]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** Of these, `slowOperations` gives the slowest. */
const REQUESTS = [[NO_STREAM], [`form = 'request'`]] as const;

/** How many operations, or requests that have a latency, there are. */
export function countOperations(
  db: DatabaseSync,
  filter: Filter,
  nowUs: number,
  which: 'operations' | 'requests',
): number {
  const found = conditions(db, filter, nowUs, which === 'requests' ? REQUESTS : []);
  if (found === undefined) return 0;
  const sql = `SELECT count(*) AS n FROM operations CROSS JOIN kinds ON kinds.id = operations.kind ${found.sql}`;
  return numberAt(db.prepare(sql).get(...found.values) ?? {}, 'n');
}

/** The slowest requests first. */
export function slowOperations(db: DatabaseSync, filter: Filter, nowUs: number): StoredOperation[] {
  const found = conditions(db, filter, nowUs, REQUESTS);
  if (found === undefined) return [];
  return db
    .prepare(
      `${SELECT} WHERE operations.id IN (
         SELECT operations.id FROM operations CROSS JOIN kinds ON kinds.id = operations.kind ${found.sql}
         ORDER BY took_us DESC, operations.id DESC LIMIT ?)
       ORDER BY took_us DESC, operations.id DESC`,
    )
    .all(...found.values, filter.limit ?? -1)
    .map(operationOf);
}

/** The latest operations, in the order in which they were written. */
export function latestOperations(db: DatabaseSync, filter: Filter, nowUs: number): StoredOperation[] {
  const found = conditions(db, filter, nowUs, []);
  if (found === undefined) return [];
  return db
    .prepare(`${SELECT} ${found.sql} ORDER BY operations.id DESC LIMIT ?`)
    .all(...found.values, filter.limit ?? -1)
    .map(operationOf)
    .toReversed();
}

/** The operations that were written after a cursor, in that order. */
export function operationsAfter(db: DatabaseSync, cursor: number, filter: Filter): StoredOperation[] {
  const { sql, values } = where([
    ['operations.id > ?', cursor],
    ...operationConditions(filter),
    ...kindConditions(filter),
  ]);
  return db
    .prepare(`${SELECT} ${sql} ORDER BY operations.id LIMIT ?`)
    .all(...values, filter.limit ?? -1)
    .map(operationOf);
}

/** The cursor after the last operation; 0: there is none. */
export function lastCursor(db: DatabaseSync): number {
  return numberAt(db.prepare('SELECT max(id) AS last FROM operations').get() ?? {}, 'last');
}

function conditions(
  db: DatabaseSync,
  filter: Filter,
  nowUs: number,
  further: readonly (readonly [string, ...SQLInputValue[]])[],
): ReturnType<typeof where> | undefined {
  const first = filter.since === undefined ? 0 : firstOperationSince(db, filter.since * 1_000, nowUs);
  if (first === undefined) return undefined;
  return where([['operations.id >= ?', first], ...operationConditions(filter), ...kindConditions(filter), ...further]);
}

function operationOf(row: Row): StoredOperation {
  const session = row['session'] === null ? undefined : numberAt(row, 'session');
  const sessionTrace = hexAt(row, 'session_trace');
  return {
    id: numberAt(row, 'id'),
    // The row of a session may be deleted before its last operation.
    session:
      session === undefined || sessionTrace === undefined
        ? undefined
        : {
            row: session,
            id: optionalTextAt(row, 'name') ?? sessionTrace,
            traceId: sessionTrace,
            real: ['header', 'process'].includes(textAt(row, 'source')),
          },
    server: textAt(row, 'server'),
    client: textAt(row, 'client'),
    method: optionalTextAt(row, 'raw_method') ?? textAt(row, 'method'),
    target: optionalTextAt(row, 'raw_target') ?? optionalTextAt(row, 'target'),
    uri: optionalTextAt(row, 'uri'),
    direction: textAt(row, 'direction') === 'to-client' ? 'to-client' : 'to-server',
    form: textAt(row, 'form') === 'notification' ? 'notification' : 'request',
    era: textAt(row, 'era'),
    source: textAt(row, 'source'),
    outcome: textAt(row, 'outcome'),
    code: optionalTextAt(row, 'raw_code') ?? optionalTextAt(row, 'code'),
    failed: numberAt(row, 'failed') === 1,
    rejected: numberAt(row, 'rejected') === 1,
    handshake: optionalTextAt(row, 'handshake'),
    discovery: optionalTextAt(row, 'discovery'),
    attempt: textAt(row, 'attempt'),
    startedAt: timeAt(row, 'started_us') ?? 0,
    seconds: secondsAt(row, 'took_us'),
    requestBytes: numberAt(row, 'request_bytes'),
    responseBytes: numberAt(row, 'response_bytes'),
    traceId: hexAt(row, 'trace'),
    cancelled: numberAt(row, 'cancelled') === 1,
    incomplete: numberAt(row, 'incomplete') === 1,
    repeat:
      row['repeats'] === null
        ? undefined
        : { calls: numberAt(row, 'repeats'), unsuccessful: numberAt(row, 'unsuccessful') },
    parentAt: timeAt(row, 'parent_us'),
    events: eventsIn(optionalTextAt(row, 'events')),
    message: optionalTextAt(row, 'message'),
    arguments: optionalTextAt(row, 'arguments'),
    result: optionalTextAt(row, 'result'),
  };
}

function eventsIn(text: string | undefined): StoredEvent[] {
  // We wrote it, in this shape.
  return text === undefined ? [] : (JSON.parse(text) as StoredEvent[]);
}
