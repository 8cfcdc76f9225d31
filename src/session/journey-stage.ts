import type { Stage } from './journey.ts';
import { DISCOVERY_METHODS } from './methods.ts';
import type { EndedOperation } from './operation.ts';
import { isAnswered, isHandshake, isSuccess } from './settle.ts';

/** What a client connects for. */
const USES: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read', 'completion/complete']);

/**
 * The stage of a journey that an operation is about, and whether it was reached; undefined: none. A call counts however it
 * was answered: the server has it.
 */
export function stageOfOperation(operation: EndedOperation): { stage: Stage; reached: boolean } | undefined {
  const { method, outcome, handshake, counted } = operation;
  if (isHandshake(method)) {
    if (handshake === 'initialize' || handshake === 'discover') return { stage: 'handshake', reached: true };
    return handshake === 'failed' ? { stage: 'handshake', reached: false } : undefined;
  }
  if (counted.turnedAway || !isAnswered(operation, outcome)) return undefined;
  if (DISCOVERY_METHODS.has(method)) return { stage: 'lists', reached: isSuccess(outcome) };
  return USES.has(method) ? { stage: 'call', reached: true } : undefined;
}
