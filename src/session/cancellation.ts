import type { JsonObject } from '../observe/json-object.ts';
import { idAt, type RequestId } from '../observe/message.ts';
import { keepNewest } from '../transport/bounded.ts';
import { twinOf, type Matching } from './matching.ts';
import type { Operation, Outcome } from './operation.ts';
import type { PendingElsewhere } from './pending.ts';
import { aloneKey, type Work } from './work.ts';

export interface CancellationHooks {
  end(operation: Operation, outcome: Outcome, at: number): void;
  /** Called once for each call that its client cancelled. */
  report(operation: Operation): void;
}

/** How many calls are remembered for each session, and for how many sessions. */
const MAX_GIVEN_UP = 100;
const MAX_SESSIONS = 1_000;

/** Applies `notifications/cancelled` to the operation it names. */
export class Cancellations {
  readonly #matching: Matching;
  readonly #elsewhere: PendingElsewhere;
  readonly #hooks: CancellationHooks;
  /** Cancelled calls, by session. Their answers may already have been on the way. */
  readonly #givenUp = new Map<string, Set<RequestId>>();

  constructor(matching: Matching, elsewhere: PendingElsewhere, hooks: CancellationHooks) {
    this.#matching = matching;
    this.#elsewhere = elsewhere;
    this.#hooks = hooks;
  }

  byClient(work: Work, params: JsonObject, at: number): void {
    const id = idAt(params, 'requestId');
    if (id === undefined || work.key === undefined) return;
    const elsewhere = this.#elsewhere.take(work.key, 'to-server', id);
    if (elsewhere !== undefined) this.#giveUp(work.key, elsewhere, id, at);
    const open = this.#matching.find(work.key, id);
    if (open === undefined) return;
    if (work.exchange.request.carrier === 'stdio') {
      work.waiting.delete(id);
      this.#giveUp(work.key, open, id, at);
    } else this.mark(open);
  }

  byServer(work: Work, params: JsonObject, at: number): void {
    const id = idAt(params, 'requestId');
    const operation =
      id === undefined ? undefined : this.#elsewhere.take(work.key ?? aloneKey(work.exchange), 'to-client', id);
    if (operation !== undefined) this.#hooks.end(operation, { kind: 'cancelled' }, at);
  }

  mark(operation: Operation): void {
    // A client that ends its subscription has not cancelled a call.
    if (operation.cancelled || operation.method === 'subscriptions/listen') return;
    operation.cancelled = true;
    this.#hooks.report(operation);
  }

  /** Whether this is the late answer to a cancelled call. Returns true only once for each call. */
  isLate(key: string | undefined, id: RequestId): boolean {
    const givenUp = key === undefined ? undefined : this.#givenUp.get(key);
    if (givenUp === undefined) return false;
    const twin = twinOf(id);
    return givenUp.delete(id) || (twin !== undefined && givenUp.delete(twin));
  }

  /** A call over HTTP ends with its exchange if that is still open; any other call ends now. Its answer may be on the way. */
  #giveUp(key: string, operation: Operation, id: RequestId, at: number): void {
    const givenUp = this.#givenUp.get(key) ?? new Set();
    givenUp.add(id);
    keepNewest(givenUp, MAX_GIVEN_UP);
    this.#givenUp.delete(key);
    this.#givenUp.set(key, givenUp);
    keepNewest(this.#givenUp, MAX_SESSIONS);
    this.mark(operation);
    this.#hooks.end(operation, { kind: operation.method === 'subscriptions/listen' ? 'ok' : 'cancelled' }, at);
  }
}
