import { now } from '../clock.ts';
import { Copier } from './exchange-tap.ts';
import type { RelayContext } from './relay-context.ts';
import type { RequestHead } from './request-head.ts';
import type { UpstreamFault } from '../upstream-fault.ts';
import type { CloseReason } from '../wire/wire-event.ts';

/** One request and its answer, which may overlap. */
export class Exchange {
  readonly method: string;
  readonly version: string;
  /** Its answer is a standing stream. */
  readonly standing: boolean;
  /** It offers to go on in another protocol. */
  readonly upgrades: boolean;
  /** It is the last of its connection: what follows it is no request (RFC 9112, 9.6). */
  readonly closes: boolean;
  readonly copier: Copier | undefined;
  /** All of the request has gone on. */
  requested = false;
  /** The head of the answer has gone on. */
  answering = false;
  eventStream = false;
  /** All of the answer has gone on. */
  answered = false;
  /** The answer says that the client's connection closes after it, and the upstream did not. */
  last = false;
  #closed = false;

  /**
   * @param peer stands for the client's address
   * @param head the request's head as it came, without its empty line
   */
  constructor(
    { observed, ring, slots, maxMessageBytes }: RelayContext,
    peer: number,
    { method, version, standing, upgrades, connection }: RequestHead,
    head: Buffer,
  ) {
    this.method = method;
    this.version = version;
    this.standing = standing;
    this.upgrades = upgrades;
    this.closes = connection.closes || (version === '1.0' && !connection.keepsAlive);
    this.copier = observed ? new Copier(ring, slots, maxMessageBytes, now(), head, peer) : undefined;
  }

  /** Tells the observer how it ended. Only the first end counts. */
  close(reason: CloseReason, fault?: UpstreamFault): void {
    if (this.#closed) return;
    this.#closed = true;
    this.copier?.closed(now(), reason, fault);
  }
}
