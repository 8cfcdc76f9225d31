import { hash } from 'node:crypto';
import { sliceOfMember } from '../observe/skim.ts';
import { keepNewest } from '../transport/bounded.ts';
import type { Operation, Placement } from './operation.ts';
import { taskIn } from './tasks.ts';

interface Round {
  attempt: number;
  first: { traceId: string; spanId: string };
}

const MAX_ROUNDS = 1_000;
const MAX_SMALL_BYTES = 4_096;

/**
 * Multi-round requests of 2026-07-28: an answer that asks for input contains a `requestState`, and the client repeats
 * its request with it. Only the hash of the state is kept. A request with an unknown state counts as attempt 2, without
 * a link to the first. A call that became a task (extension `io.modelcontextprotocol/tasks`, and the experiment of
 * 2025-11-25) goes on in the requests that ask for the task.
 */
export class Rounds {
  readonly #rounds = new Map<string, Round>();

  /** Checks whether a request is a further round; if so, numbers it and links it to the first. */
  began(operation: Operation, params: Readonly<Record<string, unknown>>, text: Uint8Array): void {
    if (this.#asksForTask(operation)) return;
    if (
      !('requestState' in params) &&
      !('inputResponses' in params) &&
      (text.length <= MAX_SMALL_BYTES || operation.era === 'legacy')
    )
      return;
    const state = hashOf(text, 'params');
    const round = state === undefined ? undefined : this.#rounds.get(state);
    if (round !== undefined) {
      operation.attempt = round.attempt + 1;
      operation.firstAttempt = round.first;
    } else if ('requestState' in params || 'inputResponses' in params) operation.attempt = 2;
  }

  /** Remembers the round if its answer asks for another one. */
  answered(
    operation: Operation,
    placement: Placement,
    result: Readonly<Record<string, unknown>>,
    text: Uint8Array,
  ): void {
    const task = taskIn(result);
    const state =
      task !== undefined
        ? taskKey(task)
        : result['resultType'] === 'input_required'
          ? hashOf(text, 'result')
          : undefined;
    if (state === undefined) return;
    const first = operation.firstAttempt ?? { traceId: placement.traceId, spanId: operation.spanId };
    this.#remember(state, { attempt: operation.attempt, first });
  }

  /** Each poll is one more attempt at the call that became the task. */
  #asksForTask(operation: Operation): boolean {
    const { taskId } = operation;
    if (taskId === undefined) return false;
    const round = this.#rounds.get(taskKey(taskId));
    if (round === undefined) return true;
    operation.attempt = round.attempt + 1;
    operation.firstAttempt = round.first;
    this.#remember(taskKey(taskId), { attempt: operation.attempt, first: round.first });
    return true;
  }

  #remember(key: string, round: Round): void {
    this.#rounds.delete(key);
    this.#rounds.set(key, round);
    keepNewest(this.#rounds, MAX_ROUNDS);
  }
}

function hashOf(text: Uint8Array, member: 'params' | 'result'): string | undefined {
  const state = sliceOfMember(text, [member, 'requestState']);
  return state === undefined ? undefined : hash('sha256', Buffer.from(state), 'base64');
}

const taskKey = (taskId: string): string => `task\0${hash('sha256', taskId, 'base64')}`;
