const WINDOW_MS = 60_000;
const MAX_TRACES = 60;

/** Operations that were refused and belong to no session get at most 60 traces a minute: a scanner fills no trace store. */
export class RefusedTraces {
  #since = Number.NEGATIVE_INFINITY;
  #count = 0;

  admits(at: number): boolean {
    if (at - this.#since >= WINDOW_MS) {
      this.#since = at;
      this.#count = 0;
    }
    this.#count++;
    return this.#count <= MAX_TRACES;
  }
}
