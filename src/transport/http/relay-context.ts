import type { LookUpAll } from './addresses.ts';
import type { Peers } from './peers.ts';
import type { Routes } from './routes.ts';
import type { RingWriter } from '../wire/ring-writer.ts';
import type { Slots } from '../wire/slots.ts';

/** What all listeners of a relay share. */
export interface RelayShared {
  readonly ring: RingWriter;
  readonly slots: Slots;
  /** Somebody reads the copies. Otherwise none are made. */
  readonly observed: boolean;
  readonly peers: Peers;
  /** Asks the name server for addresses of upstreams; undefined: as the system does. */
  readonly lookUp: LookUpAll | undefined;
}

/** What all connections of a listener share. */
export interface RelayContext extends RelayShared {
  /** The servers behind it. Others may take their place at any time. */
  routes: Routes;
  /** It is going down. */
  draining: boolean;
}
