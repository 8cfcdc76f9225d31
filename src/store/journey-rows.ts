import { Buffer } from 'node:buffer';
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { furthestOf, STAGES, type Journey, type Refusal, type Stage, type StageFacts } from '../session/journey.ts';
import { OTHER } from '../session/client.ts';
import type { Privacy } from '../session/privacy.ts';
import { hexAt, numberAt, optionalTextAt, textAt, timeAt, type Row } from './columns.ts';
import { microseconds } from './operation-row.ts';
import { where, type Condition, type Filter } from './filter.ts';
import { numbered } from './numbered.ts';

export interface StoredStage extends StageFacts {
  stage: Stage;
}

/** An attempt to connect. Times: milliseconds since the epoch. */
export interface StoredJourney {
  /** That of its trace. */
  id: string;
  server: string;
  /** Its label. */
  client: string;
  /** Its label, or the name that it gave itself if that earned none: metrics put those together, the record need not. */
  name: string;
  clientName: string | undefined;
  clientVersion: string | undefined;
  startedAt: number;
  lastAt: number;
  /** `open`: it may go on. `unfinished`: mcpspan ended first. */
  state: Journey['state'];
  /** The furthest stage that it reached. */
  furthest: Stage;
  /** Those that were seen, in the usual order. */
  stages: readonly StoredStage[];
  /** What the challenge of the server said; `none`: a 401 without one; undefined: there was no 401. */
  challenge: 'with-metadata' | 'without-metadata' | 'none' | undefined;
  /** Why its credential was refused, the last time; undefined: it was not. */
  refusal: Refusal | undefined;
  /** It may be more than one attempt. */
  ambiguous: boolean;
  /** Its client had connected before. */
  again: boolean;
  /** The trace of the session that it led to. */
  sessionTraceId: string | undefined;
}

/** How far the attempts of one client at one server came. */
export interface JourneyFunnel {
  server: string;
  client: string;
  attempts: number;
  /** Attempts that saw each stage succeed. */
  reached: Readonly<Partial<Record<Stage, number>>>;
  arrived: number;
  open: number;
  /** Attempts that stopped, by the furthest stage that they reached. */
  stopped: Readonly<Partial<Record<Stage, number>>>;
  /** Attempts whose credential was refused, the last time. */
  refused: number;
  lastAt: number | undefined;
}

export const UPSERT_JOURNEY = `
  INSERT INTO journeys (trace, server, client, client_name, client_version, started_us, last_us, state, furthest, stages,
    challenge, refused, error, ambiguous, again, session)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  ON CONFLICT (trace) DO UPDATE SET client = excluded.client, client_name = excluded.client_name,
    client_version = excluded.client_version, started_us = excluded.started_us, last_us = excluded.last_us,
    state = excluded.state, furthest = excluded.furthest, stages = excluded.stages, challenge = excluded.challenge,
    refused = excluded.refused, error = excluded.error, ambiguous = excluded.ambiguous, session = excluded.session`;

export const UPSERT_JOURNEY_COUNT = `
  INSERT INTO journey_counts (hour, server, client, state, reached, number) VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET number = number + excluded.number`;

type StageTuple = [
  stage: Stage,
  firstUs: number,
  lastUs: number,
  requests: number,
  status: number | null,
  reached: 0 | 1,
];

/** @param ahead how far the wall clock is ahead of ours, in milliseconds */
export function journeyRow(journey: Journey, server: string, privacy: Privacy, ahead: number): SQLInputValue[] {
  const { client, challenge, refusal, session } = journey;
  const name = (value: string | undefined): string | null => (value === undefined ? null : privacy.name(value));
  const us = (at: number): number => microseconds(at + ahead);
  const stages = STAGES.flatMap((stage): StageTuple[] => {
    const facts = journey.stages.get(stage);
    if (facts === undefined) return [];
    const { firstAt, lastAt, requests, status, reached } = facts;
    return [[stage, us(firstAt), us(lastAt), requests, status ?? null, reached ? 1 : 0]];
  });
  return [
    Buffer.from(journey.root.traceId, 'hex'),
    server,
    journey.clientLabel,
    name(client.name),
    name(client.version),
    us(journey.startedAt),
    us(journey.lastAt),
    journey.state,
    furthestOf(journey),
    JSON.stringify(stages),
    challenge === undefined || challenge === 'none'
      ? (challenge ?? null)
      : challenge.resourceMetadata
        ? 'with-metadata'
        : 'without-metadata',
    refusal?.status ?? null,
    refusal?.error ?? null,
    Number(journey.ambiguous),
    Number(journey.again),
    session === undefined ? null : Buffer.from(session.traceId, 'hex'),
  ];
}

/** The stages that a journey reached. */
const reachedBy = ({ stages }: Journey): Stage[] => STAGES.filter((stage) => stages.get(stage)?.reached === true);

/** What a journey without a row is counted by, beside its hour: client, state and the stages that it reached. */
export const countedBy = (journey: Journey): string[] => [
  journey.clientLabel,
  journey.state,
  reachedBy(journey).join(','),
];

const MAX_FOUND = 20;
const HEX = /^[0-9a-f]{2,32}$/;

/** The latest come first. */
export function storedJourneys(db: DatabaseSync, filter: Filter): StoredJourney[] {
  const { sql, values } = where(conditions(filter));
  return db
    .prepare(`SELECT * FROM journeys ${sql} ORDER BY started_us DESC, trace LIMIT ?`)
    .all(...values, filter.limit ?? -1)
    .map(journeyOf);
}

export function countJourneys(db: DatabaseSync, filter: Filter): number {
  const { sql, values } = where(conditions(filter));
  return numberAt(db.prepare(`SELECT count(*) AS n FROM journeys ${sql}`).get(...values) ?? {}, 'n');
}

/** Journeys whose id begins with this text. */
export function findJourneys(db: DatabaseSync, idPrefix: string): StoredJourney[] {
  const hex = idPrefix.toLowerCase();
  if (!HEX.test(hex)) return [];
  return db
    .prepare('SELECT * FROM journeys WHERE substr(lower(hex(trace)), 1, ?) = ? ORDER BY started_us DESC LIMIT ?')
    .all(hex.length, hex, MAX_FOUND)
    .map(journeyOf);
}

/** Each client at each server, those with the most attempts first. What is only counted, is counted by the hour. */
export function journeyFunnels(db: DatabaseSync, filter: Filter, hourUs: number): JourneyFunnel[] {
  const asked: Filter = { ...filter, status: undefined, limit: undefined };
  const funnels = new Map<string, OpenFunnel>();
  const of = (server: string, client: string): OpenFunnel => {
    const key = `${server}\0${client}`;
    const known = funnels.get(key) ?? new OpenFunnel(server, client);
    funnels.set(key, known);
    return known;
  };
  for (const { server, name, state, furthest, stages, refusal, lastAt } of storedJourneys(db, asked)) {
    const reached = stages.flatMap((each) => (each.reached ? [each.stage] : []));
    of(server, name).add({ state, furthest, reached, refused: refusal !== undefined, times: 1, lastAt });
  }
  const since = filter.since === undefined ? 0 : Math.floor(filter.since * 1_000) - hourUs;
  const until = filter.until === undefined ? Number.MAX_SAFE_INTEGER : Math.floor(filter.until * 1_000);
  const counts = db
    .prepare(
      `SELECT server, client, state, reached, sum(number) AS n FROM journey_counts
       WHERE hour > ?1 AND hour < ?2 AND (?3 IS NULL OR server = ?3) AND (?4 IS NULL OR client = ?4) GROUP BY 1, 2, 3, 4`,
    )
    .all(numbered(since, until, filter.server ?? null, filter.client ?? null));
  for (const row of counts) {
    const reached = textAt(row, 'reached').split(',').filter(isStage);
    const furthest = reached.at(-1) ?? 'contact';
    of(textAt(row, 'server'), textAt(row, 'client')).add({
      // We wrote it.
      state: textAt(row, 'state') as Journey['state'],
      furthest,
      reached,
      refused: false,
      times: numberAt(row, 'n'),
      lastAt: undefined,
    });
  }
  return [...funnels.values()].toSorted((a, b) => b.attempts - a.attempts);
}

class OpenFunnel implements JourneyFunnel {
  readonly server: string;
  readonly client: string;
  attempts = 0;
  readonly reached: Partial<Record<Stage, number>> = {};
  arrived = 0;
  open = 0;
  readonly stopped: Partial<Record<Stage, number>> = {};
  refused = 0;
  lastAt: number | undefined;

  constructor(server: string, client: string) {
    this.server = server;
    this.client = client;
  }

  add(seen: {
    state: Journey['state'];
    furthest: Stage;
    reached: readonly Stage[];
    refused: boolean;
    times: number;
    lastAt: number | undefined;
  }): void {
    const { state, furthest, times } = seen;
    this.attempts += times;
    for (const stage of seen.reached) this.reached[stage] = (this.reached[stage] ?? 0) + times;
    if (state === 'arrived') this.arrived += times;
    else if (state === 'stopped') this.stopped[furthest] = (this.stopped[furthest] ?? 0) + times;
    else this.open += times;
    if (seen.refused) this.refused += times;
    this.lastAt = Math.max(this.lastAt ?? 0, seen.lastAt ?? 0) || undefined;
  }
}

const isStage = (text: string): text is Stage => STAGES.some((stage) => stage === text);

function conditions({ since, until, server, client, status }: Filter): Condition[] {
  const all: Condition[] = [];
  if (since !== undefined) all.push(['last_us >= ?', Math.floor(since * 1_000)]);
  if (until !== undefined) all.push(['started_us < ?', Math.floor(until * 1_000)]);
  if (server !== undefined) all.push(['server = ?', server]);
  if (client !== undefined) all.push(['client = ? OR client_name = ?', client, client]);
  if (status !== undefined) {
    all.push(["state = ? OR (state = 'stopped' AND (furthest = ? OR error = ?))", status, status, status]);
  }
  return all;
}

function journeyOf(row: Row): StoredJourney {
  const refused = numberAt(row, 'refused');
  // We wrote these columns, from these unions and in this shape.
  const stages = JSON.parse(textAt(row, 'stages')) as StageTuple[];
  const [client, clientName] = [textAt(row, 'client'), optionalTextAt(row, 'client_name')];
  return {
    id: hexAt(row, 'trace') ?? '',
    server: textAt(row, 'server'),
    client,
    name: client === OTHER ? (clientName ?? client) : client,
    clientName,
    clientVersion: optionalTextAt(row, 'client_version'),
    startedAt: timeAt(row, 'started_us') ?? 0,
    lastAt: timeAt(row, 'last_us') ?? 0,
    state: textAt(row, 'state') as Journey['state'],
    furthest: textAt(row, 'furthest') as Stage,
    stages: stages.map(([stage, firstUs, lastUs, requests, status, reached]) => ({
      stage,
      firstAt: firstUs / 1_000,
      lastAt: lastUs / 1_000,
      requests,
      status: status ?? undefined,
      reached: reached === 1,
    })),
    challenge: optionalTextAt(row, 'challenge') as StoredJourney['challenge'],
    refusal: refused === 0 ? undefined : { status: refused, error: optionalTextAt(row, 'error') },
    ambiguous: numberAt(row, 'ambiguous') === 1,
    again: numberAt(row, 'again') === 1,
    sessionTraceId: hexAt(row, 'session'),
  };
}
