/** What the clients saw of one run. */
export interface Measured {
  requests: number;
  seconds: number;
  /** In microseconds. */
  p50: number;
  p99: number;
  p999: number;
}

const FIRST_ROOM = 65_536;

/** Every latency of a run, in milliseconds, and what can be said of them. */
export class Latencies {
  #values = new Float64Array(FIRST_ROOM);
  #count = 0;

  add(milliseconds: number): void {
    if (this.#count === this.#values.length) {
      const more = new Float64Array(2 * this.#values.length);
      more.set(this.#values);
      this.#values = more;
    }
    this.#values[this.#count++] = milliseconds;
  }

  /** @param milliseconds how long the run took */
  summary(milliseconds: number): Measured {
    const sorted = this.#values.subarray(0, this.#count).sort();
    const at = (share: number): number => (sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0) * 1_000;
    return {
      requests: this.#count,
      seconds: milliseconds / 1_000,
      p50: at(0.5),
      p99: at(0.99),
      p999: at(0.999),
    };
  }
}
