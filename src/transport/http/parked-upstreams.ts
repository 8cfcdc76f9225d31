import type { Served } from './served.ts';
import type { UpstreamSide } from './upstream-side.ts';

/** A client that asks more servers than this over one connection has the oldest closed. */
const MAX_PARKED = 16;

/**
 * Connections to servers that a client asked over the connection it asks another one over now. Without them a client
 * that asks two servers in turn would open a connection to each for each request.
 */
export class ParkedUpstreams {
  /** In the order of their last use. */
  readonly #sides = new Map<Served, UpstreamSide>();

  park(served: Served, side: UpstreamSide): void {
    if (served.retired) {
      side.end();
      return;
    }
    side.park();
    this.#sides.set(served, side);
    if (this.#sides.size <= MAX_PARKED) return;
    const [oldest] = this.#sides;
    if (oldest === undefined) return;
    oldest[1].end();
    this.#sides.delete(oldest[0]);
  }

  /** The connection to a server; undefined: there is none that is open. */
  take(served: Served): UpstreamSide | undefined {
    const side = this.#sides.get(served);
    this.#sides.delete(served);
    return side?.unpark() === true ? side : undefined;
  }

  /** Closes those to servers that are served no longer. */
  letGo(): void {
    for (const [served, side] of this.#sides) {
      if (!served.retired) continue;
      side.end();
      this.#sides.delete(served);
    }
  }

  /** Closes all. */
  end(): void {
    for (const side of this.#sides.values()) side.end();
    this.#sides.clear();
  }
}
