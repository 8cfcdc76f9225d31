import { now } from '../clock.ts';
import { listenOn } from '../listen.ts';
import type { Certificates } from '../tls/certificates.ts';
import { SpanChooser, type PropagationOptions } from '../trace/span-chooser.ts';
import { RingWriter, type SharedRing } from '../wire/ring-writer.ts';
import { Slots } from '../wire/slots.ts';
import { createAdmission } from './admission.ts';
import { createListener, type ListenerTls } from './listener.ts';
import { Pair } from './pair.ts';
import { Peers } from './peers.ts';
import type { RelayContext } from './relay-context.ts';
import { keepsHost } from './request-head.ts';
import { Upstream, type UpstreamCertificates } from './upstream.ts';

/** Plain data and shared memory, as a relay may run on a thread of its own. */
export interface RelayOptions {
  /** A URL. Only its origin is used. */
  upstream: string;
  listen: { host: string; port: number };
  /** Undefined: it listens without TLS. */
  tls: ListenerTls | undefined;
  certificates: UpstreamCertificates;
  /** Several relays share the port (Linux). */
  reusePort: boolean;
  upstreamHost: 'auto' | 'keep' | 'upstream';
  allowHost: readonly string[];
  allowOrigin: readonly string[];
  connectTimeoutSeconds: number;
  maxMessageBytes: number;
  propagation: PropagationOptions;
  /** `traceparent` is written into `params._meta` too. */
  intoMeta: boolean;
  ring: SharedRing;
  /** Random: with it, numbers are made of clients' addresses. */
  peerKey: string;
  /** Somebody reads the copies. Otherwise none are made. */
  observed: boolean;
}

export interface Relay {
  port: number;
  /** Takes up new certificates, for the connections that come from now on. */
  renew(certificates: Certificates): void;
  /** Stops accepting, ends standing streams, and waits at most so long for requests. */
  drain(milliseconds: number): Draining;
}

/** A relay that goes down. */
export interface Draining {
  /** How many requests were in flight when it began. */
  inFlight: Promise<number>;
  /** Resolves when all is closed, with how many requests were cut off. */
  closed: Promise<number>;
}

/** So long the head of a request may take to arrive. */
const MAX_HEAD_MS = 60_000;
const HEAD_CHECK_MS = 10_000;

/** Listens, and forwards what comes. Rejects when it can't listen on the address. */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const { listen } = options;
  const url = new URL(options.upstream);
  const context: RelayContext = {
    ring: new RingWriter(options.ring),
    slots: new Slots(),
    observed: options.observed,
    peers: new Peers(options.peerKey),
    chooser: new SpanChooser(options.propagation),
    upstream: new Upstream(
      url,
      keepsHost(options.upstreamHost, url),
      options.connectTimeoutSeconds * 1_000,
      options.certificates,
    ),
    admit: createAdmission({
      listeningOn: listen.host,
      allowHost: options.allowHost,
      allowOrigin: options.allowOrigin,
    }),
    maxMessageBytes: options.maxMessageBytes,
    intoMeta: options.intoMeta,
    draining: false,
  };
  const pairs = new Set<Pair>();
  const onOver = (pair: Pair): void => void pairs.delete(pair);
  const listener = createListener(options.tls, (socket) => void pairs.add(new Pair(context, socket, onOver)));
  const { server } = listener;
  const port = await listenOn(server, { ...listen, reusePort: options.reusePort });
  const heads = setInterval(() => {
    for (const pair of pairs) pair.refuseLate(now() - MAX_HEAD_MS);
  }, HEAD_CHECK_MS);
  heads.unref();
  return {
    port,
    renew: (certificates) => {
      context.upstream.renew(certificates);
      if (certificates.listener !== undefined) listener.renew(certificates.listener);
    },
    drain: (milliseconds) => {
      context.draining = true;
      let cut = 0;
      const closed = new Promise<number>((resolve) => {
        server.close(() => {
          clearTimeout(deadline);
          clearInterval(heads);
          resolve(cut);
        });
      });
      listener.cutHandshakes();
      for (const pair of pairs) pair.drain();
      const inFlight = countInFlight(pairs);
      const deadline = setTimeout(() => {
        cut = countInFlight(pairs);
        for (const pair of pairs) pair.cutOff();
      }, milliseconds);
      return { inFlight: Promise.resolve(inFlight), closed };
    },
  };
}

const countInFlight = (pairs: ReadonlySet<Pair>): number => [...pairs].reduce((sum, pair) => sum + pair.inFlight, 0);
