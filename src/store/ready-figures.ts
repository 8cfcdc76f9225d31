import type { DatabaseSync } from 'node:sqlite';
import { THROW_AWAY_LABELS } from '../session/client-names.ts';
import { numberAt, textAt, type Row } from './columns.ts';
import { kindConditions, sessionConditions, operationConditions, where, type Filter } from './filter.ts';
import { storedLint, type StoredLint } from './lint-rows.ts';
import { firstOperationSince } from './marks.ts';
import { storedProofs, type StoredProof } from './proof-rows.ts';

/** What one client did in the revisions with sessions, or in that without. */
export interface EraFigures {
  /** Requests that were answered. */
  requests: number;
  /** Tool calls, each once. */
  calls: number;
  /** When the first and the last of these requests were made; undefined: there was none. Milliseconds since the epoch. */
  firstAt: number | undefined;
  lastAt: number | undefined;
  /** As the client gives them, in the order of their sessions. */
  versions: readonly string[];
}

export interface ReadyClient {
  client: string;
  legacy: EraFigures;
  modern: EraFigures;
  /** Legacy tool calls that name a session. */
  callsInSessions: number;
  /** Answered `initialize`. */
  initializes: number;
  /** `server/discover` that the server refused. */
  refusedDiscovers: number;
  /** Tool calls in groups of messages that a conversation key holds together. */
  callsWithKey: number;
}

/** All that says whether a server can do without sessions. */
export interface ReadyFigures {
  server: string;
  /** Clients that use the server, the one with the most legacy calls first. */
  clients: readonly ReadyClient[];
  /** Tool calls of these clients. */
  calls: number;
  firstAt: number | undefined;
  lastAt: number | undefined;
  /** Whether it answers in the revision of 2026-07-28; undefined: nobody has asked. */
  speaksModern: boolean | undefined;
  lint: readonly StoredLint[];
  proofs: readonly StoredProof[];
}

interface Counting extends Omit<ReadyClient, 'legacy' | 'modern'> {
  legacy: CountingEra;
  modern: CountingEra;
}
interface CountingEra extends Omit<EraFigures, 'versions'> {
  versions: string[];
}
interface CountingServer extends Pick<ReadyFigures, 'server' | 'speaksModern'> {
  clients: Map<string, Counting>;
}

const MAX_VERSIONS = 4;
/** The server did what it was asked, or the tool failed by its own account. */
const ANSWERED: ReadonlySet<string> = new Set(['ok', 'tool-error']);

/** By server. Clients that inspect servers and do not use them do not count, nor does who got no answer. */
export function readyFigures(db: DatabaseSync, filter: Filter, nowUs: number): ReadyFigures[] {
  const asked: Filter = { since: filter.since, until: filter.until, server: filter.server };
  const servers = new Map<string, CountingServer>();
  const serverOf = (name: string): CountingServer => {
    const known = servers.get(name) ?? { server: name, speaksModern: undefined, clients: new Map() };
    servers.set(name, known);
    return known;
  };
  for (const row of kindTotals(db, asked, nowUs)) add(serverOf(textAt(row, 'server')), row);
  for (const row of sessionTotals(db, asked)) {
    const client = servers.get(textAt(row, 'server'))?.clients.get(textAt(row, 'client'));
    if (client !== undefined) describe(client, row);
  }
  const [lint, proven] = [storedLint(db, asked), storedProofs(db)];
  return [...servers.values()]
    .map(({ server, speaksModern, clients }): ReadyFigures => {
      const users = [...clients.values()]
        .filter(({ legacy, modern }) => legacy.requests + modern.requests > 0)
        .toSorted(
          (a, b) =>
            b.legacy.calls - a.legacy.calls || b.modern.calls - a.modern.calls || (a.client < b.client ? -1 : 1),
        );
      const eras = users.flatMap(({ legacy, modern }) => [legacy, modern]);
      return {
        server,
        clients: users,
        calls: eras.reduce((total, { calls }) => total + calls, 0),
        firstAt: earliest(eras.map(({ firstAt }) => firstAt)),
        lastAt: latest(eras.map(({ lastAt }) => lastAt)),
        // Traffic tells it as it is now; a probe, as it was then.
        speaksModern: speaksModern ?? proven.get(server)?.speaksModern,
        lint: lint.filter((each) => each.server === server),
        proofs: proven.get(server)?.proofs ?? [],
      };
    })
    .toSorted((a, b) => a.server.localeCompare(b.server));
}

/** SQLite adds up by kind, of which there are few: a fifth of the time that the rows would take here. */
function kindTotals(db: DatabaseSync, filter: Filter, nowUs: number): Row[] {
  const first = filter.since === undefined ? 0 : firstOperationSince(db, filter.since * 1_000, nowUs);
  if (first === undefined) return [];
  const kinds = where([['kinds.direction = ?', 'to-server'], ['kinds.form = ?', 'request'], ...kindConditions(filter)]);
  const operations = where([['id >= ?', first], ...operationConditions(filter)]);
  return db
    .prepare(
      `SELECT kinds.*, n, first_us, last_us FROM
         (SELECT kind, count(*) AS n, min(started_us) AS first_us, max(started_us + took_us) AS last_us
          FROM operations ${operations.sql} GROUP BY kind) AS totals
       JOIN kinds ON kinds.id = totals.kind ${kinds.sql}`,
    )
    .all(...operations.values, ...kinds.values);
}

function add(server: CountingServer, row: Row): void {
  const [client, era, outcome, number] = [
    textAt(row, 'client'),
    textAt(row, 'era'),
    textAt(row, 'outcome'),
    numberAt(row, 'n'),
  ];
  const [method, handshake] = [textAt(row, 'method'), textAt(row, 'handshake')];
  const answered = ANSWERED.has(outcome) && (method !== 'server/discover' || handshake !== 'probe');
  // Whoever asked: a scanner's question is answered as anybody's. Who has to sign in first was told nothing yet.
  if (era === 'modern' && handshake !== 'unauthorized' && numberAt(row, 'turned_away') === 0)
    server.speaksModern = (server.speaksModern ?? false) || answered;
  if (THROW_AWAY_LABELS.has(client)) return;
  const known = server.clients.get(client) ?? noFigures(client);
  server.clients.set(client, known);
  if (method === 'server/discover' && handshake === 'probe') known.refusedDiscovers += number;
  const counts = numberAt(row, 'counts') === 1 && textAt(row, 'attempt') === 'first';
  if (!answered && !counts) return;
  const figures = era === 'modern' ? known.modern : known.legacy;
  if (answered) figures.requests += number;
  if (counts) figures.calls += number;
  if (answered) {
    figures.firstAt = earliest([figures.firstAt, numberAt(row, 'first_us') / 1_000]);
    figures.lastAt = latest([figures.lastAt, numberAt(row, 'last_us') / 1_000]);
  }
  if (era === 'modern') return;
  if (counts && textAt(row, 'source') === 'header') known.callsInSessions += number;
  if (handshake === 'initialize') known.initializes += number;
}

function sessionTotals(db: DatabaseSync, filter: Filter): Row[] {
  const { sql, values } = where([['throw_away = 0'], ...sessionConditions(filter)]);
  return db
    .prepare(
      `SELECT server, client, era, client_version, sum(iif(conversation IS NULL, 0, tool_calls)) AS keyed
       FROM sessions ${sql} GROUP BY 1, 2, 3, 4 ORDER BY count(*) DESC, client_version`,
    )
    .all(...values);
}

function describe(client: Counting, row: Row): void {
  client.callsWithKey += numberAt(row, 'keyed');
  const { versions } = textAt(row, 'era') === 'modern' ? client.modern : client.legacy;
  const version = textAt(row, 'client_version');
  if (version !== '' && versions.length < MAX_VERSIONS && !versions.includes(version)) versions.push(version);
}

const noEra = (): CountingEra => ({ requests: 0, calls: 0, firstAt: undefined, lastAt: undefined, versions: [] });

const noFigures = (client: string): Counting => ({
  client,
  legacy: noEra(),
  modern: noEra(),
  callsInSessions: 0,
  initializes: 0,
  refusedDiscovers: 0,
  callsWithKey: 0,
});

const known = (times: readonly (number | undefined)[]): number[] => times.filter((at) => at !== undefined);
const earliest = (times: readonly (number | undefined)[]): number | undefined =>
  known(times).reduce<number | undefined>((first, at) => (first === undefined ? at : Math.min(first, at)), undefined);
const latest = (times: readonly (number | undefined)[]): number | undefined =>
  known(times).reduce<number | undefined>((last, at) => (last === undefined ? at : Math.max(last, at)), undefined);
