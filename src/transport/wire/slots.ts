/**
 * Small numbers for what is open, used again when it has closed: they index arrays on both sides of the thread
 * boundary. A Map with as many deletions as insertions keeps its dead entries alive from one minor collection to the
 * next (each outgrown table points to the one after it), which cost 20 µs a request.
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
