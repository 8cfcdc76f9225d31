import { counted, share, sum, traffic, type Label } from './promql.ts';

/** Fewer calls say nothing about a client. */
export const MIN_CALLS = 20;
export const IN_SESSION = 'header|process';

export const HANDSHAKES = traffic('handshakes', { handshakeKind: '=~"initialize|discover"' });
/** Tool calls, without further rounds of the same call. */
export const CALLS = traffic('toolCalls', { attempt: '="first"' });
export const USED_SESSIONS = traffic('sessionsUsed', { sessionSource: `=~"${IN_SESSION}"` });

/**
 * Handshakes per tool call: well below 0.2 is healthy, about 1 is a handshake per call. It needs no session id, so it
 * works in both eras.
 */
export const handshakesPerCall = (by: readonly Label[], period: string): string =>
  share(sum(by, counted(HANDSHAKES, period)), sum(by, counted(CALLS, period)), MIN_CALLS);

/** Sessions at their first tool call, per call: 1 when no session is used twice. */
export const sessionsPerCall = (by: readonly Label[], period: string): string =>
  share(sum(by, counted(USED_SESSIONS, period)), sum(by, counted(CALLS, period)), MIN_CALLS);

const LEGACY = { attempt: '="first"', era: '="legacy"' } as const;

/** The share of calls that name no session, among the calls of revisions that have sessions. */
export const sessionlessShare = (by: readonly Label[], period: string): string =>
  share(
    sum(by, counted(traffic('toolCalls', { ...LEGACY, sessionSource: `!~"${IN_SESSION}"` }), period)),
    sum(by, counted(traffic('toolCalls', LEGACY), period)),
  );
