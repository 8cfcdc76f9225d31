import { CALLER_FAULTS } from './methods.ts';
import { isToolCall, type Counted, type HandshakeKind, type Operation, type Outcome } from './operation.ts';
import type { Session } from './session.ts';
import { isSessionGone } from './settle.ts';
import type { Totals } from './totals.ts';

/** An operation about to end, as far as its figures depend on it. */
export interface Ending {
  outcome: Outcome;
  handshake: HandshakeKind | undefined;
  session: Session | undefined;
}

export function countedAs(operation: Operation, { outcome, handshake, session }: Ending): Counted {
  const turnedAway = isTurnedAway(operation);
  const toolCall = isToolCall(operation) && !turnedAway && !operation.client.throwAway && session?.throwAway !== true;
  return {
    handshake: handshake === 'initialize' || handshake === 'discover',
    toolCall,
    firstOfCall: toolCall && operation.attempt === 1,
    error: isError(operation.direction, outcome, handshake),
    toolError: toolCall && outcome.kind !== 'ok' && outcome.kind !== 'cancelled',
    turnedAway,
  };
}

/**
 * Whether an operation failed, as the conventions count: a caller's fault is no error of the server.
 * @param direction whose view: that of the receiver of a request `to-server`, or of its sender `to-client`
 */
export function isError(
  direction: Operation['direction'],
  outcome: Outcome,
  handshake: HandshakeKind | undefined,
): boolean {
  switch (outcome.kind) {
    case 'ok':
    case 'refused':
      return false;
    case 'cancelled':
      return direction === 'to-client';
    case 'rpc-error':
      if (handshake === 'probe') return false;
      return direction === 'to-client' || outcome.code === undefined || !CALLER_FAULTS.has(outcome.code);
    case 'tool-error':
    case 'failed':
    case 'lost':
      return true;
  }
}

function isTurnedAway(operation: Operation): boolean {
  const status = operation.exchange.answer?.status;
  if (!isToolCall(operation)) return false;
  return status === 401 || status === 403 || (operation.era === 'legacy' && isSessionGone(operation.exchange));
}

/** What a sink keeps of an ended operation, as far as totals depend on it. */
export interface Addend {
  counted: Counted;
  handshake: HandshakeKind | undefined;
  discovery: { avoidable: boolean } | undefined;
  seconds: number;
}

/** Adds an operation to the totals. */
export function addTo(totals: Totals, { counted, handshake, discovery, seconds }: Addend): void {
  totals.operations++;
  if (counted.toolCall) totals.toolCalls++;
  if (counted.toolError) totals.toolErrors++;
  if (counted.error) totals.errors++;
  if (handshake !== undefined && handshake !== 'probe') {
    totals.handshakes++;
    totals.handshakeSeconds += seconds;
  }
  if (discovery !== undefined) totals.discoveries++;
}
