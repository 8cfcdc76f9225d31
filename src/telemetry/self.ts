/** Our own counters. They are in shared memory, so that they survive the death of an observer. */
const CELLS = [
  'observerRestarts',
  'exportFailures',
  'labelsFolded',
  'tracesWithheld',
  'spansLost',
  'logsLost',
  'operationsNotStored',
] as const;

export type SelfCounter = (typeof CELLS)[number];

export class SelfCounters {
  readonly memory: SharedArrayBuffer;
  readonly #cells: Int32Array;

  constructor(memory = new SharedArrayBuffer(CELLS.length * 4)) {
    this.memory = memory;
    this.#cells = new Int32Array(memory);
  }

  add(counter: SelfCounter, amount = 1): void {
    Atomics.add(this.#cells, CELLS.indexOf(counter), amount);
  }

  read(counter: SelfCounter): number {
    return Atomics.load(this.#cells, CELLS.indexOf(counter));
  }

  all(): Record<SelfCounter, number> {
    const counted = CELLS.map((counter) => [counter, this.read(counter)]);
    // True because `SelfCounter` is derived from the same list.
    return Object.fromEntries(counted) as Record<SelfCounter, number>;
  }
}
