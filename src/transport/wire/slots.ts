/**
 * Gives small numbers to whatever is open, and gives them again after it has closed. They index arrays on both sides of
 * the thread boundary. A Map with as many deletions as insertions keeps dead entries alive from one minor collection to
 * the next, as each outgrown table points to the one after it: that took 20 µs a request.
 */
export class Slots {
  readonly #free: number[] = [];
  #next = 0;

  take(): number {
    return this.#free.pop() ?? this.#next++;
  }

  free(slot: number): void {
    this.#free.push(slot);
  }
}
