import { RingReader } from '../../src/transport/wire/ring-reader.ts';
import type { SharedRing } from '../../src/transport/wire/ring-writer.ts';
import type { WireEvent } from '../../src/transport/wire/wire-event.ts';

/** What a relay told its observer since the last call. */
export function eventsIn(ring: SharedRing): WireEvent[] {
  const events: WireEvent[] = [];
  new RingReader(ring).drain((event) => events.push(event), Number.POSITIVE_INFINITY);
  return events;
}
