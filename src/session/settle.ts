import type { JsonObject } from '../observe/json-object.ts';
import type { Exchange } from '../observe/observation.ts';
import { isLeft, type CloseReason } from '../transport/wire/wire-event.ts';
import type { Message } from '../observe/message.ts';
import { isModernRevision } from './methods.ts';
import type { HandshakeKind, Operation, Outcome } from './operation.ts';

export const isHandshake = (method: string): boolean => method === 'initialize' || method === 'server/discover';

/** What an answer says of its operation. */
export function outcomeOfAnswer(
  message: Extract<Message, { kind: 'result' | 'error' }>,
  operation: Operation,
): Outcome {
  if (message.kind === 'error') return { kind: 'rpc-error', code: message.code, message: message.message };
  return operation.method === 'tools/call' && message.result['isError'] === true
    ? { kind: 'tool-error' }
    : { kind: 'ok' };
}

/**
 * What the end of its exchange says of an operation that no message answered; undefined: the answer may still come on
 * another stream.
 */
export function outcomeOfClose(exchange: Exchange, reason: CloseReason, operation: Operation): Outcome | undefined {
  const status = exchange.answer?.status;
  if (exchange.request.carrier === 'stdio') return outcomeOfExit(operation);
  if (status === undefined) {
    if (isLeft(reason)) return { kind: 'cancelled' };
    if (reason === 'timeout') return { kind: 'failed', type: 'timeout' };
    return { kind: 'failed', type: reason === 'upstream-failed' ? 'upstream_reset' : 'upstream_unreachable' };
  }
  if (status >= 500) return { kind: 'failed', type: String(status) };
  if (status >= 400) return { kind: 'refused' };
  if (operation.form === 'notification') return { kind: 'ok' };
  // A subscription ends when its client wants no more.
  if (operation.method === 'subscriptions/listen' && reason !== 'upstream-failed') return { kind: 'ok' };
  if (operation.cancelled) return { kind: 'cancelled' };
  // Not all of the answer was seen: there is no telling what it was, and no reason to call it lost.
  if (reason === 'complete' && exchange.incomplete) return { kind: 'ok' };
  if (isAnsweredElsewhere(exchange, status, reason, operation)) return undefined;
  if (isLeft(reason)) return { kind: 'cancelled' };
  return reason === 'complete' ? { kind: 'lost' } : { kind: 'failed', type: 'upstream_reset' };
}

/**
 * The response accepted the request and did not answer it. Servers say so with 202, and with 200 and any body that is
 * no JSON-RPC. An endpoint of 2024-11-05 answers on its stream whatever it was asked, a modern probe too; its clients
 * do not wait for the rest of a body they have no use for.
 */
function isAnsweredElsewhere(
  { answer, endpointSessionId, resumable }: Exchange,
  status: number,
  reason: CloseReason,
  { era }: Operation,
): boolean {
  if (endpointSessionId !== undefined) return true;
  if (era === 'modern') return false;
  if (resumable) return true;
  const accepted = status === 202 || (status < 300 && answer?.mediaType !== 'text/event-stream');
  return accepted && (reason === 'complete' || status === 202);
}

/** Whether an operation ended so because no answer to it was seen; a refusal, and a call given up, are certain. */
export function isUnanswered(outcome: Outcome, { cancelled, exchange }: Operation): boolean {
  if (outcome.kind === 'lost') return true;
  if (outcome.kind === 'failed') return (exchange.answer?.status ?? 0) < 400;
  return outcome.kind === 'cancelled' && !cancelled;
}

/** The wrapped process is gone: no answer will come. */
function outcomeOfExit({ method, cancelled }: Operation): Outcome {
  if (method === 'subscriptions/listen') return { kind: 'ok' };
  return { kind: cancelled ? 'cancelled' : 'lost' };
}

export function handshakeKindOf(
  operation: Operation,
  outcome: Outcome,
  result?: JsonObject,
): HandshakeKind | undefined {
  if (!isHandshake(operation.method)) return undefined;
  const status = operation.exchange.answer?.status;
  if (operation.client.throwAway) return 'probe';
  if (outcome.kind === 'ok') {
    if (operation.method === 'initialize') return 'initialize';
    return offersModern(result) ? 'discover' : 'probe';
  }
  if (status === 401 || status === 403) return 'unauthorized';
  const refused = outcome.kind === 'refused' || outcome.kind === 'rpc-error';
  return operation.method === 'server/discover' && refused && (status ?? 0) < 500 ? 'probe' : 'failed';
}

/** A legacy session id that the server does not know (any more). In 2026-07-28 a 404 is an unknown method. */
export const isSessionGone = (exchange: Exchange): boolean =>
  exchange.answer?.status === 404 && exchange.request.sessionId !== undefined;

export const isSuccess = (outcome: Outcome): boolean => outcome.kind === 'ok' || outcome.kind === 'tool-error';

/** An answer, though perhaps an error: more than a refusal at the door. */
export const isAnswered = (operation: Operation, outcome: Outcome): boolean =>
  (operation.exchange.answer?.status ?? 0) < 400 && (isSuccess(outcome) || outcome.kind === 'rpc-error');

/** A server that offers only older revisions has in effect refused `server/discover`; its client initializes next. */
function offersModern(result: JsonObject | undefined): boolean {
  const offered = result?.['supportedVersions'];
  return !Array.isArray(offered) || offered.length === 0 || offered.some((text) => isModernRevision(String(text)));
}
