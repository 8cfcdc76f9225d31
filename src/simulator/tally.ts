import type { Manner } from './profile.ts';

/** How a request fared. `cut`: the player was stopped meanwhile. `refused`: HTTP 400 or above. */
export type Outcome = 'ok' | 'tool-error' | 'rpc-error' | 'no-answer' | 'refused' | 'unreachable' | 'cut';

/** One thing a simulated client sent, and what came of it. */
export interface Sent {
  readonly method: string;
  /** Tool name or resource URI. */
  readonly target: string | undefined;
  readonly ms: number;
  readonly status: number | undefined;
  readonly outcome: Outcome;
  /** It was a legacy request without session id. */
  readonly sessionless: boolean;
  /** It brought a session id, or was the first tool call in one. */
  readonly session: 'minted' | 'first-call' | undefined;
}

/** What one profile sent, from its own side. Requests that found nobody count as sent. */
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
  /** Session ids received. */
  readonly sessions: number;
  /** Sessions in which no tool was called. */
  readonly emptySessions: number;
  /** Legacy tool calls without session id. Modern ones never have any, and do not count. */
  readonly sessionlessCalls: number;
  /** Requests that were refused, failed, or found nobody; tool errors are not among them. */
  readonly errors: number;
  /** Of the newest 1 000 tool calls that were answered, in that order. */
  readonly latenciesMs: readonly number[];
  /** Steps that were not taken, by reason. */
  readonly skipped: readonly { readonly why: string; readonly steps: number }[];
}

export interface Tally {
  record(sent: Sent): void;
  skip(why: string): void;
  report(): ProfileReport;
}

const maxLatencies = 1_000;
const failures: ReadonlySet<Outcome> = new Set(['rpc-error', 'no-answer', 'refused', 'unreachable']);

export function createTally(profile: Pick<Manner, 'name' | 'client'>): Tally {
  const count = { handshakes: 0, failedHandshakes: 0, discoveries: 0, toolCalls: 0, toolErrors: 0, sessions: 0 };
  const more = { used: 0, sessionlessCalls: 0, errors: 0 };
  const latenciesMs: number[] = [];
  const skipped = new Map<string, number>();

  return {
    record(sent) {
      const failed = failures.has(sent.outcome);
      if (failed) more.errors += 1;
      if (sent.session === 'minted') count.sessions += 1;
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
      if (latenciesMs.length > maxLatencies) latenciesMs.shift();
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
