import { titleOf, type Call } from './calls.ts';
import type { Mode, ModeName } from './mode.ts';
import { contentOf, isFailure, nameOf, type CallOutcome } from './call-outcome.ts';
import { textOfResult } from './references.ts';
import { compare, isSettled, learn, type Difference } from './shape.ts';

/** How a call's outcome in a mode compares with its outcome in the first mode. */
export type Judgement =
  /** `varies`: its content varies by itself, so only how it ended was compared. */
  | { readonly kind: 'same'; readonly varies: boolean }
  | { readonly kind: 'differs'; readonly differences: readonly [Difference, ...Difference[]] }
  /** The server refuses every call in this mode, which says nothing about this one. */
  | { readonly kind: 'refused'; readonly said: string }
  | { readonly kind: 'unclear'; readonly why: string };

export interface Finding {
  readonly call: Call;
  readonly title: string;
  /** How it ended in the first mode; undefined: not always in the same way. */
  readonly first: string | undefined;
  /** It failed in the first mode too: the same failure elsewhere proves little. */
  readonly fails: boolean;
  /** What the server said to a call that fails. */
  readonly said: string | undefined;
  readonly judgements: ReadonlyMap<ModeName, Judgement>;
}

/** The outcomes, by mode, by run, by call. */
export type Runs = ReadonlyMap<ModeName, readonly (readonly CallOutcome[])[]>;

/** Compares each call in each mode with the first mode. Only what stays the same in all runs of a mode is compared. */
export function judge(calls: readonly Call[], modes: readonly Mode[], runs: Runs): readonly Finding[] {
  const [first, ...others] = modes;
  if (first === undefined) return [];
  const of = (mode: Mode, index: number): readonly CallOutcome[] =>
    (runs.get(mode.name) ?? []).flatMap((outcomes) => outcomes[index] ?? []);
  const refusals = new Map(
    others.map((mode) => [mode.name, refusalOf(runs.get(first.name) ?? [], runs.get(mode.name) ?? [])]),
  );
  return calls.map((call, index) => {
    const expected = of(first, index);
    const judgements = new Map<ModeName, Judgement>();
    for (const mode of others) {
      const refused = refusals.get(mode.name);
      const found = of(mode, index);
      judgements.set(
        mode.name,
        refused !== undefined && mode.name !== 'session-per-call'
          ? { kind: 'refused', said: refused }
          : compareOutcomes(expected, found),
      );
    }
    const failing = expected.find(isFailure);
    return {
      call,
      title: titleOf(call),
      first: common(expected),
      fails: expected.every(isFailure),
      said: failing === undefined ? undefined : sayingOf(failing),
      judgements,
    };
  });
}

/** How outcomes ended, where all ended in the same way. */
function common(outcomes: readonly CallOutcome[]): string | undefined {
  const names = new Set(outcomes.map(nameOf));
  const [name] = names;
  return names.size === 1 ? name : undefined;
}

function compareOutcomes(expected: readonly CallOutcome[], found: readonly CallOutcome[]): Judgement {
  if (expected.length === 0 || found.length === 0) return { kind: 'unclear', why: 'it was not called' };
  for (const outcome of [...expected, ...found])
    if (outcome.kind === 'lost') return { kind: 'unclear', why: outcome.said };
  const [one, other] = [common(expected), common(found)];
  if (one === undefined || other === undefined) {
    const endings = new Set((one === undefined ? expected : found).map(nameOf));
    return { kind: 'unclear', why: `it varies by itself: ${[...endings].join(', ')}` };
  }
  if (one !== other) {
    const [before, after] = [expected[0], found[0]];
    return {
      kind: 'differs',
      differences: [{ path: '', one: described(one, before), other: described(other, after) }],
    };
  }
  const [mine, theirs] = [learn(expected.map(contentOf)), learn(found.map(contentOf))];
  const [difference, ...more] = compare(mine, theirs);
  if (difference !== undefined) return { kind: 'differs', differences: [difference, ...more] };
  return { kind: 'same', varies: !isSettled(mine) || !isSettled(theirs) };
}

const described = (name: string, outcome: CallOutcome | undefined): string => {
  const said = outcome === undefined ? '' : sayingOf(outcome);
  return said === '' ? name : `${name}: ${said}`;
};

const MAX_SAID_CHARS = 200;

/** What an outcome says, on one line. */
function sayingOf(outcome: CallOutcome): string {
  const text =
    outcome.kind === 'result' ? (textOfResult(outcome.result) ?? JSON.stringify(contentOf(outcome))) : outcome.said;
  const said = text.replaceAll(/\s+/g, ' ').trim();
  return said.length > MAX_SAID_CHARS ? `${said.slice(0, MAX_SAID_CHARS)}…` : said;
}

/** Servers report a missing session with a code of their own range, or with JSON-RPC's "invalid request". */
const isRefusal = (outcome: CallOutcome): outcome is Extract<CallOutcome, { kind: 'refused' | 'error' }> =>
  outcome.kind === 'refused' ||
  (outcome.kind === 'error' &&
    typeof outcome.code === 'number' &&
    (outcome.code === -32_600 || (outcome.code >= -32_099 && outcome.code <= -32_000)));

/** The refusal of a mode as such: every call of every run is refused in the same way, and some calls of the first mode are not. */
function refusalOf(
  first: readonly (readonly CallOutcome[])[],
  runs: readonly (readonly CallOutcome[])[],
): string | undefined {
  const outcomes = runs.flat().filter(({ kind }) => kind !== 'unsent');
  const [one] = outcomes;
  if (one === undefined || !isRefusal(one)) return undefined;
  if (outcomes.some((each) => nameOf(each) !== nameOf(one))) return undefined;
  if (!first.flat().some((each) => nameOf(each) !== nameOf(one))) return undefined;
  return one.kind === 'refused'
    ? `HTTP ${one.status}${one.said === '' ? '' : `: ${one.said}`}`
    : `error ${String(one.code)}: ${one.said}`;
}
