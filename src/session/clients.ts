import { Behaviour, type Call, type Verdict } from './behaviour.ts';
import type { ClientTrait } from './event.ts';

const CHANGE_AFTER_TIMES = 5;
const TRAITS = ['version', 'protocol', 'discovery', 'delete'] as const satisfies readonly ClientTrait[];

/** A value that changes only after the same new value was seen five times in a row. */
class Trait {
  #held: string | undefined;
  #candidate: string | undefined;
  #times = 0;

  constructor(held?: string) {
    this.#held = held;
  }

  get held(): string | undefined {
    return this.#held;
  }

  saw(value: string): { before: string; after: string } | undefined {
    if (this.#held === undefined || value === this.#held) {
      this.#held = value;
      this.#times = 0;
      return undefined;
    }
    this.#times = value === this.#candidate ? this.#times + 1 : 1;
    this.#candidate = value;
    if (this.#times < CHANGE_AFTER_TIMES) return undefined;
    const before = this.#held;
    this.#held = value;
    this.#times = 0;
    return { before, after: value };
  }
}

interface Known {
  behaviour: Behaviour;
  traits: Map<ClientTrait, Trait>;
  /** Every verdict the client has had here, including the present one. */
  verdicts: Set<Verdict>;
}

/** What is known of a client, in the form that is saved between runs. */
export interface ClientState {
  clientLabel: string;
  traits: Readonly<Partial<Record<ClientTrait, string>>>;
}

const VERDICTS: ReadonlySet<string> = new Set<Verdict>([
  'modern',
  'sessionless',
  'reusing',
  'per-call',
  'one-shot',
  'mixed',
]);
const isVerdict = (text: string | undefined): text is Verdict => text !== undefined && VERDICTS.has(text);

export type OnChanged = (clientLabel: string, what: ClientTrait, before: string, after: string) => void;

/** The behaviour of each client. Bounded, because client labels are. */
export class Clients {
  readonly #known = new Map<string, Known>();
  readonly #onSeen: (clientLabel: string) => void;
  readonly #onChanged: OnChanged;

  constructor(onSeen: (clientLabel: string) => void, onChanged: OnChanged) {
    this.#onSeen = onSeen;
    this.#onChanged = onChanged;
  }

  called(clientLabel: string, call: Call): void {
    const known = this.#of(clientLabel);
    const change = known.behaviour.called(call);
    if (known.behaviour.verdict !== undefined) known.verdicts.add(known.behaviour.verdict);
    if (change !== undefined) this.#onChanged(clientLabel, 'verdict', change.before, change.after);
  }

  saw(clientLabel: string, what: ClientTrait, value: string | undefined): void {
    if (value === undefined) return;
    const { traits } = this.#of(clientLabel);
    const trait = traits.get(what) ?? new Trait();
    traits.set(what, trait);
    const change = trait.saw(value);
    if (change !== undefined) this.#onChanged(clientLabel, what, change.before, change.after);
  }

  verdict(clientLabel: string): Verdict | undefined {
    return this.#known.get(clientLabel)?.behaviour.verdict;
  }

  /** Each verdict of each client, and whether it is the present one. */
  *verdicts(): Generator<{ clientLabel: string; verdict: Verdict; present: boolean }> {
    for (const [clientLabel, { behaviour, verdicts }] of this.#known) {
      for (const verdict of verdicts) yield { clientLabel, verdict, present: verdict === behaviour.verdict };
    }
  }

  *states(): Generator<ClientState> {
    for (const [clientLabel, { behaviour, traits }] of this.#known) {
      const held: Partial<Record<ClientTrait, string>> = {};
      if (behaviour.verdict !== undefined) held.verdict = behaviour.verdict;
      for (const [what, trait] of traits) if (trait.held !== undefined) held[what] = trait.held;
      yield { clientLabel, traits: held };
    }
  }

  /** Restores what the last run knew. These clients are not new, and any difference from now on counts as a change. */
  remember(states: Iterable<ClientState>): void {
    for (const { clientLabel, traits } of states) {
      const { verdict, ...others } = traits;
      const behaviour = new Behaviour();
      if (isVerdict(verdict)) behaviour.verdict = verdict;
      const known: Known = { behaviour, traits: new Map(), verdicts: new Set() };
      for (const what of TRAITS) if (others[what] !== undefined) known.traits.set(what, new Trait(others[what]));
      if (behaviour.verdict !== undefined) known.verdicts.add(behaviour.verdict);
      this.#known.set(clientLabel, known);
    }
  }

  /** Forgets a client whose label now belongs to another. */
  forget(clientLabel: string): void {
    this.#known.delete(clientLabel);
  }

  #of(clientLabel: string): Known {
    let known = this.#known.get(clientLabel);
    if (known === undefined) {
      known = { behaviour: new Behaviour(), traits: new Map(), verdicts: new Set() };
      this.#known.set(clientLabel, known);
      this.#onSeen(clientLabel);
    }
    return known;
  }
}
