import { idAt, type Message, type RequestId } from '../observe/message.ts';
import type { Direction } from '../transport/wire/wire-event.ts';
import type { Operation } from './operation.ts';
import type { PendingElsewhere } from './pending.ts';
import { sessionKeyOf, type OpenWork, type Work } from './work.ts';

type Notification = Extract<Message, { kind: 'notification' }>;

/**
 * Finds the request that an answer belongs to, by one rule for every transport.
 *
 * JSON-RPC requires the same id, but clients are more lenient: the SDKs accept `"1"` for `1`, and any HTTP response as
 * the answer to its request. So an exact id wins; then the exchange, if it carried only one request; then the same id
 * in the other type, if that names only one request.
 */
export class Matching {
  readonly #work: OpenWork;
  readonly #elsewhere: PendingElsewhere;

  constructor(work: OpenWork, elsewhere: PendingElsewhere) {
    this.#work = work;
    this.#elsewhere = elsewhere;
  }

  /** Takes the client's request that an answer on this exchange belongs to. */
  takeAnswered(work: Work, id: RequestId | undefined): Operation | undefined {
    const own = work.waiting;
    // An error may have no id (the SDK's 404). Then only an exchange with a single request shows whose it is.
    if (id === undefined) return isShared(work) ? undefined : takeFrom(own, onlyKey(own));
    return (
      takeFrom(own, id) ??
      (isOneBody(work) ? takeFrom(own, onlyKey(own)) : undefined) ??
      this.#takeFromSession(work, id) ??
      (isShared(work) ? undefined : takeFrom(own, onlyKey(own))) ??
      this.#takeTwin(work, id)
    );
  }

  /** Takes the server's request that a client has answered. */
  takeAnsweredByClient(key: string, id: RequestId): Operation | undefined {
    return this.#take(key, 'to-client', id) ?? this.#take(key, 'to-client', twinOf(id));
  }

  /** The open request with this id in a session or activity; undefined if several have it. */
  find(key: string, id: RequestId): Operation | undefined {
    const [holder, ...more] = this.#work.holding(key, id);
    return this.#elsewhere.find(key, 'to-server', id) ?? (more.length > 0 ? undefined : holder?.waiting.get(id));
  }

  /** The request that a server's notification is about: by its progress token, else the only one of its exchange. */
  ofNotification(work: Work, { method, params }: Notification): Operation | undefined {
    const token = method === 'notifications/progress' ? idAt(params, 'progressToken') : undefined;
    const named = token === undefined ? undefined : (this.#ofToken(work, token) ?? this.#ofToken(work, twinOf(token)));
    const [only, ...more] = work.waiting.values();
    return named ?? (more.length === 0 ? only : undefined);
  }

  /** The request with this token on this exchange, else on another of the session: progress may come on a standing stream. */
  #ofToken(work: Work, token: RequestId | undefined): Operation | undefined {
    if (token === undefined) return undefined;
    const wanted = ({ progressToken }: Operation): boolean => progressToken === token;
    return work.waiting.values().find(wanted) ?? this.#waitingBeside(work).find(wanted);
  }

  /** All requests that wait in the session of an exchange, on exchanges that are open and on those that are over. */
  *#waitingBeside(work: Work): Generator<Operation, undefined> {
    const named = sessionKeyOf(work.exchange);
    if (named !== undefined) for (const other of this.#work.ofSession(named)) yield* other.waiting.values();
    const key = keyOf(work);
    if (key !== undefined) yield* this.#elsewhere.waitingFor(key, 'to-server');
    return undefined;
  }

  /**
   * An answer came that belongs to no request. If requests are waiting in its session, it most likely belongs to one of
   * them. So the oldest is marked and will not count as lost. Returns that request.
   * @param at when the answer came; it cannot belong to a later request
   */
  doubt(work: Work, at: number): Operation | undefined {
    const doubted = oldest(work.waiting.values(), at) ?? oldest(this.#waitingBeside(work), at);
    if (doubted !== undefined) doubted.doubtedAt = at;
    return doubted;
  }

  /** The answer to a doubted request has come, so the earlier unmatched answer must belong to another request. */
  passOnDoubt(operation: Operation, work: Work): void {
    const { doubtedAt } = operation;
    operation.doubtedAt = 0;
    if (doubtedAt > 0) this.doubt(work, doubtedAt);
  }

  /** Another exchange of the session carried the request: one that is over, or one that is open. */
  #takeFromSession(work: Work, id: RequestId): Operation | undefined {
    const key = keyOf(work);
    if (key === undefined) return undefined;
    const elsewhere = this.#take(key, 'to-server', id);
    if (elsewhere !== undefined || (work.waiting.size > 0 && !isShared(work))) return elsewhere;
    const [holder] = this.#besides(work, id);
    return holder === undefined ? undefined : takeFrom(holder.waiting, id);
  }

  #takeTwin(work: Work, id: RequestId): Operation | undefined {
    const twin = twinOf(id);
    if (twin === undefined) return undefined;
    const own = takeFrom(work.waiting, twin);
    const key = keyOf(work);
    if (own !== undefined || key === undefined) return own;
    const elsewhere = this.#take(key, 'to-server', twin);
    if (elsewhere !== undefined) return elsewhere;
    const [holder, ...more] = this.#besides(work, twin);
    return holder === undefined || more.length > 0 ? undefined : takeFrom(holder.waiting, twin);
  }

  /** Open exchanges of a real session that wait for this id. An activity has several clients, whose ids collide. */
  #besides({ exchange }: Work, id: RequestId): Work[] {
    const key = sessionKeyOf(exchange);
    return key === undefined ? [] : this.#work.holding(key, id);
  }

  #take(key: string, direction: Direction, id: RequestId | undefined): Operation | undefined {
    return id === undefined ? undefined : this.#elsewhere.take(key, direction, id);
  }
}

/** Whether an exchange can carry answers to requests of other exchanges: a process, a standing stream. */
const isShared = ({ exchange: { request } }: Work): boolean => request.carrier === 'stdio' || request.method === 'GET';

/** Whether an exchange has an HTTP response that is not a stream, and so can only answer its own request. */
const isOneBody = (work: Work): boolean => !isShared(work) && work.exchange.answer?.mediaType !== 'text/event-stream';

const keyOf = (work: Work): string | undefined => work.key ?? sessionKeyOf(work.exchange);

/** The operation that has waited longest at that time and is not in doubt yet. */
function oldest(operations: Iterable<Operation>, at: number): Operation | undefined {
  let found: Operation | undefined;
  for (const operation of operations) {
    if (operation.doubtedAt > 0 || operation.startedAt > at) continue;
    if (found === undefined || operation.startedAt < found.startedAt) found = operation;
  }
  return found;
}

/** The same id in the other type: `1` and `"1"`. */
export function twinOf(id: RequestId): RequestId | undefined {
  if (typeof id === 'number') return String(id);
  return String(Number(id)) === id ? Number(id) : undefined;
}

function onlyKey(waiting: ReadonlyMap<RequestId, Operation>): RequestId | undefined {
  return waiting.size === 1 ? waiting.keys().next().value : undefined;
}

function takeFrom(waiting: Map<RequestId, Operation>, id: RequestId | undefined): Operation | undefined {
  if (id === undefined) return undefined;
  const operation = waiting.get(id);
  waiting.delete(id);
  return operation;
}
