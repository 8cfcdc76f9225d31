import { keepNewest } from '../transport/bounded.ts';

const GAP = 1_800_000;
const MOST = 10_000;

/** Handshakes beyond the first of one conversation or principal within its gap: what a client's pattern wastes. */
export class AvoidableHandshakes {
  readonly #last = new Map<string, number>();

  /** @param key of the conversation or principal; undefined: nothing tells, and then none is called avoidable. */
  isAvoidable(key: string | undefined, at: number): boolean {
    if (key === undefined) return false;
    const before = this.#last.get(key);
    this.#last.delete(key);
    this.#last.set(key, at);
    keepNewest(this.#last, MOST);
    return before !== undefined && at - before < GAP;
  }
}
