import type { TextPool } from './text-pool.ts';

const LF = 0x0a;
const CR = 0x0d;

export interface LinesOptions {
  /** A longer line is not kept. */
  most: number;
  pool: TextPool;
  /** A line without its end; valid only during the call. Empty ones are not told. */
  onLine(line: Uint8Array): void;
  onOversize(): void;
}

/** Splits one direction of a stdio process into lines (MCP, transports: messages are delimited by newlines). */
export class Lines {
  readonly #options: LinesOptions;
  #begun: Buffer | undefined;
  #size = 0;

  constructor(options: LinesOptions) {
    this.#options = options;
  }

  /** Reads the next bytes, which need to be valid only during the call. */
  push(chunk: Uint8Array): void {
    let at = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, at)) {
      this.#end(chunk.subarray(at, end));
      at = end + 1;
    }
    if (at < chunk.length) this.#keep(chunk.subarray(at));
  }

  /** There will be no more: what has no end of line is one all the same. */
  end(): void {
    this.#end(new Uint8Array());
  }

  /** What was begun is forgotten. */
  close(): void {
    if (this.#begun !== undefined) this.#options.pool.give(this.#begun);
    this.#begun = undefined;
    this.#size = 0;
  }

  #end(rest: Uint8Array): void {
    const { most, onLine, onOversize, pool } = this.#options;
    if (this.#size === 0) {
      if (rest.length > most) onOversize();
      else this.#tell(rest);
      return;
    }
    this.#keep(rest);
    const size = this.#size;
    const line = this.#begun;
    this.#size = 0;
    this.#begun = undefined;
    if (line === undefined) onOversize();
    else {
      this.#tell(line.subarray(0, size), onLine);
      pool.give(line);
    }
  }

  #tell(line: Uint8Array, onLine = this.#options.onLine): void {
    const text = line.at(-1) === CR ? line.subarray(0, -1) : line;
    if (text.length > 0) onLine(text);
  }

  #keep(part: Uint8Array): void {
    const { most, pool } = this.#options;
    const size = this.#size + part.length;
    const before = this.#begun;
    if (size > most) {
      if (before !== undefined) pool.give(before);
      this.#begun = undefined;
    } else if (this.#size === 0 || before !== undefined) {
      let line = before;
      if (line === undefined || size > line.length) {
        line = pool.take(size);
        if (before !== undefined) {
          before.copy(line, 0, 0, this.#size);
          pool.give(before);
        }
        this.#begun = line;
      }
      line.set(part, this.#size);
    }
    this.#size = size;
  }
}
