import type { RequestId } from '../observe/message.ts';
import type { Exchange } from '../observe/observation.ts';
import type { Client } from './client.ts';
import { headerKey, PROCESS } from './grouping.ts';
import type { Operation } from './operation.ts';

/** A batch has fewer, and so does a process that answers. Beyond this the oldest is forgotten. */
export const MAX_WAITING_PER_EXCHANGE = 10_000;

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
  /** The current event was sent before. */
  repeated: boolean;
}

/** The session that an exchange names: by the endpoint it belongs to, or in its header. */
export function sessionKeyOf({ request, endpointSessionId }: Exchange): string | undefined {
  if (request.carrier === 'stdio') return PROCESS.key;
  const id = endpointSessionId ?? request.sessionId;
  return id === undefined ? undefined : headerKey(id);
}

/** Where a server's requests wait that came on an exchange of no session: only as long as that. */
export const aloneKey = (exchange: Exchange): string => `alone\0${exchange.slot}`;

/** The exchanges that are open. */
export class OpenWork {
  readonly #work: (Work | undefined)[] = [];

  get(exchange: Exchange): Work | undefined {
    const work = this.#work[exchange.slot];
    return work?.exchange === exchange ? work : undefined;
  }

  of(exchange: Exchange): Work {
    let work = this.get(exchange);
    if (work === undefined) {
      work = {
        exchange,
        key: sessionKeyOf(exchange),
        waiting: new Map(),
        notifications: [],
        answered: false,
        method: undefined,
        client: undefined,
        modern: false,
        repeated: false,
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

  /** Those of a session. */
  ofSession(key: string): Work[] {
    const found: Work[] = [];
    for (const work of this.#work) if (work?.key === key) found.push(work);
    return found;
  }

  /** Those of a session that carried a request of this id which waits for its answer. */
  holding(key: string, id: RequestId): Work[] {
    return this.ofSession(key).filter((work) => work.waiting.has(id));
  }
}
