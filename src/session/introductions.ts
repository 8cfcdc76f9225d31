import type { RequestFacts } from '../observe/facts.ts';
import { keepNewest } from '../transport/bounded.ts';
import type { Client } from './client.ts';
import { isLoopbackPeer } from './grouping.ts';
import { principalOf } from './principal.ts';

interface Introduced {
  /** Undefined: several clients introduced themselves from there, so it identifies none of them. */
  client: Client | undefined;
  at: number;
}

const MAX_GAP_MS = 1_800_000;
const MAX_INTRODUCTIONS = 1_000;

/**
 * Remembers who introduced itself. A legacy server may mint no session id; then a client gives its name only in
 * `initialize`, and each later request has only a credential or a loopback peer, and a User-Agent (often `node`). A client
 * that introduced itself from there is remembered for 30 minutes. If two clients did, the caller cannot be identified.
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
    // A bridge's throw-away handshake comes before its client's own, and does not say who is calling.
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

  /** Identifies the caller of a request without a session: its credential or loopback peer, and its agent. */
  keyOf(request: RequestFacts): string | undefined {
    const peer = isLoopbackPeer(request, { listensOnLoopback: this.#listensOnLoopback }) ? 'peer' : undefined;
    const caller = request.credential === undefined ? peer : principalOf(request.credential);
    return caller === undefined ? undefined : `${caller}\0${request.userAgent}`;
  }
}
