import type { Obstacle } from '../reach.ts';
import type { LeftOut } from './calls.ts';
import type { Finding } from './finding.ts';
import type { Ground } from './ground.ts';
import type { Measures } from './measure.ts';
import type { Mode } from './mode.ts';

export type Verdict =
  | { readonly kind: 'depends'; readonly findings: readonly Finding[] }
  /** The client that was played sends no session id, and nothing of it gets through. */
  | { readonly kind: 'shut-out'; readonly said: string }
  | { readonly kind: 'independent'; readonly compared: number }
  | { readonly kind: 'nothing-tested'; readonly why: string; readonly cure: string };

/** All that a probe found. */
export interface Report {
  readonly url: string;
  /** The client that was played. */
  readonly as: string | undefined;
  /** Undefined: it was not reached. */
  readonly ground: Ground | undefined;
  readonly verdict: Verdict;
  readonly modes: readonly Mode[];
  /** How often each mode was run. */
  readonly rounds: number;
  readonly findings: readonly Finding[];
  readonly leftOut: readonly LeftOut[];
  readonly measures: Measures | undefined;
}

/** @param sessionless the client that was played never sends a session id */
export function verdictOn(findings: readonly Finding[], leftOut: readonly LeftOut[], sessionless: boolean): Verdict {
  const differing = findings.filter((finding) => kindsOf(finding).includes('differs'));
  if (differing.length > 0) return { kind: 'depends', findings: differing };
  const refused = findings
    .map(({ judgements }) => judgements.get('no-session-id'))
    .find((one) => one?.kind === 'refused');
  if (sessionless && refused?.kind === 'refused') return { kind: 'shut-out', said: refused.said };
  const compared = findings.filter((finding) => !finding.fails && kindsOf(finding).includes('same')).length;
  return compared > 0 ? { kind: 'independent', compared } : { kind: 'nothing-tested', ...reasonFor(findings, leftOut) };
}

const kindsOf = ({ judgements }: Finding): readonly string[] => Array.from(judgements.values(), ({ kind }) => kind);

const GIVE_CALLS = 'give calls with --calls FILE, and --allow-writes where they may change something';

function reasonFor(findings: readonly Finding[], leftOut: readonly LeftOut[]): { why: string; cure: string } {
  const [first] = findings;
  if (first === undefined) {
    return leftOut.length === 0
      ? { why: 'the server lists no tools', cure: GIVE_CALLS }
      : { why: `all of its tools are left out: ${leftOut[0]?.what} is ${leftOut[0]?.why}`, cure: GIVE_CALLS };
  }
  const failing = findings.find(({ fails }) => fails);
  if (failing !== undefined && findings.every(({ fails }) => fails)) {
    return {
      why: `every call fails in one session already: ${failing.title}: ${failing.first ?? 'error'}: ${failing.said ?? ''}`,
      cure: 'give calls that succeed with --calls FILE',
    };
  }
  const unclear = findings.flatMap(({ judgements }) => [...judgements.values()]).find(({ kind }) => kind === 'unclear');
  return {
    why: `no call could be compared${unclear?.kind === 'unclear' ? `: ${unclear.why}` : ''}`,
    cure: 'give calls whose outcome repeats with --calls FILE, or try again when the server is quiet',
  };
}

export const notTested = ({ what, cure }: Obstacle): Verdict => ({ kind: 'nothing-tested', why: what, cure });

/** 1 only where it is proven. */
export const exitCodeFor = ({ kind }: Verdict): number =>
  kind === 'independent' ? 0 : kind === 'nothing-tested' ? 2 : 1;
