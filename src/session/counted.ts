import { CALLER_FAULTS } from './methods.ts';
import { isToolCall, type Counted, type HandshakeKind, type Operation, type Outcome } from './operation.ts';
import type { Session } from './session.ts';
import { isSessionGone } from './settle.ts';
import type { Totals } from './totals.ts';

/** The parts of an ending operation that its figures depend on. */
export interface Ending extends Result {
  session: Session | undefined;
}

/** How an operation ended. */
interface Result {
  outcome: Outcome;
  handshake: HandshakeKind | undefined;
  /** It called a tool that the server does not have. Some servers answer this with an error, others with a result. */
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
 * Whether an operation failed, as the conventions define it, or was rejected for a fault of its caller; undefined: neither.
 * @param direction chooses the view: `to-server` is the view of the request's receiver, `to-client` that of its sender.
 * The sender counts every JSON-RPC error as a failure (semantic-conventions-genai, MCP client spans).
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

/** The parts of an ended operation that totals depend on. */
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
