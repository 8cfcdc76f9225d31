import type { Manner } from './profile.ts';

/** How a request ended. `cut`: the player was stopped meanwhile. `refused`: HTTP 400 or above. */
export type SentOutcome = 'ok' | 'tool-error' | 'rpc-error' | 'no-answer' | 'refused' | 'unreachable' | 'cut';

/** One message that a simulated client sent, and how it ended. */
export interface Sent {
  readonly method: string;
  /** Tool name or resource URI. */
  readonly target: string | undefined;
  readonly ms: number;
  readonly status: number | undefined;
  readonly outcome: SentOutcome;
  /** It was a legacy request without a session id. */
  readonly sessionless: boolean;
  /** Its answer brought a session id, or it was the first tool call in a session. */
  readonly session: 'created' | 'first-call' | undefined;
}

/** What one profile sent, as its clients saw it. Requests that reached nobody count as sent. */
export interface ProfileReport {
  readonly profile: string;
  readonly clientName: string;
  /** `initialize` and `server/discover`. */
  readonly handshakes: number;
  readonly failedHandshakes: number;
  /** `tools/list` and `resources/list`. */
  readonly discoveries: number;
  readonly toolCalls: number;
  readonly toolErrors: number;
  /** Session ids that were received. */
  readonly sessions: number;
  /** Sessions in which no tool was called. */
  readonly emptySessions: number;
  /** Legacy tool calls without a session id. Modern calls never have one, and do not count here. */
  readonly sessionlessCalls: number;
  /** Requests that were refused, failed, or reached nobody. Tool errors do not count here. */
  readonly errors: number;
  /** Of the newest 1 000 tool calls that were answered, oldest first. */
  readonly latenciesMs: readonly number[];
  /** The number of steps that were not taken, by reason. */
  readonly skipped: readonly { readonly why: string; readonly steps: number }[];
}

export interface Tally {
  record(sent: Sent): void;
  skip(why: string): void;
  report(): ProfileReport;
}

const MAX_LATENCIES = 1_000;
const failures: ReadonlySet<SentOutcome> = new Set(['rpc-error', 'no-answer', 'refused', 'unreachable']);

export function createTally(profile: Pick<Manner, 'name' | 'client'>): Tally {
  const count = { handshakes: 0, failedHandshakes: 0, discoveries: 0, toolCalls: 0, toolErrors: 0, sessions: 0 };
  const more = { used: 0, sessionlessCalls: 0, errors: 0 };
  const latenciesMs: number[] = [];
  const skipped = new Map<string, number>();

  return {
    record(sent) {
      const failed = failures.has(sent.outcome);
      if (failed) more.errors += 1;
      if (sent.session === 'created') count.sessions += 1;
      if (sent.session === 'first-call') more.used += 1;
      if (sent.method === 'initialize' || sent.method === 'server/discover') {
        count.handshakes += 1;
        if (failed) count.failedHandshakes += 1;
      }
      if (sent.method.endsWith('/list')) count.discoveries += 1;
      if (sent.method !== 'tools/call') return;
      count.toolCalls += 1;
      if (sent.sessionless) more.sessionlessCalls += 1;
      if (sent.outcome === 'tool-error') count.toolErrors += 1;
      if (sent.status === undefined || sent.outcome === 'cut') return;
      latenciesMs.push(sent.ms);
      if (latenciesMs.length > MAX_LATENCIES) latenciesMs.shift();
    },
    skip(why) {
      skipped.set(why, (skipped.get(why) ?? 0) + 1);
    },
    report: () => ({
      profile: profile.name,
      clientName: profile.client.name,
      ...count,
      emptySessions: count.sessions - more.used,
      sessionlessCalls: more.sessionlessCalls,
      errors: more.errors,
      latenciesMs: [...latenciesMs],
      skipped: Array.from(skipped, ([why, steps]) => ({ why, steps })),
    }),
  };
}
