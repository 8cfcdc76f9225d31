import { counted, share, sum, traffic, type Label } from './promql.ts';

/** Fewer calls than this say nothing about a client. */
export const FEWEST_CALLS = 20;
export const IN_SESSION = 'header|process';

export const HANDSHAKES = traffic('handshakes', { handshakeKind: '=~"initialize|discover"' });
/** Further rounds of a call are not counted. */
export const CALLS = traffic('toolCalls', { attempt: '="first"' });
export const USED_SESSIONS = traffic('sessionsUsed', { sessionSource: `=~"${IN_SESSION}"` });

/**
 * Handshakes per tool call: well below 0.2 is healthy, about 1 is a handshake per call. It needs no session id, so it
 * works in both eras.
 */
export const handshakesPerCall = (by: readonly Label[], period: string): string =>
  share(sum(by, counted(HANDSHAKES, period)), sum(by, counted(CALLS, period)), FEWEST_CALLS);

/** Sessions at their first tool call, per call: 1 when no session is used twice. */
export const sessionsPerCall = (by: readonly Label[], period: string): string =>
  share(sum(by, counted(USED_SESSIONS, period)), sum(by, counted(CALLS, period)), FEWEST_CALLS);

const LEGACY = { attempt: '="first"', era: '="legacy"' } as const;

/** Share of the calls of a revision that has sessions which name none. */
export const sessionlessShare = (by: readonly Label[], period: string): string =>
  share(
    sum(by, counted(traffic('toolCalls', { ...LEGACY, sessionSource: `!~"${IN_SESSION}"` }), period)),
    sum(by, counted(traffic('toolCalls', LEGACY), period)),
  );
