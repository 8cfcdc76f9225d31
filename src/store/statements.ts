import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { UPSERT_JOURNEY, UPSERT_JOURNEY_COUNT } from './journey-rows.ts';
import type { Kind } from './kinds.ts';
import { UPSERT_PROCESS } from './process-row.ts';

/** The columns of `kinds`, except for the server, with the members that they hold. */
export const KIND_COLUMNS = {
  client: 'client',
  method: 'method',
  target: 'target',
  direction: 'direction',
  form: 'form',
  era: 'era',
  source: 'source',
  outcome: 'outcome',
  code: 'code',
  handshake: 'handshake',
  discovery: 'discovery',
  failed: 'failed',
  rejected: 'rejected',
  counts: 'counts',
  attempt: 'attempt',
  turned_away: 'turnedAway',
  unknown: 'unknown',
} as const satisfies Readonly<Record<string, keyof Kind>>;

const COLUMNS = Object.keys(KIND_COLUMNS);

const UPSERT_KIND = `
  INSERT INTO kinds (server, ${COLUMNS.join(', ')}) VALUES (?${', ?'.repeat(COLUMNS.length)})
  ON CONFLICT DO UPDATE SET server = server RETURNING id`;

/**
 * The first row that any process writes for a session. `hash` is the first 52 bits of its trace id, which halves the
 * index.
 */
const INSERT_SESSION = `
  INSERT INTO sessions (hash, trace, server, client, source, era, opened, name, conversation, client_name, client_version,
    server_name, server_version, protocol, throw_away, opened_us, last_us, ended_us, end_reason, operations, tool_calls,
    failed, rejected, handshakes)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO NOTHING`;

const FIND_SESSION = 'SELECT id FROM sessions WHERE hash = ?';

/**
 * A session has one row, whichever process writes it: this one after a pause, a replica, or a later process. An update
 * never forgets what is known, and counts add up.
 */
const UPDATE_SESSION = `
  UPDATE sessions SET
    client = iif(?1 IN ('unknown', '_OTHER'), client, ?1),
    opened = iif(?2 = 'attached', opened, ?2),
    conversation = coalesce(?3, conversation),
    client_name = coalesce(?4, client_name),
    client_version = coalesce(?5, client_version),
    server_name = coalesce(?6, server_name),
    server_version = coalesce(?7, server_version),
    protocol = coalesce(?8, protocol),
    opened_us = min(?9, opened_us),
    last_us = max(?10, last_us),
    ended_us = iif(?20, ?11, ended_us),
    end_reason = iif(?20, ?12, end_reason),
    operations = operations + ?13,
    tool_calls = tool_calls + ?14,
    failed = failed + ?15,
    rejected = rejected + ?16,
    handshakes = handshakes + ?17
  WHERE id = ?18 AND hash = ?19`;

const INSERT_OPERATION = `
  INSERT INTO operations (session, kind, started_us, took_us, request_bytes, response_bytes, trace)
  VALUES (?, ?, ?, ?, ?, ?, ?)`;

const INSERT_DETAILS = `
  INSERT OR REPLACE INTO details (operation, method, target, uri, code, message, arguments, result, parent_us, events,
    cancelled, incomplete, repeats, unsuccessful)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`;

const INSERT_MARK = 'INSERT OR IGNORE INTO marks (at_us, operation) VALUES (?, ?)';

const UPSERT_CLIENT = `
  INSERT INTO clients (server, client, first_us, last_us) VALUES (?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET first_us = min(first_us, excluded.first_us), last_us = max(last_us, excluded.last_us)`;

const UPSERT_TRAIT = `
  INSERT INTO traits (server, client, what, value) VALUES (?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET value = excluded.value`;

const INSERT_CHANGE = 'INSERT INTO changes (at_us, server, client, what, before, after) VALUES (?, ?, ?, ?, ?, ?)';

const UPSERT_TOOL = `
  INSERT INTO tools (server, tool, hash, bytes, contract, first_us, last_us) VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET contract = excluded.contract, last_us = max(last_us, excluded.last_us)`;

const UPSERT_CONTRACT = `
  INSERT INTO contracts (hash, text, bytes, last_us) VALUES (?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET last_us = max(last_us, excluded.last_us)`;

/** Another process that reads the same server may have written the same change. */
const INSERT_TOOL_CHANGE = `
  INSERT INTO tool_changes (at_us, server, tool, kinds, before, after)
  SELECT ?1, ?2, ?3, ?4, ?5, ?6
  WHERE NOT EXISTS (
    SELECT 1 FROM tool_changes
    WHERE server = ?2 AND tool = ?3 AND kinds = ?4 AND before = ?5 AND after = ?6 AND abs(at_us - ?1) < 3600000000)`;

const UPSERT_TOOL_LIST = `
  INSERT INTO tool_lists (server, audience, tools, seen_us) VALUES (?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET tools = excluded.tools, seen_us = excluded.seen_us`;

const UPSERT_COUNT = `
  INSERT INTO counts (hour, server, client, what, number) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET number = number + excluded.number`;

const UPSERT_LINT = `
  INSERT INTO lint (day, server, client, rule, method, seen, number, last_us) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET number = number + excluded.number, last_us = max(last_us, excluded.last_us)`;

const FIND_PEOPLE =
  'SELECT registers FROM people WHERE day = ? AND server = ? AND subject = ? AND name = ? AND who = ?';

const UPSERT_PEOPLE = `
  INSERT INTO people (day, server, subject, name, who, registers, last_us) VALUES (?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET registers = excluded.registers, last_us = max(last_us, excluded.last_us)`;

const WRITING = {
  kind: UPSERT_KIND,
  newSession: INSERT_SESSION,
  findSession: FIND_SESSION,
  session: UPDATE_SESSION,
  operation: INSERT_OPERATION,
  details: INSERT_DETAILS,
  mark: INSERT_MARK,
  client: UPSERT_CLIENT,
  trait: UPSERT_TRAIT,
  change: INSERT_CHANGE,
  tool: UPSERT_TOOL,
  contract: UPSERT_CONTRACT,
  toolChange: INSERT_TOOL_CHANGE,
  toolList: UPSERT_TOOL_LIST,
  count: UPSERT_COUNT,
  lint: UPSERT_LINT,
  peopleOf: FIND_PEOPLE,
  people: UPSERT_PEOPLE,
  journey: UPSERT_JOURNEY,
  journeyCount: UPSERT_JOURNEY_COUNT,
  process: UPSERT_PROCESS,
} as const;

export type Statements = Record<keyof typeof WRITING, StatementSync>;

/** The statements of all writers to an open file. */
export function prepareStatements(db: DatabaseSync): Statements {
  const prepared = Object.entries(WRITING).map(([name, sql]) => [name, db.prepare(sql)]);
  // The keys come from the table that also gives the type.
  return Object.fromEntries(prepared) as Statements;
}

/** The `id` of a row that exists. */
export const idIn = (row: ReturnType<StatementSync['get']>): number => Number(row?.['id']);
