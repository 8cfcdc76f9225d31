import type { CountedRefusal } from '../reading/refusal-words.ts';
import type { DiffLine } from '../reading/definition-diff.ts';
import type { Finding } from '../reading/findings.ts';
import type { Readiness } from '../reading/ready-words.ts';
import type { LostAttempts } from '../reading/lost-attempts.ts';
import type { Lanes } from '../reading/lanes/lanes.ts';
import type { ClientChange, ClientFigures } from '../store/client-figures.ts';
import type { FailureGroup } from '../store/failure-groups.ts';
import type { JourneyFunnel, StoredJourney } from '../store/journey-rows.ts';
import type { StoredOperation } from '../store/operation-queries.ts';
import type { StoredProcess } from '../store/process-row.ts';
import type { IntervalFigures, ClientTimeSeries, Interval } from '../store/time-series.ts';
import type { StoreContents, StoredCount } from '../store/reader.ts';
import type { StoredSession } from '../store/session-queries.ts';
import type { StoredToolChange } from '../store/tool-change-queries.ts';
import type { ToolFigures } from '../store/tool-figures.ts';

/** The server's answers to the page, as JSON, by the kind of question. Times: milliseconds since the epoch, by its clock. */
export interface Answers {
  about: About;
  now: Now;
  sessions: Sessions;
  session: SessionTimeline;
  clients: Clients;
  tools: Tools;
  calls: Calls;
  errors: Errors;
  connect: Connect;
  find: Found;
  health: Health;
}

export type QuestionKind = keyof Answers;

/** Sent in place of an answer. */
export interface NoAnswer {
  trouble: string;
}

export interface About {
  at: number;
  version: string;
  /** What readers of the page must know about its data. */
  notice: string | undefined;
  /** Holds `{traceId}`. */
  traceLink: string | undefined;
  store: StoreContents;
  /** The mcpspan processes that run and write to this store. */
  running: readonly StoredProcess[];
}

/** A client, with its figures explained. */
export interface DescribedClient extends ClientFigures {
  sentence: string;
  /** What it means for the owner of the server. */
  meaning: string;
  cost: string;
  intervals: ClientTimeSeries['intervals'];
}

export interface Now {
  at: number;
  /** The period that was asked about. */
  from: number;
  to: number;
  /** The length of an interval, in seconds. */
  stretch: number;
  lanes: Lanes;
  all: IntervalFigures;
  lastMinute: IntervalFigures;
  intervals: readonly Interval[];
  clients: readonly DescribedClient[];
  /** Some of the open sessions, the last active first. */
  live: readonly StoredSession[];
  /** How many sessions are open and were active in the last ten minutes; in the last minute. */
  open: number;
  active: number;
  /** The same of activities, which have no session id. */
  activities: number;
  /** What to look at, the worst first. */
  findings: readonly Finding[];
  latest: readonly StoredOperation[];
  /** Requests of the period that mcpspan itself refused, by reason. */
  refusals: readonly CountedRefusal[];
}

export interface Sessions {
  at: number;
  sessions: readonly StoredSession[];
  /** How many there are, without the limit. */
  total: number;
}

export interface SessionTimeline {
  at: number;
  /** Undefined: no longer in the store. */
  session: StoredSession | undefined;
  operations: readonly StoredOperation[];
}

export interface Clients {
  at: number;
  from: number;
  to: number;
  stretch: number;
  lanes: Lanes;
  clients: readonly DescribedClient[];
  changes: readonly ClientChange[];
  /** Whether sessions can be switched off, by server; none where one client is asked about. */
  ready: readonly Readiness[];
}

export interface DescribedTool extends ToolFigures {
  /** What is odd about the tool, in a sentence each. */
  odd: readonly string[];
}

export interface Tools {
  at: number;
  /** What the definitions of each server cost, in a sentence each. */
  surfaces: readonly string[];
  tools: readonly DescribedTool[];
  /** The latest first, from before the period too. */
  changes: readonly DescribedChange[];
  /** The change that was asked for. */
  opened: OpenedChange | undefined;
}

/** A change of a tool, in words. */
export interface DescribedChange extends StoredToolChange {
  words: string;
  dangerous: boolean;
  /** What followed, in a sentence; `''`: nothing that stands out. */
  effect: string;
}

export interface OpenedChange {
  change: DescribedChange;
  /** A definition was not kept. */
  lacking: boolean;
  lines: readonly DiffLine[];
}

export interface Calls {
  at: number;
  calls: readonly StoredOperation[];
  /** How many there are, without the limit. */
  total: number;
  /** How many more were written after the one that was asked for as the last. */
  newer: number;
  /** The id of the last operation of all. */
  cursor: number;
  /** The operation that was asked for, with what was captured of it. */
  opened: StoredOperation | undefined;
}

export interface Errors {
  at: number;
  groups: readonly FailureGroup[];
}

/** How clients connected. */
export interface Connect {
  at: number;
  funnels: readonly JourneyFunnel[];
  lost: readonly LostAttempts[];
  /** The latest first. */
  journeys: readonly StoredJourney[];
  /** How many there are, without the limit. */
  total: number;
  /** The one that was asked for. */
  opened: StoredJourney | undefined;
}

/** What an id may mean. */
export interface Found {
  at: number;
  sessions: readonly StoredSession[];
  journeys: readonly StoredJourney[];
  /** The id of an operation. */
  operation: number | undefined;
}

export interface Health {
  at: number;
  processes: readonly StoredProcess[];
  counts: readonly StoredCount[];
  store: StoreContents;
}

/** One event of the stream: the operations that were written since the event before. */
export interface NewOperations {
  /** The cursor that this event follows. Where it is not the cursor of the event before, some were missed. */
  from: number;
  cursor: number;
  operations: readonly StoredOperation[];
  /** How many operations were left out. */
  missed: number;
}
