import { titleOf, type Call } from './calls.ts';
import type { Mode, ModeName } from './mode.ts';
import { contentOf, isFailure, nameOf, type Outcome } from './outcome.ts';
import { textOfResult } from './references.ts';
import { compare, isSettled, learn, type Difference } from './shape.ts';

/** What a mode made of a call, compared with the first mode. */
export type Judgement =
  /** `varies`: its content does by itself, so only how it ended was compared. */
  | { readonly kind: 'same'; readonly varies: boolean }
  | { readonly kind: 'differs'; readonly differences: readonly [Difference, ...Difference[]] }
  /** Nothing gets through in this mode, so that it says nothing of this call. */
  | { readonly kind: 'refused'; readonly said: string }
  | { readonly kind: 'unclear'; readonly why: string };

export interface Finding {
  readonly call: Call;
  readonly title: string;
  /** How it ended in the first mode; undefined: not always alike. */
  readonly first: string | undefined;
  /** It failed in the first mode too: that it fails alike elsewhere proves little. */
  readonly fails: boolean;
  /** What the server said, where it fails. */
  readonly said: string | undefined;
  readonly judgements: ReadonlyMap<ModeName, Judgement>;
}

/** What each run of a mode gave: by mode, by run, by call. */
export type Runs = ReadonlyMap<ModeName, readonly (readonly Outcome[])[]>;

/** Compares each call of each mode with the first mode. Only what is alike in all runs of a mode is compared. */
export function judge(calls: readonly Call[], modes: readonly Mode[], runs: Runs): readonly Finding[] {
  const [first, ...others] = modes;
  if (first === undefined) return [];
  const of = (mode: Mode, index: number): readonly Outcome[] =>
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

/** How outcomes ended, when they all did alike. */
function common(outcomes: readonly Outcome[]): string | undefined {
  const names = new Set(outcomes.map(nameOf));
  const [name] = names;
  return names.size === 1 ? name : undefined;
}

function compareOutcomes(expected: readonly Outcome[], found: readonly Outcome[]): Judgement {
  if (expected.length === 0 || found.length === 0) return { kind: 'unclear', why: 'it was not made' };
  for (const outcome of [...expected, ...found])
    if (outcome.kind === 'lost') return { kind: 'unclear', why: outcome.said };
  const [one, other] = [common(expected), common(found)];
  if (one === undefined || other === undefined) {
    const ways = new Set((one === undefined ? expected : found).map(nameOf));
    return { kind: 'unclear', why: `it varies by itself: ${[...ways].join(', ')}` };
  }
  if (one !== other) {
    const [before, after] = [expected[0], found[0]];
    return { kind: 'differs', differences: [{ path: '', one: told(one, before), other: told(other, after) }] };
  }
  const [mine, theirs] = [learn(expected.map(contentOf)), learn(found.map(contentOf))];
  const [difference, ...more] = compare(mine, theirs);
  if (difference !== undefined) return { kind: 'differs', differences: [difference, ...more] };
  return { kind: 'same', varies: !isSettled(mine) || !isSettled(theirs) };
}

const told = (name: string, outcome: Outcome | undefined): string => {
  const said = outcome === undefined ? '' : sayingOf(outcome);
  return said === '' ? name : `${name}: ${said}`;
};

const MAX_SAID_CHARS = 200;

/** What people read of an outcome, on one line. */
function sayingOf(outcome: Outcome): string {
  const text =
    outcome.kind === 'result' ? (textOfResult(outcome.result) ?? JSON.stringify(contentOf(outcome))) : outcome.said;
  const said = text.replaceAll(/\s+/g, ' ').trim();
  return said.length > MAX_SAID_CHARS ? `${said.slice(0, MAX_SAID_CHARS)}…` : said;
}

/** Codes that servers use for "no session": those are theirs to choose, or JSON-RPC's "invalid request". */
const isRefusal = (outcome: Outcome): outcome is Extract<Outcome, { kind: 'refused' | 'error' }> =>
  outcome.kind === 'refused' ||
  (outcome.kind === 'error' &&
    typeof outcome.code === 'number' &&
    (outcome.code === -32_600 || (outcome.code >= -32_099 && outcome.code <= -32_000)));

/** The same refusal of every call in every run, where the first mode gets some through: the mode as such is refused. */
function refusalOf(first: readonly (readonly Outcome[])[], runs: readonly (readonly Outcome[])[]): string | undefined {
  const outcomes = runs.flat().filter(({ kind }) => kind !== 'unsent');
  const [one] = outcomes;
  if (one === undefined || !isRefusal(one)) return undefined;
  if (outcomes.some((each) => nameOf(each) !== nameOf(one))) return undefined;
  if (!first.flat().some((each) => nameOf(each) !== nameOf(one))) return undefined;
  return one.kind === 'refused'
    ? `HTTP ${one.status}${one.said === '' ? '' : `: ${one.said}`}`
    : `error ${String(one.code)}: ${one.said}`;
}
