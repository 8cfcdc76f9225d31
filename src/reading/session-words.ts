import type { StoredSession } from '../store/session-queries.ts';
import { duration } from './figures.ts';

/** A session or activity: requests without a session id, grouped by something else that the client sent. */
export function kindOf({ real, source }: Pick<StoredSession, 'real' | 'source'>): string {
  if (source === 'process') return 'session (stdio)';
  return real ? 'session' : `activity by ${source}`;
}

/** A session that was silent for longer is not called live, though nothing ended it. */
export const LIVE_SECONDS = 600;
const ACTIVE_MS = 60_000;

/** The state of a session, or how it ended. */
export function stateOf({ endReason, lastAt }: StoredSession, now: number): string {
  if (endReason !== undefined) return endReason;
  const silent = now - lastAt;
  return silent < ACTIVE_MS ? 'active' : `quiet for ${duration(Math.round(silent / 60_000) * 60)}`;
}

/** From its first request to its last activity, in seconds. */
export const lengthOf = ({ openedAt, lastAt }: StoredSession): number => Math.max(0, lastAt - openedAt) / 1_000;
