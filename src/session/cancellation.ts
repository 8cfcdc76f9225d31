import type { JsonObject } from '../observe/json-object.ts';
import { idAt, type RequestId } from '../observe/message.ts';
import { keepNewest } from '../transport/bounded.ts';
import type { Operation, Outcome } from './operation.ts';
import type { PendingElsewhere } from './pending.ts';
import { aloneKey, type OpenWork, type Work } from './work.ts';

export interface CancellationHooks {
  end(operation: Operation, outcome: Outcome, at: number): void;
  /** A call was given up: told once. */
  tell(operation: Operation): void;
}

const MAX_GIVEN_UP = 100;

/** What `notifications/cancelled` does to the operation it names. */
export class Cancellations {
  readonly #work: OpenWork;
  readonly #elsewhere: PendingElsewhere;
  readonly #hooks: CancellationHooks;

  constructor(work: OpenWork, elsewhere: PendingElsewhere, hooks: CancellationHooks) {
    this.#work = work;
    this.#elsewhere = elsewhere;
    this.#hooks = hooks;
  }

  byClient(work: Work, params: JsonObject, at: number): void {
    const id = idAt(params, 'requestId');
    if (id === undefined || work.key === undefined) return;
    const elsewhere = this.#elsewhere.take(work.key, 'to-server', id);
    if (elsewhere !== undefined) this.#hooks.end(elsewhere, { kind: 'cancelled' }, at);
    const open = this.#work.find(work.key, id);
    if (open === undefined) return;
    if (work.exchange.request.carrier === 'stdio') this.#giveUp(work, open, id, at);
    else this.mark(open);
  }

  byServer(work: Work, params: JsonObject, at: number): void {
    const id = idAt(params, 'requestId');
    const operation =
      id === undefined ? undefined : this.#elsewhere.take(work.key ?? aloneKey(work.exchange), 'to-client', id);
    if (operation !== undefined) this.#hooks.end(operation, { kind: 'cancelled' }, at);
  }

  mark(operation: Operation): void {
    // A subscription that its client ends is no call that was given up.
    if (operation.cancelled || operation.method === 'subscriptions/listen') return;
    operation.cancelled = true;
    this.#hooks.tell(operation);
  }

  /** A call over HTTP ends with its exchange; one to a process now, or never. Its answer may be on its way. */
  #giveUp(work: Work, operation: Operation, id: RequestId, at: number): void {
    work.waiting.delete(id);
    work.givenUp ??= new Set();
    work.givenUp.add(id);
    keepNewest(work.givenUp, MAX_GIVEN_UP);
    this.#hooks.end(operation, { kind: operation.method === 'subscriptions/listen' ? 'ok' : 'cancelled' }, at);
  }
}
