import type { RequestId } from '../observe/message.ts';
import type { Direction } from '../transport/wire/wire-event.ts';
import type { Operation } from './operation.ts';

const MAX_WAITING = 10_000;
const MAX_WAITING_PER_SESSION = 1_000;
/** How long a client may take to resume a stream; the SDKs come back after one second. */
const COME_BACK_MS = 5_000;
/** How long a call waits for its answer when its session has no stream that could bring it. */
const MAX_WAIT_MS = 30_000;

interface Waiting {
  'to-server': Map<RequestId, Operation>;
  'to-client': Map<RequestId, Operation>;
}

/**
 * Requests whose answer comes, if at all, on another exchange than the one that carried them: a server's requests, and
 * a client's after its stream broke off. Scoped by session and direction: ids repeat across both. Bounded: the oldest
 * is forgotten.
 */
export class PendingElsewhere {
  readonly #sessions = new Map<string, Waiting>();
  readonly #onForgotten: (operation: Operation) => void;
  #count = 0;

  constructor(onForgotten: (operation: Operation) => void) {
    this.#onForgotten = onForgotten;
  }

  /** Returns the operation whose id was used again before it was answered, if there is one. */
  add(key: string, direction: Direction, id: RequestId, operation: Operation): Operation | undefined {
    const waiting = this.#sessions.get(key) ?? { 'to-server': new Map(), 'to-client': new Map() };
    this.#sessions.set(key, waiting);
    const before = waiting[direction].get(id);
    if (before === undefined) this.#count++;
    waiting[direction].set(id, operation);
    if (waiting[direction].size > MAX_WAITING_PER_SESSION) this.#forgetOldest(key, waiting, direction);
    else if (this.#count > MAX_WAITING) {
      for (const [oldest, other] of this.#sessions) {
        this.#forgetOldest(oldest, other, other['to-server'].size > 0 ? 'to-server' : 'to-client');
        break;
      }
    }
    return before;
  }

  take(key: string, direction: Direction, id: RequestId): Operation | undefined {
    const waiting = this.#sessions.get(key);
    const operation = waiting?.[direction].get(id);
    if (waiting === undefined || operation === undefined) return undefined;
    waiting[direction].delete(id);
    this.#count--;
    if (waiting['to-server'].size + waiting['to-client'].size === 0) this.#sessions.delete(key);
    return operation;
  }

  find(key: string, direction: Direction, id: RequestId): Operation | undefined {
    return this.#sessions.get(key)?.[direction].get(id);
  }

  waitingFor(key: string, direction: Direction): Iterable<Operation> {
    return this.#sessions.get(key)?.[direction].values() ?? [];
  }

  /** All that wait in a session, which has ended. */
  takeAll(key: string): Operation[] {
    const waiting = this.#sessions.get(key);
    if (waiting === undefined) return [];
    this.#sessions.delete(key);
    const operations = [...waiting['to-server'].values(), ...waiting['to-client'].values()];
    this.#count -= operations.length;
    return operations;
  }

  /**
   * Calls that nothing can answer any more: their client went away and did not come back, or no stream was opened that
   * could bring an answer. @param held the session has a stream open
   */
  takeAbandoned(at: number, held: (key: string) => boolean): Operation[] {
    const abandoned: Operation[] = [];
    for (const [key, waiting] of this.#sessions) {
      if (waiting['to-server'].size === 0 || held(key)) continue;
      for (const [id, operation] of waiting['to-server']) {
        const { leftAt, waitsSince } = operation;
        const [since, patienceMs] = leftAt > 0 ? [leftAt, COME_BACK_MS] : [waitsSince, MAX_WAIT_MS];
        if (since === 0 || at - since < patienceMs) continue;
        this.take(key, 'to-server', id);
        abandoned.push(operation);
      }
    }
    return abandoned;
  }

  keys(): string[] {
    return [...this.#sessions.keys()];
  }

  #forgetOldest(key: string, waiting: Waiting, direction: Direction): void {
    for (const [id, operation] of waiting[direction]) {
      this.take(key, direction, id);
      this.#onForgotten(operation);
      break;
    }
  }
}
