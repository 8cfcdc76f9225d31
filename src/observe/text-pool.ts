import { Buffer } from 'node:buffer';
import { textMemory } from '../json/block-scan.ts';

const MIN_BYTES = 8_192;

/**
 * Memory for texts that are being collected; it is given back when they have been read. New memory for each body would
 * be external memory, whose growth triggers full garbage collections: a 64 KB answer then costs twice as much
 * (measured).
 *
 * The memory is cut in halves until a piece fits. Pieces stay as they were cut, since the next text is likely to have
 * the same size. Only when no piece is large enough are two free halves joined again.
 */
export class TextPool {
  readonly #memory: Buffer;
  /** Free pieces by size. */
  readonly #free = new Map<number, Buffer[]>();

  /** @param memory its length is a power of two; no two pools may share it */
  constructor(memory: Buffer) {
    this.#memory = memory;
    this.#free.set(memory.length, [memory]);
  }

  /**
   * Gives at least so many bytes, a power of two, which may hold old content; ordinary memory when the pool is used up.
   */
  take(bytes: number): Buffer {
    const size = Math.max(MIN_BYTES, 2 ** Math.ceil(Math.log2(bytes)));
    const piece = this.#cut(size);
    if (piece !== undefined) return piece;
    this.#join();
    return this.#cut(size) ?? Buffer.allocUnsafeSlow(size);
  }

  /** Returns a piece; to be called once for each piece that was taken. */
  give(piece: Buffer): void {
    if (piece.buffer === this.#memory.buffer) this.#keep(piece);
  }

  #keep(piece: Buffer): void {
    const free = this.#free.get(piece.length);
    if (free === undefined) this.#free.set(piece.length, [piece]);
    else free.push(piece);
  }

  /** Cuts a piece of that size from the smallest free piece that is large enough; the other halves stay free. */
  #cut(size: number): Buffer | undefined {
    if (size > this.#memory.length) return undefined;
    const piece = this.#free.get(size)?.pop();
    if (piece !== undefined) return piece;
    const larger = this.#cut(size * 2);
    if (larger === undefined) return undefined;
    this.#keep(larger.subarray(size));
    return larger.subarray(0, size);
  }

  #join(): void {
    const start = this.#memory.byteOffset;
    for (let size = MIN_BYTES; size < this.#memory.length; size *= 2) {
      const free = this.#free.get(size) ?? [];
      this.#free.set(size, []);
      let left: Buffer | undefined;
      for (const piece of free.sort((a, b) => a.byteOffset - b.byteOffset)) {
        const from = piece.byteOffset - start;
        if (left !== undefined && left.byteOffset + size === piece.byteOffset && from % (size * 2) !== 0) {
          this.#keep(this.#memory.subarray(from - size, from + size));
          left = undefined;
          continue;
        }
        if (left !== undefined) this.#keep(left);
        left = piece;
      }
      if (left !== undefined) this.#keep(left);
    }
  }
}

/** The pool of this thread, which has one such memory. */
export const textPool = new TextPool(textMemory);
