import { keepNewest } from '../transport/bounded.ts';
import type { Session } from './session.ts';

const MAX_EVENT_IDS = 200;

/** An event that was sent again after its stream was resumed; it counts once. Remembers the ids of the latest events. */
export function cameBefore(session: Session, eventId: string): boolean {
  session.seenEvents ??= new Set();
  const { seenEvents } = session;
  if (seenEvents.has(eventId)) return true;
  seenEvents.add(eventId);
  keepNewest(seenEvents, MAX_EVENT_IDS);
  return false;
}
