import { textOf } from './grammar.ts';
import type { FieldPlace } from './head-reader.ts';

/** Where a field's line stands. */
export type Line = Pick<FieldPlace, 'base' | 'nameFrom' | 'lineTo'>;

/** A line to be edited later: its reader uses the place again. */
export const keptLine = ({ base, nameFrom, lineTo }: Line): Line => ({
  base: 0,
  nameFrom: nameFrom - base,
  lineTo: lineTo - base,
});

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

  /** A line does not go on. */
  drop({ base, nameFrom, lineTo }: Line): void {
    this.replace(nameFrom - base, lineTo - base, '');
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
