import type { SegmentUse } from '../transport/trace/rotation.ts';
import type { RootIds } from '../transport/trace/trace-id.ts';
import type { Client } from './client.ts';
import type { Era } from './era.ts';
import type { OfferedTools } from './tool-lists.ts';
import type { Totals } from './totals.ts';

export type SessionSource = 'process' | 'header' | 'conversation' | 'principal' | 'peer' | 'none';
export type Opened = 'handshake' | 'first-use' | 'attached';
/** `deleted`: its client ended it, by DELETE, or by closing the one stream of HTTP+SSE; `expired`: its server did. */
export type EndReason = 'deleted' | 'expired' | 'idle' | 'process-exit' | 'evicted' | 'shutdown';

/** A session that its client and server know of; the others are derived activity. */
export const isReal = (source: SessionSource): boolean => source === 'header' || source === 'process';

/** The trace that a session's operations go into at present: a long session has several, one after the other. */
export interface Segment extends SegmentUse {
  /** 0, 1, 2, … */
  number: number;
  root: RootIds;
  /** Traces of the latest further segments whose root was made; undefined: none was. */
  traces: Set<string> | undefined;
}

/** Messages that belong together: a real session, or derived activity. Times: ms since the epoch. */
export interface Session {
  /** Unique among live ones: the source and its key. */
  readonly key: string;
  readonly source: SessionSource;
  /** `Mcp-Session-Id`; undefined for a process and for activity. */
  readonly id: string | undefined;
  readonly opened: Opened;
  readonly openedAt: number;
  readonly era: Era;
  /** Its owner: of the latest successful `initialize` in it. */
  client: Client;
  /** What the headers of its handshake said of the client: a request whose headers say otherwise is another's. */
  face: Client;
  clientLabel: string;
  /** Its owner's credential, hashed; undefined: the owner sent none. */
  principal: string | undefined;
  /** Of a client that looks at servers and uses none: in no figure of sessions and calls. */
  readonly throwAway: boolean;
  /** It was summed up before and speaks again: its figures were counted. */
  readonly resumed: boolean;
  /** A tool was called in it before it was summed up. */
  readonly usedBefore: boolean;
  conversation: string | undefined;
  /** What several sessions of one caller have in common: conversation, principal or loopback peer. */
  affinity: string | undefined;
  protocolVersion: string | undefined;
  server: { name: string | undefined; version: string | undefined };
  lastAt: number;
  /** Operations under way that were known to be its own when they began. */
  inFlight: number;
  /** Its neighbours in the order of being heard of. */
  older: Session | undefined;
  newer: Session | undefined;
  /** Since the previous summary. */
  totals: Totals;
  /** Over its whole life. */
  toolCalls: number;
  /** Of its first trace. */
  readonly root: RootIds;
  segment: Segment;
  /** How many summaries there were. */
  part: number;
  // Undefined until there is something in it: thousands of sessions are remembered, and an empty set takes 200 bytes.
  /** Spans of ours that live in callers' traces: the summary links to them. */
  elsewhere: { traceId: string; spanId: string }[] | undefined;
  /** Ids of events seen on its streams, to know those that come again after a resumption. */
  seenEvents: Set<string> | undefined;
  /** Methods of discovery answered since the last change, with the time until which the answer holds. */
  discovered: Map<string, number> | undefined;
  /** The tools that it was offered; undefined: none, or they have changed since. */
  offeredTools: OfferedTools | undefined;
  /** Handshake whose worth is decided at the first tool call: was it needed? */
  undecidedHandshake: boolean;
}
