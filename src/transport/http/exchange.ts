import { now } from '../clock.ts';
import { Copier } from './exchange-tap.ts';
import type { RelayShared } from './relay-context.ts';
import type { RequestHead } from './request-head.ts';
import type { Served } from './served.ts';
import type { UpstreamFault } from '../upstream-fault.ts';
import type { CloseReason } from '../wire/wire-event.ts';

/** One request and its answer, which may overlap. */
export class Exchange {
  readonly served: Served;
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
  /** The connection closes after the answer, whoever says so: what the client sent after it is no request. */
  final = false;
  #closed = false;

  /**
   * @param served the server that it is for
   * @param peer stands for the client's address
   * @param head the request's head as it came, without its empty line
   */
  constructor(
    { observed, ring, slots }: RelayShared,
    served: Served,
    peer: number,
    { method, version, standing, upgrades, connection }: RequestHead,
    head: Buffer,
  ) {
    this.served = served;
    this.method = method;
    this.version = version;
    this.standing = standing;
    this.upgrades = upgrades;
    this.closes = connection.closes || (version === '1.0' && !connection.keepsAlive);
    const { index, maxMessageBytes } = served.options;
    this.copier = observed ? new Copier(ring, slots, maxMessageBytes, now(), head, { peer, server: index }) : undefined;
  }

  /** Tells the observer how it ended. Only the first end counts. */
  close(reason: CloseReason, fault?: UpstreamFault): void {
    if (this.#closed) return;
    this.#closed = true;
    this.copier?.closed(now(), reason, fault);
  }
}
