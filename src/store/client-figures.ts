import type { DatabaseSync } from 'node:sqlite';
import { THROW_AWAY_LABELS } from '../session/client-names.ts';
import { isReal, type SessionSource } from '../session/session.ts';
import { numberAt, optionalTextAt, textAt, timeAt } from './columns.ts';
import { sessionConditions, where, type Filter } from './filter.ts';
import { NOBODY_KNOWN, peopleFigures, type PeopleFigures } from './people-rows.ts';
import { ascending, quantile } from './quantile.ts';
import type { Collector, ScannedKind } from './scan.ts';

/** What one client did at one server in the requested time. Times: milliseconds since the epoch. */
export interface ClientFigures extends PeopleFigures {
  server: string;
  client: string;
  /** Real sessions that were open, without activities. */
  sessions: number;
  /** Sessions without a tool call. */
  emptySessions: number;
  /** Groups of messages that no session holds together. */
  activities: number;
  operations: number;
  /** First attempts; retries do not count. */
  toolCalls: number;
  /** Tool calls that failed, and tool calls that were rejected for a fault of the client. */
  failed: number;
  rejected: number;
  /** The size of all answers to tool calls. */
  answerBytes: number;
  /** Tool calls that named a real session. */
  callsInSessions: number;
  /** Successful handshakes: `initialize` and `server/discover`. */
  handshakes: number;
  handshakeSeconds: number;
  /** Handshakes after the first one of a conversation or principal within 30 minutes. */
  avoidableHandshakes: number;
  discoveries: number;
  avoidableDiscoveries: number;
  /** The share of legacy calls that named no session; undefined: there was no legacy call. */
  sessionlessShare: number | undefined;
  /** Of tool calls, in seconds. */
  p50Seconds: number | undefined;
  p95Seconds: number | undefined;
  /** Requests that were turned away, by HTTP status. */
  rejections: Readonly<Record<string, number>>;
  verdict: string | undefined;
  version: string | undefined;
  protocol: string | undefined;
  firstAt: number | undefined;
  lastAt: number | undefined;
}

/** One trait of a client changed. */
export interface ClientChange {
  at: number;
  server: string;
  client: string;
  what: string;
  before: string;
  after: string;
}

interface Counting extends Omit<ClientFigures, 'rejections'> {
  rejections: Record<string, number>;
  legacyCalls: number;
  sessionlessCalls: number;
  seconds: number[];
}

/** Clients that inspect servers and do not use them are no rows, unless one is asked for. By server; within a server, the client with the most handshakes per call comes first. */
export function collectClients(db: DatabaseSync, filter: Filter): Collector<ClientFigures[]> {
  const clients = new Map<string, Counting>();
  const of = (server: string, client: string): Counting => {
    const key = `${server}\0${client}`;
    const known = clients.get(key) ?? noFigures(server, client);
    clients.set(key, known);
    return known;
  };
  const finish = (): ClientFigures[] => {
    countSessions(db, filter, of);
    countHours(db, filter, of);
    const peopleOf = peopleFigures(db, 'client', filter);
    for (const figures of clients.values()) {
      describe(db, figures);
      Object.assign(figures, peopleOf(figures.server, figures.client));
    }
    return [...clients.values()]
      .filter(({ client }) => filter.client !== undefined || !THROW_AWAY_LABELS.has(client))
      .map(finished)
      .toSorted(
        (a, b) => a.server.localeCompare(b.server) || perCall(b) - perCall(a) || a.client.localeCompare(b.client),
      );
  };
  return { visit: visitorOf(of), finish };
}

/** Handshakes per tool call; -1: there was no call. */
const perCall = ({ handshakes, toolCalls }: ClientFigures): number => (toolCalls === 0 ? -1 : handshakes / toolCalls);

type FiguresFor = (server: string, client: string) => Counting;

function visitorOf(of: FiguresFor): Collector<ClientFigures[]>['visit'] {
  const byKind = new Map<ScannedKind, Counting>();
  return (kind, _startedUs, tookUs, _requestBytes, responseBytes) => {
    if (kind.direction === 'to-client') return;
    let client = byKind.get(kind);
    if (client === undefined) {
      client = of(kind.server, kind.client);
      byKind.set(kind, client);
    }
    const seconds = tookUs / 1_000_000;
    client.operations++;
    if (kind.handshake === 'initialize' || kind.handshake === 'discover') {
      client.handshakes++;
      client.handshakeSeconds += seconds;
    }
    if (kind.discovery !== '') client.discoveries++;
    if (kind.discovery === 'avoidable') client.avoidableDiscoveries++;
    if (!kind.counts) return;
    client.answerBytes += responseBytes;
    // A call may fail in any of its rounds.
    if (kind.failed) client.failed++;
    if (kind.rejected) client.rejected++;
    if (!kind.first) return;
    client.toolCalls++;
    client.seconds.push(seconds);
    // We wrote the column, from this union.
    const inSession = isReal(kind.source as SessionSource);
    if (inSession) client.callsInSessions++;
    if (kind.era !== 'legacy') return;
    client.legacyCalls++;
    if (!inSession) client.sessionlessCalls++;
  };
}

function countSessions(db: DatabaseSync, filter: Filter, of: FiguresFor): void {
  const { sql, values } = where([['throw_away = 0'], ...sessionConditions({ ...filter, status: undefined })]);
  const rows = db.prepare(
    `SELECT server, client, source IN ('header', 'process') AS real, count(*) AS sessions, sum(tool_calls = 0) AS empty
     FROM sessions ${sql} GROUP BY 1, 2, 3`,
  );
  for (const row of rows.all(...values)) {
    const client = of(textAt(row, 'server'), textAt(row, 'client'));
    if (numberAt(row, 'real') === 0) client.activities += numberAt(row, 'sessions');
    else {
      client.sessions += numberAt(row, 'sessions');
      client.emptySessions += numberAt(row, 'empty');
    }
  }
}

/** These are counted by the hour, and the first hour is taken whole. */
function countHours(db: DatabaseSync, { since, until, server, client }: Filter, of: FiguresFor): void {
  const conditions: Parameters<typeof where>[0][number][] = [["client <> ''"]];
  if (since !== undefined) conditions.push(['hour > ?', Math.floor(since * 1_000) - 3_600_000_000]);
  if (until !== undefined) conditions.push(['hour < ?', Math.floor(until * 1_000)]);
  if (server !== undefined) conditions.push(['server = ?', server]);
  if (client !== undefined) conditions.push(['client = ?', client]);
  const { sql, values } = where(conditions);
  const rows = db.prepare(`SELECT server, client, what, sum(number) AS n FROM counts ${sql} GROUP BY 1, 2, 3`);
  for (const row of rows.all(...values)) {
    const figures = of(textAt(row, 'server'), textAt(row, 'client'));
    const what = textAt(row, 'what');
    if (what === 'handshake-avoidable') figures.avoidableHandshakes += numberAt(row, 'n');
    else if (what.startsWith('http-')) figures.rejections[what.slice('http-'.length)] = numberAt(row, 'n');
  }
}

function describe(db: DatabaseSync, figures: Counting): void {
  const { server, client } = figures;
  const times = db.prepare('SELECT * FROM clients WHERE server = ? AND client = ?').get(server, client);
  figures.firstAt = times === undefined ? undefined : timeAt(times, 'first_us');
  figures.lastAt = times === undefined ? undefined : timeAt(times, 'last_us');
  const traits = db.prepare('SELECT what, value FROM traits WHERE server = ? AND client = ?').all(server, client);
  for (const row of traits) {
    const what = textAt(row, 'what');
    if (what === 'verdict' || what === 'version' || what === 'protocol') figures[what] = optionalTextAt(row, 'value');
  }
}

/** The changes of clients, the latest first. */
export function clientChanges(db: DatabaseSync, { since, until, server, client, limit }: Filter): ClientChange[] {
  const conditions: Parameters<typeof where>[0][number][] = [];
  if (since !== undefined) conditions.push(['at_us >= ?', Math.floor(since * 1_000)]);
  if (until !== undefined) conditions.push(['at_us < ?', Math.floor(until * 1_000)]);
  if (server !== undefined) conditions.push(['server = ?', server]);
  if (client !== undefined) conditions.push(['client = ?', client]);
  const { sql, values } = where(conditions);
  return db
    .prepare(`SELECT * FROM changes ${sql} ORDER BY at_us DESC, id DESC LIMIT ?`)
    .all(...values, limit ?? -1)
    .map((row) => ({
      at: timeAt(row, 'at_us') ?? 0,
      server: textAt(row, 'server'),
      client: textAt(row, 'client'),
      what: textAt(row, 'what'),
      before: textAt(row, 'before'),
      after: textAt(row, 'after'),
    }));
}

function noFigures(server: string, client: string): Counting {
  return {
    server,
    client,
    sessions: 0,
    emptySessions: 0,
    activities: 0,
    operations: 0,
    toolCalls: 0,
    failed: 0,
    rejected: 0,
    answerBytes: 0,
    callsInSessions: 0,
    handshakes: 0,
    handshakeSeconds: 0,
    avoidableHandshakes: 0,
    discoveries: 0,
    avoidableDiscoveries: 0,
    sessionlessShare: undefined,
    ...NOBODY_KNOWN,
    p50Seconds: undefined,
    p95Seconds: undefined,
    rejections: {},
    verdict: undefined,
    version: undefined,
    protocol: undefined,
    firstAt: undefined,
    lastAt: undefined,
    legacyCalls: 0,
    sessionlessCalls: 0,
    seconds: [],
  };
}

function finished({ legacyCalls, sessionlessCalls, seconds, ...figures }: Counting): ClientFigures {
  const sorted = ascending(seconds);
  return {
    ...figures,
    // Avoidable handshakes are counted by the hour, handshakes exactly: a part of an hour cannot hold more of them.
    avoidableHandshakes: Math.min(figures.avoidableHandshakes, figures.handshakes),
    sessionlessShare: legacyCalls === 0 ? undefined : sessionlessCalls / legacyCalls,
    p50Seconds: quantile(sorted, 0.5),
    p95Seconds: quantile(sorted, 0.95),
  };
}
