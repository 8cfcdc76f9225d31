import { modernVersion, type Profile } from '../../simulator/profile.ts';
import type { Obstacle } from '../target/reach.ts';
import type { LeftOut } from './calls.ts';
import type { Finding } from './finding.ts';
import type { CallSource } from './call-source.ts';
import type { Survey } from './survey.ts';
import type { Measures } from './measure.ts';
import type { Mode } from './mode.ts';
import type { RecordedSession } from './recorded-session.ts';

export type Verdict =
  | { readonly kind: 'depends'; readonly findings: readonly Finding[] }
  /** No call of the client that was played gets through. */
  | {
      readonly kind: 'shut-out';
      readonly because: string;
      readonly said: string | undefined;
      readonly compared: number;
    }
  | { readonly kind: 'independent'; readonly compared: number }
  | { readonly kind: 'nothing-tested'; readonly why: string; readonly cure: string };

/** Everything that a probe found. */
export interface Report {
  readonly url: string;
  /** The client that was played. */
  readonly as: string | undefined;
  /** The session whose calls were made. */
  readonly recorded: RecordedSession | undefined;
  /** Undefined: the server was not reached, or not asked. */
  readonly survey: Survey | undefined;
  readonly verdict: Verdict;
  readonly modes: readonly Mode[];
  /** How often each mode was run. */
  readonly rounds: number;
  readonly findings: readonly Finding[];
  readonly leftOut: readonly LeftOut[];
  readonly measures: Measures | undefined;
}

export interface Evidence {
  readonly findings: readonly Finding[];
  readonly leftOut: readonly LeftOut[];
  readonly survey: Survey;
  readonly source: CallSource;
  /** The client that was played. */
  readonly profile: Profile | undefined;
}

export function verdictOn(evidence: Evidence): Verdict {
  const { findings } = evidence;
  const differing = findings.filter((finding) => kindsOf(finding).includes('differs'));
  if (differing.length > 0) return { kind: 'depends', findings: differing };
  const compared = findings.filter((finding) => !finding.fails && kindsOf(finding).includes('same')).length;
  const refusal = refusalIn(evidence);
  if (refusal !== undefined) return { kind: 'shut-out', ...refusal, compared };
  return compared > 0 ? { kind: 'independent', compared } : { kind: 'nothing-tested', ...reasonFor(evidence) };
}

const kindsOf = ({ judgements }: Finding): readonly string[] => Array.from(judgements.values(), ({ kind }) => kind);

/** How the server refuses all calls without a session id. */
export const saidWithoutId = (findings: readonly Finding[]): string | undefined => {
  const refused = findings
    .map(({ judgements }) => judgements.get('no-session-id'))
    .find((judgement) => judgement?.kind === 'refused');
  return refused?.kind === 'refused' ? refused.said : undefined;
};

/** Why no call of the client that was played gets through. */
function refusalIn({
  findings,
  survey,
  profile,
}: Evidence): { readonly because: string; readonly said: string | undefined } | undefined {
  if (profile?.era === 'modern')
    return survey.modern
      ? undefined
      : { because: `it speaks ${modernVersion} only, which the server does not know`, said: undefined };
  const said = saidWithoutId(findings);
  const sessionless = profile?.era === 'legacy' && !profile.steps.some(({ does }) => does === 'open');
  return said === undefined || !sessionless
    ? undefined
    : { because: 'it never sends a session id, and the server refuses calls without one', said };
}

const GIVE_CALLS = 'give calls with --calls FILE, and --allow-writes if they may change something';

function reasonFor({ findings, leftOut, source }: Evidence): { why: string; cure: string } {
  const { list, recorded } = source;
  if (findings.length === 0) {
    const [first] = leftOut;
    if (first === undefined) return { why: 'the server lists no tools', cure: GIVE_CALLS };
    const all =
      list === undefined ? 'all of its tools' : recorded === undefined ? 'all calls' : 'all calls of the session';
    const held = leftOut.some(({ why }) => why.includes('--allow-writes'));
    return {
      why: `${all} are left out: ${first.what}: ${first.why}`,
      cure:
        list === undefined
          ? GIVE_CALLS
          : held
            ? '--allow-writes makes calls that may change something too'
            : GIVE_CALLS,
    };
  }
  const failing = findings.find(({ fails }) => fails);
  if (failing !== undefined && findings.every(({ fails }) => fails)) {
    return {
      why: `every call fails even in one session: ${failing.title}: ${failing.first ?? 'error'}: ${failing.said ?? ''}`,
      cure:
        recorded?.answers === false
          ? 'record the session with --capture arguments,results: ids are then taken from the new answers'
          : 'give calls that succeed with --calls FILE',
    };
  }
  const unclear = findings.flatMap(({ judgements }) => [...judgements.values()]).find(({ kind }) => kind === 'unclear');
  return {
    why: `no call could be compared${unclear?.kind === 'unclear' ? `: ${unclear.why}` : ''}`,
    cure: 'give calls with --calls FILE whose outcome repeats, or try again when the server is quiet',
  };
}

export const notTested = ({ what, cure }: Obstacle): Verdict => ({ kind: 'nothing-tested', why: what, cure });

/** 1 only where a dependence is proven; 2 where nothing could be tested, or not as the client that was played. */
export const exitCodeFor = ({ kind }: Verdict): number => (kind === 'independent' ? 0 : kind === 'depends' ? 1 : 2);
