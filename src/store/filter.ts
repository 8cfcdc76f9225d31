import type { SQLInputValue } from 'node:sqlite';
import { OTHER } from '../session/client.ts';
import { KNOWN_CODES } from '../session/methods.ts';
import { hashId, shortId } from '../session/privacy.ts';

/** Conditions of a query; an undefined member is no condition. Times: milliseconds since the epoch. */
export interface Filter {
  since?: number | undefined;
  until?: number | undefined;
  server?: string | undefined;
  /** The label of a client, or the name that it gives itself. */
  client?: string | undefined;
  tool?: string | undefined;
  method?: string | undefined;
  /** Of operations only: `to-server`, what clients asked for, or `to-client`. */
  direction?: string | undefined;
  /** Of operations only: what went wrong. A server's own JSON-RPC code is found by its number, and all of them as `_OTHER`. */
  code?: string | undefined;
  /** Of sessions and of calls: the key of a conversation, as it was sent or as it is stored. */
  conversation?: string | undefined;
  /**
   * For operations: `ok`, `failed`, `rejected`, `handshake` (a successful one), an outcome, or a code. For sessions: `open`, `ended`, a reason for ending,
   * `failed` or `rejected` (an operation in it was), or `ok` (none was). `error` is another word for `failed`.
   */
  status?: string | undefined;
  limit?: number | undefined;
}

/** Conditions in SQL, with their values. */
export interface Where {
  sql: string;
  values: SQLInputValue[];
}

export function where(conditions: readonly (readonly [sql: string, ...values: SQLInputValue[]])[]): Where {
  return {
    sql: conditions.length === 0 ? '' : `WHERE ${conditions.map(([sql]) => `(${sql})`).join(' AND ')}`,
    values: conditions.flatMap(([, ...values]) => values),
  };
}

export type Condition = readonly [sql: string, ...values: SQLInputValue[]];

/** Conditions on columns of `kinds`. */
export function kindConditions({ server, client, tool, method, direction, code, status }: Filter): Condition[] {
  const conditions: Condition[] = [];
  if (server !== undefined) conditions.push(['kinds.server = ?', server]);
  if (client !== undefined) conditions.push(['kinds.client = ?', client]);
  if (tool !== undefined) conditions.push([`kinds.method = 'tools/call' AND kinds.target = ?`, tool]);
  if (method !== undefined) conditions.push(['kinds.method = ?', method]);
  if (direction !== undefined) conditions.push(['kinds.direction = ?', direction]);
  if (code !== undefined) conditions.push(codeCondition(code));
  if (status === 'ok') conditions.push([`kinds.outcome = 'ok'`]);
  else if (status === 'failed' || status === 'error') conditions.push(['kinds.failed = 1']);
  else if (status === 'rejected') conditions.push(['kinds.rejected = 1']);
  else if (status === 'handshake') conditions.push([`kinds.handshake IN ('initialize', 'discover')`]);
  else if (status !== undefined) {
    const [sql, ...values] = codeCondition(status);
    conditions.push([`kinds.outcome = ? OR ${sql}`, status, ...values]);
  }
  return conditions;
}

/** A code that a server made up is `_OTHER` in `kinds`, so that kinds stay few. `details` has its number. */
const isOwnCode = (code: string): boolean => /^-?\d+$/.test(code) && !KNOWN_CODES.has(Number(code));

const codeCondition = (code: string): Condition =>
  isOwnCode(code) ? ['kinds.code IN (?, ?)', code, OTHER] : ['kinds.code = ?', code];

/** Conditions on `operations`, beside those on their kinds: when they ended, and a code that only `details` has. */
export function operationConditions({ since, until, code, status }: Filter): Condition[] {
  const conditions: Condition[] = [];
  if (since !== undefined) conditions.push(['started_us + took_us >= ?', Math.floor(since * 1_000)]);
  if (until !== undefined) conditions.push(['started_us + took_us < ?', Math.floor(until * 1_000)]);
  for (const own of [code, status]) if (own !== undefined && isOwnCode(own)) conditions.push(ownCode(own));
  return conditions;
}

const ownCode = (code: string): Condition => [
  `operations.kind IN (SELECT id FROM kinds WHERE code = ?)
   OR EXISTS (SELECT 1 FROM details WHERE details.operation = operations.id AND details.code = ?)`,
  code,
  code,
];

/** A condition on `sessions`. Keys may be stored hashed or cut. */
export const conversationCondition = (key: string): Condition => [
  'conversation IN (?, ?, ?)',
  key,
  hashId(key),
  shortId(key),
];

/** Conditions on `sessions`: they were active in that time. */
export function sessionConditions(filter: Filter): Condition[] {
  const { since, until, server, client, tool, conversation, status } = filter;
  const conditions: Condition[] = [];
  if (since !== undefined) conditions.push(['last_us >= ?', Math.floor(since * 1_000)]);
  if (until !== undefined) conditions.push(['opened_us < ?', Math.floor(until * 1_000)]);
  if (server !== undefined) conditions.push(['server = ?', server]);
  if (client !== undefined) conditions.push(['client = ? OR client_name = ?', client, client]);
  if (conversation !== undefined) conditions.push(conversationCondition(conversation));
  if (tool !== undefined) {
    conditions.push([
      `EXISTS (SELECT 1 FROM operations JOIN kinds ON kinds.id = kind
       WHERE session = sessions.id AND kinds.method = 'tools/call' AND kinds.target = ?)`,
      tool,
    ]);
  }
  if (status === 'open') conditions.push(['end_reason IS NULL']);
  else if (status === 'ended') conditions.push(['end_reason IS NOT NULL']);
  else if (status === 'ok') conditions.push(['failed = 0 AND rejected = 0']);
  else if (status === 'failed' || status === 'error') conditions.push(['failed > 0']);
  else if (status === 'rejected') conditions.push(['rejected > 0']);
  else if (status !== undefined) conditions.push(['end_reason = ?', status]);
  return conditions;
}
