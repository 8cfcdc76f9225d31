import type { Exchange } from '../observe/observation.ts';
import type { RequestId } from '../observe/message.ts';
import type { Direction } from '../transport/wire/wire-event.ts';
import type { TraceParent } from '../transport/trace/trace-parent.ts';
import type { Client } from './client.ts';
import type { Era } from './era.ts';
import type { Grouping } from './grouping.ts';
import type { Session, SessionSource } from './session.ts';

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
  /** What should have carried the answer closed before it. */
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

/** A request and its answer, or a notification and its acceptance. Times: ms since the epoch. */
export interface Operation {
  readonly direction: Direction;
  readonly form: 'request' | 'notification';
  readonly method: string;
  readonly requestId: RequestId | undefined;
  readonly target: { kind: 'tool' | 'prompt'; name: string } | undefined;
  readonly uri: string | undefined;
  readonly toolCallId: string | undefined;
  readonly progressToken: RequestId | undefined;
  /** A list call for a page after the first. */
  readonly paged: boolean;
  readonly era: Era;
  protocolVersion: string | undefined;
  readonly exchange: Exchange;
  readonly startedAt: number;
  readonly requestBytes: number;
  readonly spanId: string;
  /** Of the upstream's part of it, where that gets a span of its own: then the upstream was told of this one. */
  readonly legSpanId: string | undefined;
  /** The trace context that came in `_meta`. */
  readonly callerContext: TraceParent | undefined;
  /** A server's request hangs from the operation whose stream carried it. */
  readonly parent: Operation | undefined;
  source: SessionSource;
  /** Undefined for what a server began. */
  readonly grouping: Grouping | undefined;
  readonly conversation: string | undefined;
  client: Client;
  /** Which round of a multi-round request: 1, 2, … */
  attempt: number;
  firstAttempt: { traceId: string; spanId: string } | undefined;
  /** Params as sent, JSON text, only when captured. */
  capturedArguments: string | undefined;
  capturedResult: string | undefined;

  cancelled: boolean;
  /** When its client went away from a stream that it may come back to; 0: it did not. */
  leftAt: number;
  events: OperationEvent[];
  eventsDropped: number;

  // Set when it ends.
  endedAt: number;
  outcome: Outcome;
  responseBytes: number;
  /** The session it keeps from going idle while it is under way. */
  heldSession: Session | undefined;
  session: Session | undefined;
  placement: Placement | undefined;
  clientLabel: string;
  targetLabel: string | undefined;
  handshake: HandshakeKind | undefined;
  /** A list call: whether nothing had changed since the last one. */
  discovery: { avoidable: boolean } | undefined;
  unknownTool: boolean;
  /** HTTP 401, 403, or 404 to a session id: the client will send it again. */
  rejected: boolean;
  /** Requests of the server that ended before it did: told of after it, so that no span waits for its parent. */
  children: Operation[];
  /** Its trace is not exported: too many refused, sessionless ones this minute. */
  withheld: boolean;
}

export const isToolCall = (operation: Operation): boolean =>
  operation.method === 'tools/call' && operation.direction === 'to-server' && operation.form === 'request';

/** It keeps its session from going idle no longer. */
export function release(operation: Operation): void {
  if (operation.heldSession !== undefined) operation.heldSession.inFlight--;
  operation.heldSession = undefined;
}
