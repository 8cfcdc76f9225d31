import type { TextPool } from './text-pool.ts';

const LF = 0x0a;
const CR = 0x0d;

export interface LinesOptions {
  /** A longer line is not kept. */
  maxBytes: number;
  pool: TextPool;
  /** Called with each line that is not empty, without its line break; the bytes are valid only during the call. */
  onLine(line: Uint8Array): void;
  onOversize(): void;
}

/** Splits one direction of a stdio process into lines (MCP, Transports: messages are delimited by newlines). */
export class Lines {
  readonly #options: LinesOptions;
  #partialLine: Buffer | undefined;
  #size = 0;

  constructor(options: LinesOptions) {
    this.#options = options;
  }

  /** Reads the next bytes, which have to be valid only during the call. */
  push(chunk: Uint8Array): void {
    let at = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, at)) {
      this.#end(chunk.subarray(at, end));
      at = end + 1;
    }
    if (at < chunk.length) this.#keep(chunk.subarray(at));
  }

  /** The input has ended. A last line without a line break counts too. */
  end(): void {
    this.#end(new Uint8Array());
  }

  /** Forgets an unfinished line. */
  close(): void {
    if (this.#partialLine !== undefined) this.#options.pool.give(this.#partialLine);
    this.#partialLine = undefined;
    this.#size = 0;
  }

  #end(rest: Uint8Array): void {
    const { maxBytes, onLine, onOversize, pool } = this.#options;
    if (this.#size === 0) {
      if (rest.length > maxBytes) onOversize();
      else this.#emit(rest);
      return;
    }
    this.#keep(rest);
    const size = this.#size;
    const line = this.#partialLine;
    this.#size = 0;
    this.#partialLine = undefined;
    if (line === undefined) onOversize();
    else {
      this.#emit(line.subarray(0, size), onLine);
      pool.give(line);
    }
  }

  #emit(line: Uint8Array, onLine = this.#options.onLine): void {
    const text = line.at(-1) === CR ? line.subarray(0, -1) : line;
    if (text.length > 0) onLine(text);
  }

  #keep(part: Uint8Array): void {
    const { maxBytes, pool } = this.#options;
    const size = this.#size + part.length;
    const before = this.#partialLine;
    if (size > maxBytes) {
      if (before !== undefined) pool.give(before);
      this.#partialLine = undefined;
    } else if (this.#size === 0 || before !== undefined) {
      let line = before;
      if (line === undefined || size > line.length) {
        line = pool.take(size);
        if (before !== undefined) {
          before.copy(line, 0, 0, this.#size);
          pool.give(before);
        }
        this.#partialLine = line;
      }
      line.set(part, this.#size);
    }
    this.#size = size;
  }
}
