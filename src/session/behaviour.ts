import type { Era } from './era.ts';

/** How a client uses the server, in one word. */
export type Verdict = 'modern' | 'sessionless' | 'reusing' | 'per-call' | 'one-shot' | 'mixed';

/** The facts about one tool call that a verdict needs. */
export interface Call {
  at: number;
  era: Era;
  /** It names a real session. */
  inSession: boolean;
  /** It is the first tool call of that session. */
  firstOfSession: boolean;
  /** The key that links sessions of the same caller; undefined: none is known. */
  affinity: string | undefined;
}

const WINDOW_MS = 3_600_000;
const MAX_CALLS = 500;
const MAX_USED = 50;
const MIN_CALLS = 5;
const CALLS_AGAINST = 5;
const TOGETHER_MS = 600_000;
const MOSTLY_SHARE = 0.8;

/**
 * A client's behaviour over its last 60 minutes, at most 500 calls and 50 used sessions. A verdict stays until five used
 * sessions in a row contradict it (five calls, where there are no sessions). Silence does not change it.
 */
export class Behaviour {
  verdict: Verdict | undefined;
  readonly #calls: Call[] = [];
  /** Index in `#calls` of the first call inside the window. */
  #from = 0;
  #modern = 0;
  #inSession = 0;
  #used = 0;
  #against = 0;

  /** Returns the verdict that this call changed, if it did. */
  called(call: Call): { before: Verdict; after: Verdict } | undefined {
    this.#count(call, 1);
    this.#calls.push(call);
    this.#forget(call.at);
    const now = this.#judge();
    if (now === undefined) return undefined;
    if (this.verdict === undefined || now === this.verdict) {
      this.verdict = now;
      this.#against = 0;
      return undefined;
    }
    if (call.inSession && !call.firstOfSession) return undefined;
    this.#against++;
    if (this.#against < CALLS_AGAINST) return undefined;
    const before = this.verdict;
    this.verdict = now;
    this.#against = 0;
    return { before, after: now };
  }

  #count(call: Call, by: 1 | -1): void {
    if (call.era === 'modern') this.#modern += by;
    else if (call.inSession) this.#inSession += by;
    if (call.firstOfSession) this.#used += by;
  }

  #forget(at: number): void {
    const calls = this.#calls;
    for (let oldest = calls[this.#from]; oldest !== undefined; oldest = calls[this.#from]) {
      const kept = at - oldest.at <= WINDOW_MS && calls.length - this.#from <= MAX_CALLS && this.#used <= MAX_USED;
      if (kept) break;
      this.#count(oldest, -1);
      this.#from++;
    }
    // The array is compacted only now and then: doing it at each call took a thirtieth of all observing time.
    if (this.#from < MAX_CALLS) return;
    calls.splice(0, this.#from);
    this.#from = 0;
  }

  #judge(): Verdict | undefined {
    const calls = this.#calls.length - this.#from;
    if (calls < MIN_CALLS) return undefined;
    if (this.#modern >= MOSTLY_SHARE * calls) return 'modern';
    const legacy = calls - this.#modern;
    if (legacy - this.#inSession >= MOSTLY_SHARE * legacy) return 'sessionless';
    const ratio = this.#used / this.#inSession;
    if (ratio <= 0.5) return 'reusing';
    if (ratio < MOSTLY_SHARE) return 'mixed';
    return this.#together() ? 'per-call' : 'one-shot';
  }

  /** Whether one conversation, principal or loopback peer used two sessions within ten minutes. */
  #together(): boolean {
    const last = new Map<string, number>();
    for (const { at, firstOfSession, affinity } of this.#calls.slice(this.#from)) {
      if (!firstOfSession || affinity === undefined) continue;
      const before = last.get(affinity);
      if (before !== undefined && at - before <= TOGETHER_MS) return true;
      last.set(affinity, at);
    }
    return false;
  }
}
