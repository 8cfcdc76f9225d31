import type { Verdict } from '../session/behaviour.ts';

/** A verdict, for people. Its name is its word in metrics, dashboards and JSON: every face shows that word. */
export interface VerdictWords {
  /** What it means for the owner of the server, to follow the client's name. */
  readonly meaning: string;
  readonly tone: 'good' | 'warn' | 'bad';
}

/** The one table of verdicts. */
export const VERDICTS: Readonly<Record<Verdict, VerdictWords>> = {
  'per-call': {
    meaning: 'opens a session and handshakes for every call: the next call has lost the state of its session',
    tone: 'bad',
  },
  sessionless: { meaning: 'sends no session id: keep state under something else it sends', tone: 'warn' },
  reusing: { meaning: 'keeps its session', tone: 'good' },
  modern: { meaning: 'speaks 2026-07-28, which has no sessions', tone: 'good' },
  'one-shot': { meaning: 'makes one call per session, each in another conversation', tone: 'warn' },
  mixed: { meaning: 'keeps some sessions and opens others for one call', tone: 'warn' },
};

/** Undefined: there is none, or a later version gave it. */
export const verdictWords = (verdict: string | undefined): VerdictWords | undefined =>
  Object.entries(VERDICTS).find(([name]) => name === verdict)?.[1];
