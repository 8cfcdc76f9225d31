import type { RequestId } from '../observe/message.ts';
import type { Exchange } from '../observe/observation.ts';
import type { Client } from './client.ts';
import { headerKey, PROCESS } from './grouping.ts';
import type { Operation } from './operation.ts';
import type { PendingElsewhere } from './pending.ts';

/** What an open exchange carried, and what it waits for. */
export interface Work {
  exchange: Exchange;
  /** The session it belongs to, as far as that can be told. */
  key: string | undefined;
  /** Requests it carried that have no answer yet. */
  waiting: Map<RequestId, Operation>;
  notifications: Operation[];
  /** A message came back, so the HTTP status is not all that was answered. */
  answered: boolean;
  /** Of its first message, and who sent it. */
  method: string | undefined;
  client: Client | undefined;
  modern: boolean;
  /** The event at hand was sent before. */
  repeated: boolean;
  /** Requests that their client gave up; an answer may have been on its way. */
  givenUp: Set<RequestId> | undefined;
}

/** The session that an exchange names in its headers, its query, or the endpoint it gave out. */
export function sessionKeyOf({ request, endpointSessionId }: Exchange): string | undefined {
  if (request.carrier === 'stdio') return PROCESS.key;
  const id = request.sessionId ?? request.querySessionId ?? endpointSessionId;
  return id === undefined ? undefined : headerKey(id);
}

/** Where a server's requests wait that came on an exchange of no session: only as long as that. */
export const aloneKey = (exchange: Exchange): string => `alone\0${exchange.slot}`;

/** The exchanges that are open, and which operation an answer on one of them belongs to. */
export class OpenWork {
  readonly #work: (Work | undefined)[] = [];
  readonly #elsewhere: PendingElsewhere;

  constructor(elsewhere: PendingElsewhere) {
    this.#elsewhere = elsewhere;
  }

  get(exchange: Exchange): Work | undefined {
    const work = this.#work[exchange.slot];
    return work?.exchange === exchange ? work : undefined;
  }

  of(exchange: Exchange): Work {
    let work = this.get(exchange);
    if (work === undefined) {
      const key = sessionKeyOf(exchange);
      work = {
        exchange,
        key,
        waiting: new Map(),
        notifications: [],
        answered: false,
        method: undefined,
        client: undefined,
        modern: false,
        repeated: false,
        givenUp: undefined,
      };
      this.#work[exchange.slot] = work;
    }
    return work;
  }

  take(exchange: Exchange): Work | undefined {
    const work = this.get(exchange);
    if (work !== undefined) this.#work[exchange.slot] = undefined;
    return work;
  }

  takeAll(): Work[] {
    return this.#work.splice(0).filter((work) => work !== undefined);
  }

  /** The operation that an answer on this exchange belongs to: its own first, then those of its session. */
  claim(work: Work, id: RequestId | undefined): Operation | undefined {
    if (id === undefined) {
      // Errors may come without an id (the SDK's 404): then the exchange says whose they are.
      const [only, ...more] = work.waiting.keys();
      return only === undefined || more.length > 0 ? undefined : takeFrom(work.waiting, only);
    }
    const own = takeFrom(work.waiting, id);
    const key = work.key ?? sessionKeyOf(work.exchange);
    if (own !== undefined || key === undefined) return own;
    const elsewhere = this.#elsewhere.take(key, 'to-server', id);
    if (elsewhere !== undefined || work.waiting.size > 0) return elsewhere;
    const other = this.#holding(key, id);
    return other === undefined ? undefined : takeFrom(other.waiting, id);
  }

  /** A client's request of this session that has no answer yet. */
  find(key: string, id: RequestId): Operation | undefined {
    return this.#elsewhere.find(key, 'to-server', id) ?? this.#holding(key, id)?.waiting.get(id);
  }

  #holding(key: string, id: RequestId): Work | undefined {
    return this.#work.find((work) => work !== undefined && work.key === key && work.waiting.has(id));
  }
}

function takeFrom(waiting: Map<RequestId, Operation>, id: RequestId): Operation | undefined {
  const operation = waiting.get(id);
  waiting.delete(id);
  return operation;
}
