import type { SessionEvent } from '../session/event.ts';
import type { Privacy } from '../session/privacy.ts';
import type { Kinds } from './kinds.ts';
import { microseconds, rowOf } from './operation-row.ts';
import type { PendingWrites } from './pending-writes.ts';

export interface RecordTo {
  pending: PendingWrites;
  kinds: Kinds;
  privacy: Privacy;
  /** How far the wall clock is ahead of ours, in milliseconds. */
  skew(): number;
  /** By the wall clock. */
  nowUs(): number;
  count(client: string, what: string): void;
}

/** Puts what an event leaves in the record among the writes that wait. Returns whether there is something to write. */
export function recordEvent(event: SessionEvent, { pending, kinds, privacy, skew, nowUs, count }: RecordTo): boolean {
  switch (event.kind) {
    case 'operation-ended':
      if (event.operation.withheld) count(event.operation.clientLabel, 'withheld');
      else pending.addOperation(rowOf(event.operation, skew(), kinds, privacy));
      return true;
    case 'session-opened':
    case 'session-used':
      pending.addSession(event.session);
      return true;
    case 'session-ended':
      pending.addSession(event.session, { atUs: microseconds(event.at + skew()), reason: event.reason });
      return true;
    case 'client-changed': {
      const { at, clientLabel, what, before, after } = event;
      pending.addChange({ atUs: microseconds(at + skew()), client: clientLabel, what, before, after });
      return true;
    }
    case 'tools-listed':
      if (!pending.addTools({ atUs: microseconds(event.at + skew()), tools: event.tools })) count('', NOT_FOLLOWED);
      return true;
    case 'tools-changed': {
      const atUs = microseconds(event.at + skew());
      for (const change of event.changes) if (!pending.addToolChange({ atUs, change })) count('', NOT_FOLLOWED);
      return true;
    }
    case 'handshake-avoidable':
      count(event.clientLabel, 'handshake-avoidable');
      return true;
    case 'http-rejected':
      count(event.clientLabel, `http-${event.status}`);
      return true;
    case 'notice':
      count('', `notice-${event.what} ${event.detail}`);
      return true;
    case 'refused':
      count('', `refused-${event.status} ${event.text}`);
      return true;
    case 'anomaly':
      count('', `anomaly-${event.what}`);
      return true;
    case 'journey-changed':
      pending.addJourney(event.journey);
      return true;
    case 'journey-ended':
      if (event.journey.told) pending.addJourney(event.journey);
      else pending.countJourney(nowUs(), event.journey);
      return true;
    case 'segment-opened':
    case 'notified':
    case 'cancelled':
    case 'cut-off':
    case 'http-exchange':
    case 'stream-opened':
    case 'stream-closed':
    case 'forwarded':
    case 'client-seen':
      return false;
  }
}

const NOT_FOLLOWED = 'anomaly-tools-not-followed';
