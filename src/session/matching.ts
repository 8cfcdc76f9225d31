import { idAt, type Message, type RequestId } from '../observe/message.ts';
import type { Direction } from '../transport/wire/wire-event.ts';
import type { Operation } from './operation.ts';
import type { PendingElsewhere } from './pending.ts';
import { sessionKeyOf, type OpenWork, type Work } from './work.ts';

type Notification = Extract<Message, { kind: 'notification' }>;

/**
 * Which request an answer belongs to: one rule for every transport.
 *
 * JSON-RPC asks for the id as it was sent, and clients are more lenient than that: the SDKs take `"1"` for `1`, and an
 * HTTP response for the answer to its request. So an id that is right wins; then the exchange, where it carried one
 * request; then an id that is right but for its type, where that names one request.
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
    // Errors may come without an id (the SDK's 404): then the exchange alone says whose they are, if it can.
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

  /** The one request of this id in a session or activity that has no answer yet; of several, none. */
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

  /** Of this exchange, else of another one of the session: progress may come on a standing stream. */
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
   * An answer came that belongs to no request. Where requests wait beside it, it is most likely that of one of them: the
   * oldest is marked, and will not count as lost. Returns that.
   * @param at when it came: what was sent later was not answered by it
   */
  doubt(work: Work, at: number): Operation | undefined {
    const doubted = oldest(work.waiting.values(), at) ?? oldest(this.#waitingBeside(work), at);
    if (doubted !== undefined) doubted.doubtedAt = at;
    return doubted;
  }

  /** The answer to a request that was in doubt has come: so the other answer was that of another request. */
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

  /** Open exchanges of the session that wait for this id. Clients of one activity are several, whose ids repeat. */
  #besides({ exchange }: Work, id: RequestId): Work[] {
    const key = sessionKeyOf(exchange);
    return key === undefined ? [] : this.#work.holding(key, id);
  }

  #take(key: string, direction: Direction, id: RequestId | undefined): Operation | undefined {
    return id === undefined ? undefined : this.#elsewhere.take(key, direction, id);
  }
}

/** An exchange that carries what many requests are answered with: a process, a standing stream. */
const isShared = ({ exchange: { request } }: Work): boolean => request.carrier === 'stdio' || request.method === 'GET';

/** An HTTP response that is no stream: whatever it says, it says to its own request. */
const isOneBody = (work: Work): boolean => !isShared(work) && work.exchange.answer?.mediaType !== 'text/event-stream';

const keyOf = (work: Work): string | undefined => work.key ?? sessionKeyOf(work.exchange);

/** The one that has waited for longest at that time, of those that are not in doubt. */
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
