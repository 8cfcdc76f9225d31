import type { Finding } from '../reading/findings.ts';
import type { ClientChange, ClientFigures } from '../store/client-figures.ts';
import type { StoredOperation } from '../store/operation-queries.ts';
import type { StoredProcess } from '../store/process-row.ts';
import type { IntervalFigures, ClientTimeSeries, Interval } from '../store/time-series.ts';
import type { StoreContents, StoredCount } from '../store/reader.ts';
import type { StoredSession } from '../store/session-queries.ts';
import type { ToolFigures } from '../store/tool-figures.ts';

/** What the page is told, by what it asks for: JSON. Times: milliseconds since the epoch, by the server's clock. */
export interface Answers {
  about: About;
  now: Now;
  sessions: Sessions;
  session: SessionTimeline;
  clients: Clients;
  tools: Tools;
  health: Health;
}

export type QuestionKind = keyof Answers;

/** In place of an answer. */
export interface NoAnswer {
  trouble: string;
}

export interface About {
  at: number;
  version: string;
  /** What whoever looks must know about what is shown. */
  notice: string | undefined;
  /** With `{traceId}` in it. */
  traceLink: string | undefined;
  store: StoreContents;
}

/** A client with what its figures mean. */
export interface ToldClient extends ClientFigures {
  sentence: string;
  /** What it means for who runs the server. */
  meaning: string;
  cost: string;
  intervals: ClientTimeSeries['intervals'];
}

export interface Now {
  at: number;
  /** When the time that was asked about begins. */
  from: number;
  /** The length of an interval, in seconds. */
  stretch: number;
  all: IntervalFigures;
  lastMinute: IntervalFigures;
  intervals: readonly Interval[];
  clients: readonly ToldClient[];
  /** Open ones, those heard of last first: some of them. */
  live: readonly StoredSession[];
  /** Sessions that are open, and were heard of in the last ten minutes; in the last minute. */
  open: number;
  active: number;
  /** The same, of what has no session id: it is no session. */
  activities: number;
  /** What to look at, the worst first. */
  findings: readonly Finding[];
  latest: readonly StoredOperation[];
}

export interface Sessions {
  at: number;
  sessions: readonly StoredSession[];
  /** How many there are without a limit. */
  total: number;
}

export interface SessionTimeline {
  at: number;
  /** Undefined: it is no longer in the store. */
  session: StoredSession | undefined;
  operations: readonly StoredOperation[];
}

export interface Clients {
  at: number;
  from: number;
  stretch: number;
  clients: readonly ToldClient[];
  changes: readonly ClientChange[];
}

export interface ToldTool extends ToolFigures {
  /** What is odd about it, a sentence each. */
  odd: readonly string[];
}

export interface Tools {
  at: number;
  tools: readonly ToldTool[];
}

export interface Health {
  at: number;
  processes: readonly StoredProcess[];
  counts: readonly StoredCount[];
  store: StoreContents;
}

/** What the stream tells: what was written, as it is written. */
export interface Written {
  /** The cursor that this follows; unlike the one before it, something was missed. */
  from: number;
  cursor: number;
  operations: readonly StoredOperation[];
  /** Operations that were too many to be told. */
  missed: number;
}
