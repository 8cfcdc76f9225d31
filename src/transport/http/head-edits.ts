import { textOf } from './grammar.ts';
interface Edit {
  from: number;
  to: number;
  text: string;
}

/**
 * What is changed in a head on its way. All else goes on as it came. Places count from where the reader's places begin,
 * so that they hold when the head goes on in other bytes.
 */
export class HeadEdits {
  #edits: Edit[] | undefined;
  #added = '';

  get none(): boolean {
    return this.#edits === undefined && this.#added === '';
  }

  /** What stands from `from` to `to` becomes `text`. */
  replace(from: number, to: number, text: string): void {
    (this.#edits ??= []).push({ from, to, text });
  }

  /** Adds a line at the end of the head. */
  add(name: string, value: string): void {
    this.#added += `${name}: ${value}\r\n`;
  }

  /** The head as it goes on. @param base where places begin. @param end after the empty line */
  apply(bytes: Buffer, base: number, end: number): string {
    let head = '';
    let at = base;
    for (const { from, to, text } of this.#edits?.sort((one, other) => one.from - other.from) ?? []) {
      // What was cut out as a part of its line needs no other change.
      if (base + from < at) continue;
      head += textOf(bytes, at, base + from) + text;
      at = base + to;
    }
    return `${head}${textOf(bytes, at, end - 2)}${this.#added}\r\n`;
  }
}
