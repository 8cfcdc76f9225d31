import type { Verdict } from '../session/behaviour.ts';

/** A verdict, for people. Its name is its word in metrics, dashboards and JSON: tables show that word. */
export interface VerdictWords {
  /** What the client does, in a few words: a picture, which has no room for its meaning, says it in place of its name. */
  readonly short: string;
  /** What it means for the owner of the server, to follow the client's name. */
  readonly meaning: string;
  readonly tone: 'good' | 'warn' | 'bad';
}

/** The one table of verdicts. */
export const VERDICTS: Readonly<Record<Verdict, VerdictWords>> = {
  'per-call': {
    short: 'a session per call',
    meaning: 'opens a session and handshakes for every call: the next call has lost the state of its session',
    tone: 'bad',
  },
  sessionless: {
    short: 'sends no session id',
    meaning: 'sends no session id: keep state under something else it sends',
    tone: 'warn',
  },
  reusing: { short: 'keeps its session', meaning: 'keeps its session', tone: 'good' },
  modern: { short: 'needs no session', meaning: 'speaks 2026-07-28, which has no sessions', tone: 'good' },
  'one-shot': {
    short: 'one call per conversation',
    meaning: 'makes one call per session, each in another conversation',
    tone: 'warn',
  },
  mixed: {
    short: 'keeps some sessions',
    meaning: 'keeps some sessions and opens others for one call',
    tone: 'warn',
  },
};

/** Undefined: there is none, or a later version gave it. */
export const verdictWords = (verdict: string | undefined): VerdictWords | undefined =>
  Object.entries(VERDICTS).find(([name]) => name === verdict)?.[1];
