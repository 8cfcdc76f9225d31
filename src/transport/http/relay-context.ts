import type { Admission } from './admission.ts';
import type { Peers } from './peers.ts';
import type { Upstream } from './upstream.ts';
import type { SpanChooser } from '../trace/span-chooser.ts';
import type { RingWriter } from '../wire/ring-writer.ts';
import type { Slots } from '../wire/slots.ts';

/** What all connections of a relay share. */
export interface RelayContext {
  ring: RingWriter;
  slots: Slots;
  /** Somebody reads the copies. Otherwise none are made. */
  observed: boolean;
  peers: Peers;
  chooser: SpanChooser;
  upstream: Upstream;
  admit: Admission;
  maxMessageBytes: number;
  /** `traceparent` is written into `params._meta` too. */
  intoMeta: boolean;
  /** mcpspan is going down. */
  draining: boolean;
}
