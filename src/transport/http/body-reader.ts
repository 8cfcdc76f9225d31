import { ChunkReader, type DataTaker } from './chunk-reader.ts';
import type { Framing } from './framing.ts';
import { MORE } from './head-reader.ts';
import type { Refusal } from './refusal.ts';

/** Finds the end of a body as its bytes come. One reader serves all bodies of one direction of a connection. */
export class BodyReader {
  #framing: Framing = 0;
  #left = 0;
  #chunks: ChunkReader | undefined;

  begin(framing: Framing): void {
    this.#framing = framing;
    if (framing === 'chunked') {
      this.#chunks ??= new ChunkReader();
      this.#chunks.begin();
    } else this.#left = framing === 'until-close' ? Infinity : framing;
  }

  get framing(): Framing {
    return this.#framing;
  }

  get refusal(): Refusal | undefined {
    return this.#chunks?.refusal;
  }

  /** Bytes that are still to come; of a chunked body nothing is known. */
  get left(): number {
    return this.#left;
  }

  /** What has come ends with a chunk: the end of the body could follow. */
  get atChunkEnd(): boolean {
    return this.#framing === 'chunked' && this.#chunks?.atChunkEnd === true;
  }

  /** Returns where the rest begins after the body, `MORE` or `REFUSED`. */
  read(bytes: Buffer, from: number, data: DataTaker | undefined): number {
    if (this.#framing === 'chunked') return this.#chunks?.read(bytes, from, data) ?? MORE;
    const to = Math.min(bytes.length, from + this.#left);
    if (to > from) data?.(bytes, from, to);
    this.#left -= to - from;
    return this.#left === 0 ? to : MORE;
  }
}
