import { Buffer } from 'node:buffer';

const LEAST_BYTES = 8_192;
/** Kept for the next body, over all sizes. */
const MOST_KEPT_BYTES = 8_388_608;

/**
 * Memory for bodies that are being collected, given back when they have been read. Made anew for each body it would be
 * external memory, whose growth drives full collections: twice the cost of a 64 KB answer (measured).
 */
export class TextPool {
  readonly #free = new Map<number, Buffer[]>();
  #kept = 0;

  /** At least so many bytes, a power of two; what is in them is left over from before. */
  take(bytes: number): Buffer {
    const size = Math.max(LEAST_BYTES, 2 ** Math.ceil(Math.log2(bytes)));
    const buffer = this.#free.get(size)?.pop();
    if (buffer === undefined) return Buffer.allocUnsafeSlow(size);
    this.#kept -= size;
    return buffer;
  }

  give(buffer: Buffer): void {
    if (this.#kept + buffer.length > MOST_KEPT_BYTES) return;
    this.#kept += buffer.length;
    const free = this.#free.get(buffer.length);
    if (free === undefined) this.#free.set(buffer.length, [buffer]);
    else free.push(buffer);
  }
}
