/** 1 024 registers of a byte: the standard error is 1.04 / √1 024 = 3.3 %. */
export const REGISTERS = 1_024;
const INDEX_BITS = 10;
/** Of the hash, beside the bits of the index. */
const RANK_BITS = 32;

/**
 * How many different things were added, about, in a kilobyte (HyperLogLog). It cannot say what was added. Sketches of the
 * same hash merge into that of the union.
 */
export class Sketch {
  readonly registers: Uint8Array;

  /** @param registers those of another one; anything of another length counts as empty */
  constructor(registers?: Uint8Array) {
    this.registers = registers?.length === REGISTERS ? Uint8Array.from(registers) : new Uint8Array(REGISTERS);
  }

  /** Adds a thing by 64 evenly spread bits of its hash. Returns whether the sketch has changed. */
  add(high: number, low: number): boolean {
    return this.#raise(high >>> (32 - INDEX_BITS), Math.clz32(low) + 1);
  }

  /** Returns whether it has changed. */
  merge(registers: Uint8Array): boolean {
    let changed = false;
    if (registers.length === REGISTERS)
      for (const [index, rank] of registers.entries()) changed = this.#raise(index, rank) || changed;
    return changed;
  }

  /**
   * The estimate of O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches" (arXiv:1702.01284, section
   * 4): without a bias from one to beyond a billion, and without tables.
   */
  estimate(): number {
    const most = RANK_BITS + 1;
    const counts = Array.from({ length: most + 1 }, () => 0);
    for (const rank of this.registers) {
      const known = Math.min(rank, most);
      counts[known] = (counts[known] ?? 0) + 1;
    }
    let sum = REGISTERS * tau(1 - (counts[most] ?? 0) / REGISTERS);
    for (let rank = RANK_BITS; rank >= 1; rank--) sum = (sum + (counts[rank] ?? 0)) / 2;
    sum += REGISTERS * sigma((counts[0] ?? 0) / REGISTERS);
    return Math.min(REGISTERS ** 2 / (2 * Math.LN2 * sum), Number.MAX_SAFE_INTEGER);
  }

  #raise(index: number, rank: number): boolean {
    if (rank <= (this.registers[index] ?? 0)) return false;
    this.registers[index] = rank;
    return true;
  }
}

/** The correction for registers that are still empty. */
function sigma(share: number): number {
  if (share === 1) return Infinity;
  let [power, factor, total] = [share, 1, share];
  for (let before = Number.NaN; before !== total;) {
    power *= power;
    before = total;
    total += power * factor;
    factor *= 2;
  }
  return total;
}

/** The correction for registers that are full. */
function tau(share: number): number {
  if (share === 0 || share === 1) return 0;
  let [root, factor, total] = [share, 1, 1 - share];
  for (let before = Number.NaN; before !== total;) {
    root = Math.sqrt(root);
    before = total;
    factor /= 2;
    total -= (1 - root) ** 2 * factor;
  }
  return total / 3;
}
