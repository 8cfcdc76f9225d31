import type { RequestFacts } from '../observe/facts.ts';
import { keepNewest } from '../transport/bounded.ts';
import type { Client } from './client.ts';
import { isLoopbackPeer } from './grouping.ts';
import { principalOf } from './principal.ts';

interface Introduced {
  /** Undefined: several have introduced themselves from there, so none can be told by it. */
  client: Client | undefined;
  at: number;
}

const MAX_GAP_MS = 1_800_000;
const MAX_INTRODUCTIONS = 1_000;

/**
 * A legacy server may mint no session id: then its client says who it is in `initialize` only, and each later request
 * has nothing but a credential, or a loopback peer, and a User-Agent (`node`, often). One that introduced itself from
 * there is remembered for 30 minutes; two make it unknowable.
 */
export class Introductions {
  readonly #known = new Map<string, Introduced>();
  readonly #listensOnLoopback: boolean;

  constructor(listensOnLoopback: boolean) {
    this.#listensOnLoopback = listensOnLoopback;
  }

  introduced(request: RequestFacts, client: Client, at: number): void {
    const key = this.keyOf(request);
    if (key === undefined) return;
    const before = this.#recent(key, at);
    // A bridge's throw-away handshake comes before that of its client, and says nothing of who speaks.
    if (before !== undefined && client.throwAway) return;
    const same = before === undefined || before.client === client || before.client?.throwAway === true;
    this.#known.delete(key);
    this.#known.set(key, { client: same ? client : undefined, at });
    keepNewest(this.#known, MAX_INTRODUCTIONS);
  }

  who(request: RequestFacts, at: number): Client | undefined {
    if (this.#known.size === 0) return undefined;
    const key = this.keyOf(request);
    return key === undefined ? undefined : this.#recent(key, at)?.client;
  }

  #recent(key: string, at: number): Introduced | undefined {
    const known = this.#known.get(key);
    return known !== undefined && at - known.at < MAX_GAP_MS ? known : undefined;
  }

  /** Who calls, as far as a request without a session tells: the credential or loopback peer, and the agent. */
  keyOf(request: RequestFacts): string | undefined {
    const peer = isLoopbackPeer(request, { listensOnLoopback: this.#listensOnLoopback }) ? 'peer' : undefined;
    const caller = request.credential === undefined ? peer : principalOf(request.credential);
    return caller === undefined ? undefined : `${caller}\0${request.userAgent}`;
  }
}
