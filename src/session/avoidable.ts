import { keepNewest } from '../transport/bounded.ts';

const MAX_GAP_MS = 1_800_000;
const MAX_CALLERS = 10_000;

/** Finds the handshakes that a client wastes: each one that follows another of the same conversation or principal within the gap. */
export class AvoidableHandshakes {
  readonly #last = new Map<string, number>();

  /** @param key of the conversation or principal; undefined: neither is known, so the handshake does not count as avoidable. */
  isAvoidable(key: string | undefined, at: number): boolean {
    if (key === undefined) return false;
    const before = this.#last.get(key);
    this.#last.delete(key);
    this.#last.set(key, at);
    keepNewest(this.#last, MAX_CALLERS);
    return before !== undefined && at - before < MAX_GAP_MS;
  }
}
