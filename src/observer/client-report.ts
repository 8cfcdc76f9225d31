import type { ClientReport } from './setup.ts';
import type { ClientTally } from '../session/tally.ts';

/** What each client did since the start, with its verdict. */
export function clientReports(
  tallies: readonly ClientTally[],
  verdictOf: (client: string) => string | undefined,
): ClientReport[] {
  return tallies.map((row) => {
    const sorted = row.seconds.toSorted((a, b) => a - b);
    return {
      client: row.client,
      sessions: row.sessions,
      emptySessions: row.sessions - row.usedSessions,
      toolCalls: row.toolCalls,
      handshakes: row.handshakes,
      sessionlessShare: row.legacyCalls === 0 ? undefined : row.sessionlessCalls / row.legacyCalls,
      p95Seconds: sorted[Math.max(0, Math.ceil(sorted.length * 0.95) - 1)],
      verdict: verdictOf(row.client),
    };
  });
}
