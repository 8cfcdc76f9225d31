import { now } from '../clock.ts';
import type { Refusal } from './refusal.ts';
import type { RelayShared } from './relay-context.ts';

/**
 * Tells the observer of a request that mcpspan answers itself: an exchange of its own, of which nothing is copied.
 * @param server which it was for, if that is known
 */
export function tellRefused(
  { observed, ring, slots }: Pick<RelayShared, 'observed' | 'ring' | 'slots'>,
  { status, text }: Pick<Refusal, 'status' | 'text'>,
  server?: number,
): void {
  if (!observed) return;
  const exchange = slots.take();
  ring.refused(exchange, now(), status, text, server);
  slots.free(exchange);
}
