import { CALLER_FAULTS } from './methods.ts';
import { isToolCall, type Counted, type HandshakeKind, type Operation, type Outcome } from './operation.ts';
import type { Session } from './session.ts';
import { isSessionGone } from './settle.ts';
import type { Totals } from './totals.ts';

/** An operation about to end, as far as its figures depend on it. */
export interface Ending extends Result {
  session: Session | undefined;
}

/** What is known of how an operation ended. */
interface Result {
  outcome: Outcome;
  handshake: HandshakeKind | undefined;
  /** It called a tool that the server does not have, which servers answer with an error or with a result. */
  unknownTool: boolean;
}

export function countedAs(operation: Operation, ending: Ending): Counted {
  const { handshake, session } = ending;
  const turnedAway = isTurnedAway(operation);
  const toolCall = isToolCall(operation) && !turnedAway && !operation.client.throwAway && session?.throwAway !== true;
  const fault = turnedAway ? undefined : faultOf(operation.direction, ending);
  return {
    handshake: handshake === 'initialize' || handshake === 'discover',
    toolCall,
    firstOfCall: toolCall && operation.attempt === 1,
    failed: fault === 'failed',
    rejected: fault === 'rejected',
    turnedAway,
  };
}

/**
 * Whether an operation failed, as the conventions count, or was rejected for a fault of its caller; undefined: neither.
 * @param direction whose view: that of the receiver of a request `to-server`, or of its sender `to-client`. To the
 * sender every JSON-RPC error is a failure (semantic-conventions-genai, MCP client spans).
 */
export function faultOf(
  direction: Operation['direction'],
  { outcome, handshake, unknownTool }: Result,
): 'failed' | 'rejected' | undefined {
  switch (outcome.kind) {
    case 'ok':
      return undefined;
    case 'cancelled':
      return direction === 'to-client' ? 'failed' : undefined;
    case 'refused':
      return handshake === 'probe' ? undefined : 'rejected';
    case 'rpc-error':
      if (handshake === 'probe') return undefined;
      return direction === 'to-server' && isCallerFault(outcome.code) ? 'rejected' : 'failed';
    case 'tool-error':
      return direction === 'to-server' && unknownTool ? 'rejected' : 'failed';
    case 'failed':
    case 'lost':
      return 'failed';
  }
}

const isCallerFault = (code: number | undefined): boolean => code !== undefined && CALLER_FAULTS.has(code);

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
  if (counted.firstOfCall) totals.toolCalls++;
  if (counted.failed) totals.failed++;
  if (counted.rejected) totals.rejected++;
  if (handshake !== undefined && handshake !== 'probe') {
    totals.handshakes++;
    totals.handshakeSeconds += seconds;
  }
  if (discovery !== undefined) totals.discoveries++;
}
