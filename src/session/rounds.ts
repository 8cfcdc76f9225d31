import { hash } from 'node:crypto';
import { sliceOfMember } from '../observe/skim.ts';
import { keepNewest } from '../transport/bounded.ts';
import type { Operation } from './operation.ts';

interface Round {
  attempt: number;
  first: { traceId: string; spanId: string };
}

const MOST = 1_000;
const SMALL_BYTES = 4_096;

/**
 * Multi-round requests of 2026-07-28: an answer that asks for input gives out a `requestState`, and the client sends its
 * request again with it. Only the state's hash is kept; one that is not known any more makes a second attempt of an
 * unknown first.
 */
export class Rounds {
  readonly #rounds = new Map<string, Round>();

  /** A request may be a further round: numbers it, and links it to the first. */
  began(operation: Operation, params: Readonly<Record<string, unknown>>, text: Uint8Array): void {
    if (
      !('requestState' in params) &&
      !('inputResponses' in params) &&
      (text.length <= SMALL_BYTES || operation.era === 'legacy')
    )
      return;
    const state = hashOf(text, 'params');
    const round = state === undefined ? undefined : this.#rounds.get(state);
    if (round !== undefined) {
      operation.attempt = round.attempt + 1;
      operation.firstAttempt = round.first;
    } else if ('requestState' in params || 'inputResponses' in params) operation.attempt = 2;
  }

  /** An answer may ask for another round. To be told when the operation has its place. */
  answered(operation: Operation, result: Readonly<Record<string, unknown>>, text: Uint8Array): void {
    if (result['resultType'] !== 'input_required' || operation.placement === undefined) return;
    const state = hashOf(text, 'result');
    if (state === undefined) return;
    const first = operation.firstAttempt ?? { traceId: operation.placement.traceId, spanId: operation.spanId };
    this.#rounds.set(state, { attempt: operation.attempt, first });
    keepNewest(this.#rounds, MOST);
  }
}

function hashOf(text: Uint8Array, member: 'params' | 'result'): string | undefined {
  const state = sliceOfMember(text, [member, 'requestState']);
  return state === undefined ? undefined : hash('sha256', Buffer.from(state), 'base64');
}
