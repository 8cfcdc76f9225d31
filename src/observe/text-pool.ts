import { Buffer } from 'node:buffer';
import { textMemory } from '../json/block-scan.ts';

const MIN_BYTES = 8_192;

/**
 * Memory for texts that are being collected, given back when they have been read. Made anew for each body it would be
 * external memory, whose growth drives full collections: twice the cost of a 64 KB answer (measured).
 *
 * It is cut in halves until a piece fits. Pieces are kept as they were cut, since the next text is likely to be of the
 * same size; only when there is none large enough, halves that are both free become one again.
 */
export class TextPool {
  readonly #memory: Buffer;
  /** Pieces by size. */
  readonly #free = new Map<number, Buffer[]>();

  /** @param memory its length is a power of two. No two pools may share it. */
  constructor(memory: Buffer) {
    this.#memory = memory;
    this.#free.set(memory.length, [memory]);
  }

  /** At least so many bytes, a power of two, with what is in them from before. Ordinary memory when all is in use. */
  take(bytes: number): Buffer {
    const size = Math.max(MIN_BYTES, 2 ** Math.ceil(Math.log2(bytes)));
    const piece = this.#cut(size);
    if (piece !== undefined) return piece;
    this.#join();
    return this.#cut(size) ?? Buffer.allocUnsafeSlow(size);
  }

  /** Once for each that was taken. */
  give(piece: Buffer): void {
    if (piece.buffer === this.#memory.buffer) this.#keep(piece);
  }

  #keep(piece: Buffer): void {
    const free = this.#free.get(piece.length);
    if (free === undefined) this.#free.set(piece.length, [piece]);
    else free.push(piece);
  }

  /** A piece of that size: the first of the smallest that is as large, whose other halves stay. */
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

/** One for the thread, as the memory is. */
export const textPool = new TextPool(textMemory);
