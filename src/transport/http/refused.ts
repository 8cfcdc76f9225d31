import { now } from '../clock.ts';
import type { Refusal } from './refusal.ts';
import type { RingWriter } from '../wire/ring-writer.ts';
import type { Slots } from '../wire/slots.ts';

/** Tells the observer of a request that mcpspan answers itself: an exchange of its own, of which nothing is copied. */
export function tellRefused(
  { observed, ring, slots }: { observed: boolean; ring: RingWriter; slots: Slots },
  { status, text }: Pick<Refusal, 'status' | 'text'>,
): void {
  if (!observed) return;
  const exchange = slots.take();
  ring.refused(exchange, now(), status, text);
  slots.free(exchange);
}
