/** The figures of one run, as the clients saw them. */
export interface Measured {
  requests: number;
  seconds: number;
  /** In microseconds. */
  p50: number;
  p99: number;
  p999: number;
}

const INITIAL_CAPACITY = 65_536;

/** Collects every latency of a run, in milliseconds, and computes figures from them. */
export class Latencies {
  #values = new Float64Array(INITIAL_CAPACITY);
  #count = 0;

  add(milliseconds: number): void {
    if (this.#count === this.#values.length) {
      const more = new Float64Array(2 * this.#values.length);
      more.set(this.#values);
      this.#values = more;
    }
    this.#values[this.#count++] = milliseconds;
  }

  /** @param milliseconds the duration of the run */
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
