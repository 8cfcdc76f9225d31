import type { Exchange } from '../observe/observation.ts';
import type { RequestId } from '../observe/message.ts';
import type { SentSpan, SentSpans, SpanFault } from '../observe/sent-spans.ts';
import type { Direction } from '../transport/wire/wire-event.ts';
import type { TraceParent } from '../transport/trace/trace-parent.ts';
import type { Client } from './client.ts';
import type { Era } from './era.ts';
import type { Grouping } from './grouping.ts';
import type { Broken } from './lint-rules.ts';
import type { Session, SessionSource } from './session.ts';

/** A call that repeats the ones before it. */
export interface Repeat {
  /** Equal calls in a row, this one included. */
  readonly calls: number;
  /** The latest of them that failed or were rejected, in a row; 0: too few for a word. */
  readonly unsuccessful: number;
}

/** How an operation ended. */
export type Outcome =
  | { kind: 'ok' }
  | { kind: 'tool-error' }
  | { kind: 'rpc-error'; code: number | undefined; message: string }
  /** HTTP 4xx without a JSON-RPC body. */
  | { kind: 'refused' }
  /** HTTP 5xx without a JSON-RPC body, or no answer for a reason that is known. */
  | { kind: 'failed'; type: string }
  | { kind: 'cancelled' }
  /** The exchange that should have carried the answer closed first. */
  | { kind: 'lost' };

export type HandshakeKind = 'initialize' | 'discover' | 'probe' | 'unauthorized' | 'failed';

/** Where an operation's span hangs. */
export interface Placement {
  traceId: string;
  parentSpanId: string | undefined;
  links: readonly { traceId: string; spanId: string }[];
  /** The caller whose trace this is. */
  caller: TraceParent | undefined;
}

export interface OperationEvent {
  name: string;
  at: number;
  facts: { progress?: number; total?: number; level?: string };
}

/** A request and its answer, or a notification and its acceptance, while it is under way. Times: ms since the epoch. */
export interface Operation {
  readonly direction: Direction;
  readonly form: 'request' | 'notification';
  readonly method: string;
  readonly requestId: RequestId | undefined;
  readonly target: { kind: 'tool' | 'prompt'; name: string } | undefined;
  readonly uri: string | undefined;
  readonly toolCallId: string | undefined;
  /** The task that a `tasks/…` request is about. */
  readonly taskId: string | undefined;
  readonly progressToken: RequestId | undefined;
  /** A list call for a page after the first: what it asks for. */
  readonly cursor: string | undefined;
  readonly era: Era;
  protocolVersion: string | undefined;
  readonly exchange: Exchange;
  readonly startedAt: number;
  requestBytes: number;
  readonly spanId: string;
  /** The span of the upstream's part, if that has one of its own. The upstream got this span in `traceparent`. */
  readonly legSpanId: string | undefined;
  /** The trace context that came in `_meta`. */
  readonly callerContext: TraceParent | undefined;
  /** A server's request hangs from the operation whose stream carried it. */
  readonly parent: Operation | undefined;
  /** How its session is known, as far as its request tells. */
  readonly source: SessionSource;
  /** Undefined for a server's request. */
  readonly grouping: Grouping | undefined;
  /** The session whose stream carried it: known from the start for a server's request only. */
  readonly carriedBy: Session | undefined;
  readonly conversation: string | undefined;
  readonly client: Client;
  /** Which round of a multi-round request: 1, 2, … */
  attempt: number;
  firstAttempt: { traceId: string; spanId: string } | undefined;
  /** Equal for calls of the same tool with the same arguments (`loops.ts`); undefined: it calls no tool. */
  fingerprint: string | undefined;
  /** Params as sent, JSON text, only when captured. */
  capturedArguments: string | undefined;
  capturedResult: string | undefined;
  /** What a tool says that failed. Only the local record keeps it, redacted. */
  toolErrorText: string | undefined;
  responseBytes: number;
  /** Spans of its own that the server sent with the answer. */
  sentSpans: SentSpans | undefined;

  /** Rules of the revision of 2026-07-28 that it or its answer breaks (`lint.ts`); undefined: none, or it was not judged. */
  broken: Broken[] | undefined;
  cancelled: boolean;
  /** When its client went away from a stream that it may come back to; 0: it did not. */
  leftAt: number;
  /** When an answer came that belonged to no request while this one waited; 0: none did. */
  doubtedAt: number;
  /** When its exchange ended without an answer, which may come on another one; 0: it is open. */
  waitsSince: number;
  events: OperationEvent[];
  eventsDropped: number;
  /** The session it keeps from going idle while it is under way. */
  heldSession: Session | undefined;
  /** Where its span will hang, decided before its end because a span of the server's already hangs from it. */
  placedEarly: Placement | undefined;
  /** Server requests that ended before it did: reported after it, so that no span waits for its parent. */
  readonly children: EndedOperation[];
  /** It was reported. */
  ended: boolean;
}

/**
 * What an operation counts as. Decided once (`counted.ts`), when it ends; spans, metrics, summaries, the record and whoever reads
 * the record take their figures from it, so that no two of them differ.
 */
export interface Counted {
  /** It shook hands and succeeded. */
  readonly handshake: boolean;
  /** It is one of the tool calls of its client. Further rounds of a call are marked by `attempt`. */
  readonly toolCall: boolean;
  /** It is a tool call, and not a further round of one. */
  readonly firstOfCall: boolean;
  /** It is an error of the one who received it, as the conventions count: it has an `error.type`. */
  readonly failed: boolean;
  /** It was not done through a fault of its caller. Never true together with `failed`. */
  readonly rejected: boolean;
  /** The client was told to sign in or to start over, and will send the call again. */
  readonly turnedAway: boolean;
}

/** A span that a server sent of the inside of an operation, and that may be exported. */
export interface ServerSpan extends SentSpan {
  /** Its times lie beyond those of its operation: the clocks differ. */
  readonly outside: boolean;
}

/** What became of the spans that came with an answer. */
export interface ServerSpans {
  readonly spans: readonly ServerSpan[];
  readonly dropped: ReadonlyMap<SpanFault, number>;
}

/** An operation that has ended: what became of it, and whose it was. All sinks read this. */
export interface EndedOperation extends Operation {
  readonly endedAt: number;
  readonly outcome: Outcome;
  readonly session: Session | undefined;
  readonly placement: Placement;
  readonly clientLabel: string;
  readonly targetLabel: string | undefined;
  readonly handshake: HandshakeKind | undefined;
  /** A list call: whether nothing had changed since the last one. */
  readonly discovery: { avoidable: boolean } | undefined;
  readonly unknownTool: boolean;
  /** It repeats the calls before it, with the same arguments. */
  readonly repeat: Repeat | undefined;
  /** It was not seen whole, or its answer could not be told from others: its outcome is the likely one. */
  readonly incomplete: boolean;
  readonly counted: Counted;
  /** Which of the spans that the server sent may be exported; undefined: it sent none. */
  readonly serverSpans: ServerSpans | undefined;
  /** Its trace is not exported: too many refused ones without a session this minute. */
  readonly withheld: boolean;
}

export const isToolCall = (operation: Operation): boolean =>
  operation.method === 'tools/call' && operation.direction === 'to-server' && operation.form === 'request';

/** The operation no longer keeps its session from going idle. */
export function release(operation: Operation): void {
  if (operation.heldSession !== undefined) operation.heldSession.inFlight--;
  operation.heldSession = undefined;
}
