import { now } from '../clock.ts';
import type { Address } from '../names.ts';
import type { Identity } from '../tls/pem-files.ts';
import { RingWriter, type SharedRing } from '../wire/ring-writer.ts';
import { Slots } from '../wire/slots.ts';
import type { LookUpAll } from './addresses.ts';
import { Doorway, type DoorwayOptions } from './doorway.ts';
import { Peers } from './peers.ts';
import type { RelayShared } from './relay-context.ts';
import type { ServedOptions } from './served.ts';
import type { UpstreamCertificates } from './upstream.ts';

/** Plain data and shared memory, as a relay may run on a thread of its own. */
export interface RelayOptions extends DoorwayOptions {
  ring: SharedRing;
  /** Random: with it, numbers are made of clients' addresses. */
  peerKey: string;
  /** Somebody reads the copies. Otherwise none are made. */
  observed: boolean;
}

/** An address, and the servers behind it. */
export interface ListenerOptions {
  /** Names it, while it lasts. */
  key: string;
  listen: Address;
  servers: readonly ServedOptions[];
}

export interface Relay {
  /**
   * Listens on these addresses, in place of those before, and serves what is behind them. What is under way goes on.
   * Resolves with the ports, in the order of the listeners. Rejects when it can't listen on one; nothing has changed then.
   */
  serve(listeners: readonly ListenerOptions[]): Promise<readonly number[]>;
  /** Shows another certificate to clients that connect from now on. */
  renewIdentity(identity: Identity): void;
  /** Uses other certificates for connections to a server from now on. @param server its index */
  renewUpstream(server: number, certificates: UpstreamCertificates): void;
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

/**
 * Makes a relay, which forwards what comes once it serves something.
 * @param lookUp asks the name server for addresses of upstreams; absent: as the system does
 */
export function createRelay({ ring, observed, peerKey, ...options }: RelayOptions, lookUp?: LookUpAll): Relay {
  const shared: RelayShared = {
    ring: new RingWriter(ring),
    slots: new Slots(),
    observed,
    peers: new Peers(peerKey),
    lookUp,
  };
  let doorwayOptions: DoorwayOptions = options;
  let open = new Map<string, Doorway>();
  /** Those that are no longer wanted, until their last connection has closed. */
  const leaving = new Set<Doorway>();
  const heads = setInterval(() => {
    for (const doorway of [...open.values(), ...leaving]) doorway.refuseLate(now() - MAX_HEAD_MS);
  }, HEAD_CHECK_MS);
  heads.unref();

  return {
    serve: async (listeners) => {
      const added: Doorway[] = [];
      const next = new Map<string, Doorway>();
      try {
        for (const { key, listen } of listeners) {
          let doorway = open.get(key);
          if (doorway === undefined) {
            doorway = new Doorway(shared, doorwayOptions);
            added.push(doorway);
            await doorway.listen(listen);
          }
          next.set(key, doorway);
        }
      } catch (error) {
        await Promise.all(added.map((doorway) => doorway.drain(0).closed));
        throw error;
      }
      for (const [key, doorway] of open) {
        if (next.has(key)) continue;
        leaving.add(doorway);
        void doorway.leave().then(() => leaving.delete(doorway));
      }
      open = next;
      return listeners.map(({ key, servers }) => {
        const doorway = next.get(key);
        doorway?.serve(servers);
        return doorway?.port ?? 0;
      });
    },
    renewIdentity: (identity) => {
      const { tls } = doorwayOptions;
      if (tls !== undefined) doorwayOptions = { ...doorwayOptions, tls: { ...tls, identity } };
      for (const doorway of open.values()) doorway.renewIdentity(identity);
    },
    renewUpstream: (server, certificates) => {
      for (const doorway of open.values()) doorway.renewUpstream(server, certificates);
    },
    drain: (milliseconds) => {
      clearInterval(heads);
      const draining = [...open.values(), ...leaving].map((doorway) => doorway.drain(milliseconds));
      return {
        inFlight: Promise.resolve(sum(draining.map(({ inFlight }) => inFlight))),
        closed: Promise.all(draining.map(({ closed }) => closed)).then(sum),
      };
    },
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);
