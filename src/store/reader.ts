import type { DatabaseSync } from 'node:sqlite';
import { clientChanges, collectClients, type ClientChange, type ClientFigures } from './client-figures.ts';
import { numberAt, optionalTextAt, textAt, timeAt } from './columns.ts';
import { numberOf, openToRead } from './database.ts';
import { collectFaults, type StoredFault } from './fault-figures.ts';
import { changeEffects, type ChangeEffect } from './change-effects.ts';
import { calls, type CallFilter, type CallList, type CallOrder } from './call-queries.ts';
import { failureGroups, type FailureGroup } from './failure-groups.ts';
import type { Filter } from './filter.ts';
import { storedLanes, storedMarks, type MarkQuestion, type StoredLanes, type StoredMark } from './lanes.ts';
import {
  countJourneys,
  findJourneys,
  journeyFunnels,
  storedJourneys,
  type JourneyFunnel,
  type StoredJourney,
} from './journey-rows.ts';
import {
  lastCursor,
  latestOperations,
  operationAt,
  operationsAfter,
  operationsOf,
  countOperations,
  slowOperations,
  type StoredOperation,
} from './operation-queries.ts';
import { storedRepeats, type StoredRepeat } from './repeat-figures.ts';
import { storedProcesses, type StoredProcess } from './process-row.ts';
import { collectTimeSeries, type TimeSeries } from './time-series.ts';
import { countSessions, findSessions, sessionOfId, sessions, type StoredSession } from './session-queries.ts';
import { readyFigures, type ReadyFigures } from './ready-figures.ts';
import { scanOperations, type Collector } from './scan.ts';
import { collectTools, type ToolFigures } from './tool-figures.ts';
import {
  changedDefinitions,
  toolChangeAt,
  toolChanges,
  type ChangedDefinitions,
  type StoredToolChange,
} from './tool-change-queries.ts';
import { sentenceOf, troubleOf } from './store-error.ts';
import { numbered } from './numbered.ts';

/** What the store contains. Times: milliseconds since the epoch. */
export interface StoreContents {
  path: string;
  bytes: number;
  sessions: number;
  operations: number;
  /** When the oldest and the latest operation ended; undefined: there is none. */
  firstAt: number | undefined;
  lastAt: number | undefined;
  servers: readonly string[];
  clients: readonly string[];
  tools: readonly string[];
  methods: readonly string[];
  /** Operations that were deleted to make room. */
  pruned: number;
  /** Operations that could not be written. */
  notStored: number;
}

/** An oddity, and how often it occurred. */
export interface StoredCount {
  server: string;
  client: string | undefined;
  what: string;
  number: number;
}

/** Queries the store, even while others write to it. A query throws only what SQLite throws. */
export interface StoreReader extends Disposable {
  contents(): StoreContents;
  sessions(filter: Filter): StoredSession[];
  /** The number of sessions that `sessions` would find without a limit. */
  countSessions(filter: Filter): number;
  findSessions(idPrefix: string): StoredSession[];
  /** The one session of an id; undefined: it is not there, or no longer. */
  sessionOfId(id: string): StoredSession | undefined;
  /** The first operations of a session, or its latest, in the order in which they began. */
  operationsOf(session: StoredSession, limit?: number, latest?: boolean): StoredOperation[];
  /** The clients of a period with their latest sessions; what happened in sessions. */
  lanes(filter: Filter): StoredLanes[];
  marks(question: MarkQuestion): StoredMark[];
  clients(filter: Filter): ClientFigures[];
  changes(filter: Filter): ClientChange[];
  tools(filter: Filter): ToolFigures[];
  /** Undefined: the operation is not there, or no longer. */
  operationAt(id: number): StoredOperation | undefined;
  /** @param upTo an operation's id: what was written after it is only counted */
  calls(filter: CallFilter, order: CallOrder, upTo: number | undefined): CallList;
  failureGroups(filter: CallFilter): FailureGroup[];
  slow(filter: Filter): StoredOperation[];
  /** How many operations, or requests that `slow` chooses from, there are. */
  countOperations(filter: Filter, which: 'operations' | 'requests'): number;
  latest(filter: Filter): StoredOperation[];
  /** The operations that were written after a cursor, and the cursor after them. */
  after(cursor: number, filter: Filter): { operations: StoredOperation[]; cursor: number };
  /** The cursor after the last operation. */
  cursor(): number;
  /** Figures over time, in intervals of so many seconds. */
  timeSeries(filter: Filter, intervalSeconds: number): TimeSeries;
  /** Several figures from one scan; each of them alone would take nearly as long. */
  overview(filter: Filter, intervalSeconds: number): Overview;
  processes(): StoredProcess[];
  faults(filter: Filter): StoredFault[];
  counts(filter: Filter): StoredCount[];
  repeats(filter: Filter): StoredRepeat[];
  /** What says whether each server can do without sessions, in a period. */
  ready(filter: Filter): ReadyFigures[];
  toolChanges(filter: Filter): StoredToolChange[];
  /** Undefined: the change is not there, or no longer. */
  toolChangeAt(id: number): StoredToolChange | undefined;
  changedDefinitions(change: StoredToolChange): ChangedDefinitions;
  /** What followed these changes. */
  changeEffects(changes: readonly StoredToolChange[]): ChangeEffect[];
  /** Attempts to connect that are worth telling of, the latest first. */
  journeys(filter: Filter): StoredJourney[];
  /** The number of attempts that `journeys` would find without a limit. */
  countJourneys(filter: Filter): number;
  findJourneys(idPrefix: string): StoredJourney[];
  /** How far all attempts came, by server and client. */
  journeyFunnels(filter: Filter): JourneyFunnel[];
}

export interface Overview {
  timeSeries: TimeSeries;
  clients: ClientFigures[];
  tools: ToolFigures[];
  faults: StoredFault[];
}

export type OpenedReader =
  | { kind: 'open'; reader: StoreReader }
  | { kind: 'trouble'; sentence: string; missing: boolean };

const MAX_AT_ONCE = 1_000;
/** As many as are kept. */
const MAX_CHANGES = 1_000;
const HOUR_US = 3_600_000_000;

/** @param now milliseconds since the epoch, by the wall clock */
export function openReader(path: string, now: () => number): OpenedReader {
  try {
    return { kind: 'open', reader: readerOf(openToRead(path), path, () => now() * 1_000) };
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    const trouble = missing
      ? {
          reason: 'is not there yet',
          cure: 'run mcpspan first (mcpspan --upstream URL, or mcpspan demo)',
          lasting: true,
        }
      : troubleOf(error);
    return { kind: 'trouble', sentence: `the store ${sentenceOf(path, trouble)}`, missing };
  }
}

/** @param nowUs microseconds since the epoch, by the wall clock */
export function readerOf(db: DatabaseSync, path: string, nowUs: () => number): StoreReader {
  const collected = <Figures>(filter: Filter, collector: Collector<Figures>): Figures => {
    scanOperations(db, filter, nowUs(), collector.visit);
    return collector.finish();
  };
  return {
    contents: () => contentsOf(db, path),
    sessions: (filter) => sessions(db, filter),
    countSessions: (filter) => countSessions(db, filter),
    sessionOfId: (id) => sessionOfId(db, id),
    findSessions: (idPrefix) => findSessions(db, idPrefix),
    operationsOf: ({ row }, limit, latest) => operationsOf(db, row, limit, latest),
    lanes: (filter) => storedLanes(db, filter),
    marks: (question) => storedMarks(db, question, nowUs()),
    clients: (filter) => collected(filter, collectClients(db, filter)),
    changes: (filter) => clientChanges(db, filter),
    tools: (filter) => collected(filter, collectTools(db, filter)),
    operationAt: (id) => operationAt(db, id),
    calls: (filter, order, upTo) => calls(db, filter, order, upTo, nowUs()),
    failureGroups: (filter) => failureGroups(db, filter, nowUs()),
    slow: (filter) => slowOperations(db, filter, nowUs()),
    countOperations: (filter, which) => countOperations(db, filter, nowUs(), which),
    latest: (filter) => latestOperations(db, filter, nowUs()),
    after: (cursor, filter) => {
      const last = lastCursor(db);
      // In a store that was emptied ids start again from the beginning.
      const from = last < cursor ? 0 : cursor;
      const operations = operationsAfter(db, from, { ...filter, limit: filter.limit ?? MAX_AT_ONCE });
      const latest = operations.at(-1)?.id ?? from;
      const whole = operations.length < (filter.limit ?? MAX_AT_ONCE);
      return { operations, cursor: whole ? Math.max(last, latest) : latest };
    },
    cursor: () => lastCursor(db),
    timeSeries: (filter, intervalSeconds) => collected(filter, collectTimeSeries(intervalSeconds)),
    overview: (filter, intervalSeconds) => {
      const [timeSeries, clients, tools, faults] = [
        collectTimeSeries(intervalSeconds),
        collectClients(db, filter),
        collectTools(db, filter),
        collectFaults(),
      ];
      scanOperations(db, filter, nowUs(), (kind, startedUs, tookUs, requestBytes, responseBytes) => {
        timeSeries.visit(kind, startedUs, tookUs, requestBytes, responseBytes);
        clients.visit(kind, startedUs, tookUs, requestBytes, responseBytes);
        tools.visit(kind, startedUs, tookUs, requestBytes, responseBytes);
        faults.visit(kind, startedUs, tookUs, requestBytes, responseBytes);
      });
      return {
        timeSeries: timeSeries.finish(),
        clients: clients.finish(),
        tools: tools.finish(),
        faults: faults.finish(),
      };
    },
    processes: () => storedProcesses(db, nowUs()),
    faults: (filter) => collected(filter, collectFaults()),
    counts: (filter) => countsOf(db, filter),
    repeats: (filter) => storedRepeats(db, filter),
    ready: (filter) => readyFigures(db, filter, nowUs()),
    toolChanges: (filter) => toolChanges(db, filter),
    toolChangeAt: (id) => toolChangeAt(db, id),
    changedDefinitions: (change) => changedDefinitions(db, change),
    changeEffects: (changes) => changeEffects(db, changes, toolChanges(db, { limit: MAX_CHANGES }), nowUs()),
    journeys: (filter) => storedJourneys(db, filter),
    countJourneys: (filter) => countJourneys(db, filter),
    findJourneys: (idPrefix) => findJourneys(db, idPrefix),
    journeyFunnels: (filter) => journeyFunnels(db, filter, HOUR_US),
    [Symbol.dispose]: () => db.close(),
  };
}

function contentsOf(db: DatabaseSync, path: string): StoreContents {
  const names = (sql: string): string[] =>
    db
      .prepare(sql)
      .all()
      .map((row) => textAt(row, 'name'));
  const times = db
    .prepare(
      `SELECT (SELECT started_us + took_us FROM operations ORDER BY id LIMIT 1) AS first_us,
         (SELECT started_us + took_us FROM operations ORDER BY id DESC LIMIT 1) AS last_us`,
    )
    .get();
  const counted = (what: string): number =>
    numberAt(db.prepare('SELECT sum(number) AS n FROM counts WHERE what = ?').get(what) ?? {}, 'n');
  return {
    path,
    bytes: numberOf(db, 'PRAGMA page_count') * numberOf(db, 'PRAGMA page_size'),
    sessions: countSessions(db, {}),
    operations: numberOf(db, 'SELECT count(*) FROM operations'),
    firstAt: timeAt(times ?? {}, 'first_us'),
    lastAt: timeAt(times ?? {}, 'last_us'),
    servers: names('SELECT DISTINCT server AS name FROM kinds ORDER BY 1'),
    clients: names('SELECT DISTINCT client AS name FROM clients ORDER BY 1'),
    tools: names(`SELECT DISTINCT target AS name FROM kinds WHERE method = 'tools/call' AND target <> '' ORDER BY 1`),
    methods: names('SELECT DISTINCT method AS name FROM kinds ORDER BY 1'),
    pruned: counted('pruned'),
    notStored: counted('not-stored'),
  };
}

function countsOf(db: DatabaseSync, { since, server }: Filter): StoredCount[] {
  return db
    .prepare(
      `SELECT server, client, what, sum(number) AS n FROM counts WHERE hour > ?1 AND (?2 IS NULL OR server = ?2)
       GROUP BY 1, 2, 3 ORDER BY n DESC`,
    )
    .all(numbered(since === undefined ? 0 : Math.floor(since * 1_000) - HOUR_US, server ?? null))
    .map((row) => ({
      server: textAt(row, 'server'),
      client: optionalTextAt(row, 'client'),
      what: textAt(row, 'what'),
      number: numberAt(row, 'n'),
    }));
}
