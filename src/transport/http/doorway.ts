import { listenOn } from '../listen.ts';
import type { Address } from '../names.ts';
import type { Identity } from '../tls/pem-files.ts';
import { createListener, type Listener, type ListenerTls } from './listener.ts';
import { Pair } from './pair.ts';
import type { RelayContext, RelayShared } from './relay-context.ts';
import { Routes } from './routes.ts';
import { Served, type ServedOptions } from './served.ts';
import type { UpstreamCertificates } from './upstream.ts';

export interface DoorwayOptions {
  /** Undefined: it listens without TLS. */
  tls: ListenerTls | undefined;
  /** Several relays share the ports (Linux). */
  reusePort: boolean;
}

/** One address where clients connect, with the connections that it accepted and the servers behind it. */
export class Doorway {
  /** Where it listens; 0: nowhere yet. */
  port = 0;
  readonly #context: RelayContext;
  readonly #listener: Listener;
  readonly #reusePort: boolean;
  readonly #pairs = new Set<Pair>();
  #host = '';
  #closed: Promise<void> | undefined;

  constructor(shared: RelayShared, { tls, reusePort }: DoorwayOptions) {
    this.#context = { ...shared, routes: new Routes([], ''), draining: false };
    this.#reusePort = reusePort;
    const onOver = (pair: Pair): void => void this.#pairs.delete(pair);
    this.#listener = createListener(tls, (socket) => void this.#pairs.add(new Pair(this.#context, socket, onOver)));
  }

  /** Listens, before it serves anything. Rejects when it can't. */
  async listen({ host, port }: Address): Promise<void> {
    this.#host = host;
    this.port = await listenOn(this.#listener.server, { host, port, reusePort: this.#reusePort });
  }

  /** Serves these servers from now on. Those that did not change keep what they know. */
  serve(servers: readonly ServedOptions[]): void {
    const before = new Map(this.#context.routes.all.map((one) => [one.options.index, one]));
    const all = servers.map((options) => {
      const known = before.get(options.index);
      return known?.options.revision === options.revision
        ? known
        : new Served(options, this.#host, known, this.#context.lookUp);
    });
    this.#context.routes = new Routes(all, this.#host);
    this.#retire([...before.values()].filter((one) => !all.includes(one)));
  }

  renewIdentity(identity: Identity): void {
    this.#listener.renew(identity);
  }

  renewUpstream(server: number, certificates: UpstreamCertificates): void {
    for (const { options, upstream } of this.#context.routes.all)
      if (options.index === server) upstream.renew(certificates);
  }

  /** Refuses requests whose heads began to arrive before a time, and are not complete. */
  refuseLate(before: number): void {
    for (const pair of this.#pairs) pair.refuseLate(before);
  }

  /** Stops accepting. What is under way goes on for as long as it takes. Resolves when all is closed. */
  leave(): Promise<void> {
    this.serve([]);
    const closed = this.#close();
    for (const pair of this.#pairs) pair.closeIdle();
    return closed;
  }

  /**
   * Stops accepting, ends standing streams, and waits at most so long for requests. `inFlight` of them had no whole answer;
   * `closed` resolves when all is closed, with how many were cut off.
   */
  drain(milliseconds: number): { inFlight: number; closed: Promise<number> } {
    let cut = 0;
    const closed = this.#close();
    for (const pair of this.#pairs) pair.drain();
    const inFlight = this.#inFlight();
    const deadline = setTimeout(() => {
      cut = this.#inFlight();
      for (const pair of this.#pairs) pair.cutOff();
    }, milliseconds);
    return {
      inFlight,
      closed: closed.then(() => {
        clearTimeout(deadline);
        return cut;
      }),
    };
  }

  #inFlight(): number {
    let requests = 0;
    for (const pair of this.#pairs) requests += pair.inFlight;
    return requests;
  }

  #close(): Promise<void> {
    this.#context.draining = true;
    this.#closed ??= new Promise<void>((resolve) => this.#listener.server.close(() => resolve()));
    this.#listener.cutHandshakes();
    return this.#closed;
  }

  #retire(servers: readonly Served[]): void {
    if (servers.length === 0) return;
    for (const served of servers) served.retired = true;
    for (const pair of this.#pairs) pair.letGo();
  }
}
