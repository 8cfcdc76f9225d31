import type { SegmentUse } from '../transport/trace/rotation.ts';
import type { RootIds } from '../transport/trace/trace-id.ts';
import type { Client } from './client.ts';
import type { Journey } from './journey.ts';
import type { Era } from './era.ts';
import type { OfferedTools } from './tool-lists.ts';
import type { Totals } from './totals.ts';

export type SessionSource = 'process' | 'header' | 'conversation' | 'principal' | 'peer' | 'none';
export type Opened = 'handshake' | 'first-use' | 'attached';
/** `deleted`: its client ended it, by DELETE or by closing the stream of HTTP+SSE. `expired`: its server ended it. */
export type EndReason = 'deleted' | 'expired' | 'idle' | 'process-exit' | 'evicted' | 'shutdown';

/** Whether client and server themselves know the session. Otherwise it is derived activity. */
export const isReal = (source: SessionSource): boolean => source === 'header' || source === 'process';

/** The trace that a session's operations go into at present. A long session has several, one after the other. */
export interface Segment extends SegmentUse {
  /** 0, 1, 2, … */
  number: number;
  root: RootIds;
  /** The latest traces after the first whose root span was made; undefined: none was. */
  traces: Set<string> | undefined;
}

/** Messages that belong together: a real session, or derived activity. Times: ms since the epoch. */
export interface Session {
  /** Unique among live sessions. Made of the source and its key. */
  readonly key: string;
  readonly source: SessionSource;
  /** `Mcp-Session-Id`; undefined for a process and for activity. */
  readonly id: string | undefined;
  readonly opened: Opened;
  readonly openedAt: number;
  readonly era: Era;
  /** Its owner, from the latest successful `initialize` in it. */
  client: Client;
  /** The client according to the headers of the handshake. A request whose headers differ comes from another client. */
  face: Client;
  clientLabel: string;
  /** Its owner's credential, hashed; undefined: the owner sent none. */
  principal: string | undefined;
  /** It belongs to a client that only looks at servers, so no figure of sessions and calls includes it. */
  readonly throwAway: boolean;
  /** It ended for us before and is used again, so its opening and first end are already counted. */
  readonly resumed: boolean;
  /** A tool was called in it before it last ended for us. */
  readonly usedBefore: boolean;
  conversation: string | undefined;
  /** What several sessions of one caller have in common: conversation, principal or loopback peer. */
  affinity: string | undefined;
  protocolVersion: string | undefined;
  server: { name: string | undefined; version: string | undefined };
  lastAt: number;
  /** How many open operations were known to be its own when they began. */
  inFlight: number;
  /** Its neighbours in the order of last activity. */
  older: Session | undefined;
  newer: Session | undefined;
  /** Totals since the previous summary. */
  totals: Totals;
  /** Tool calls over its whole life. */
  toolCalls: number;
  /** The root of its first trace. */
  readonly root: RootIds;
  segment: Segment;
  /** How many summaries there were. */
  part: number;
  // The collections below are undefined while empty: thousands of sessions are kept, and an empty set takes 200 bytes.
  /** Our spans in callers' traces. The summary links to them. */
  elsewhere: { traceId: string; spanId: string }[] | undefined;
  /** Ids of events seen on its streams, to recognize those that are repeated after a resumption. */
  seenEvents: Set<string> | undefined;
  /** Discovery methods that were answered since the last change, with the time until which each answer holds. */
  discovered: Map<string, number> | undefined;
  /** The tools that the server offered in it; undefined: none, or they have changed since. */
  offeredTools: OfferedTools | undefined;
  /** There was a handshake. Whether it was avoidable is decided at the first tool call. */
  undecidedHandshake: boolean;
  /** The attempt to connect that led to it; `arrived`: none looks at it any more; undefined: not known yet. */
  journey: Journey | 'arrived' | undefined;
}
