/** A request body up to this size goes on in one piece, when it is complete. */
export const MAX_WHOLE_BYTES = 65_536;
/** So long a body of unknown length is waited for before it is streamed. */
const WHOLE_MS = 20;

/** Collects a body that is short, or may be. */
export class WholeBody {
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #pieces: Buffer[] = [];
  readonly #parts: Buffer[] = [];
  #bytes = 0;

  /**
   * @param known its length is told, and short
   * @param late is called when it takes too long
   */
  constructor(known: boolean, late: () => void) {
    this.#timer = known ? undefined : setTimeout(late, WHOLE_MS);
  }

  /** As it came. */
  get raw(): Buffer {
    return joined(this.#pieces);
  }

  /** Without what frames it. */
  get data(): Buffer {
    return joined(this.#parts);
  }

  /** @param data those of the piece. Returns whether it is still short. */
  add(piece: Buffer, data: Buffer): boolean {
    this.#pieces.push(piece);
    this.#parts.push(data);
    this.#bytes += piece.length;
    return this.#bytes <= MAX_WHOLE_BYTES;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}

const joined = (pieces: readonly Buffer[]): Buffer =>
  pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
