import { COLON, CR, LF, SPACE, TAB, TEXT, TOKEN } from './grammar.ts';
import type { Refusal } from './refusal.ts';

/** Who is told of the lines of a head. Positions are in `bytes`. Those after `base` stay the same when the head goes on in other bytes. */
export interface HeadLines {
  /** The first line, without its end. Returns why it is refused. */
  onStartLine(bytes: Buffer, from: number, to: number): Refusal | undefined;
  /** A field; its value without the white space around it. `lineTo`: after the end of the line. */
  onField(bytes: Buffer, field: FieldPlace): Refusal | undefined;
}

/** Where a field stands in the bytes it was read from. */
export interface FieldPlace {
  /** Where the head begins, or the first trailer. */
  base: number;
  nameFrom: number;
  nameTo: number;
  valueFrom: number;
  valueTo: number;
  /** After the end of its line. */
  lineTo: number;
}

const EMPTY = Buffer.alloc(0);

export const MORE = -1;
export const REFUSED = -2;

export const MAX_HEAD_BYTES = 65_536;
const MAX_FIELDS = 1_000;
const FIRST_HELD_BYTES = 1_024;

const BEFORE = 0;
const START_LINE = 1;
const START_LINE_END = 2;
const LINE_START = 3;
const NAME = 4;
const VALUE_START = 5;
const VALUE = 6;
const LINE_END = 7;
const HEAD_END = 8;
const BEFORE_END = 9;

const NOT_HTTP = 'this is not well-formed HTTP/1.1';
const bad = (what: string): Refusal => ({ status: 400, text: `${NOT_HTTP}: ${what}` });
const TOO_LONG: Refusal = { status: 431, text: `headers of more than ${MAX_HEAD_BYTES} bytes` };
const TOO_MANY: Refusal = { status: 431, text: `more than ${MAX_FIELDS} header fields` };

/**
 * Reads heads of messages, and the trailers of chunked bodies (RFC 9112, 2 to 5 and 7.1.2), as their bytes come. Each
 * byte is looked at once, and how the bytes were cut changes nothing. Stricter than the RFC allows: lines end with CRLF,
 * nothing is folded.
 */
export class HeadReader {
  /** The last head that was read stands here. Valid until the next call of `read`. */
  bytes: Buffer = EMPTY;
  /** Where it begins. */
  base = 0;
  end = 0;
  /** After `REFUSED`. */
  refusal: Refusal | undefined;
  #state = BEFORE;
  #fields = 0;
  /** What came before, of a head that did not come in one piece. */
  #held: Buffer | undefined;
  #heldBytes = 0;
  readonly #field: FieldPlace = { base: 0, nameFrom: 0, nameTo: 0, valueFrom: 0, valueTo: 0, lineTo: 0 };

  /** A head has begun to arrive, and not ended. */
  get begun(): boolean {
    return this.#held !== undefined;
  }

  /** Has the next call read trailers, which have no first line. */
  expectTrailers(): void {
    this.#state = LINE_START;
    this.#fields = 0;
  }

  /** Begins anew. */
  reset(): void {
    this.#state = BEFORE;
    this.#fields = 0;
    this.#held = undefined;
  }

  /** Reads on in `piece`. Returns where the rest begins after the end of the head, `MORE` or `REFUSED`. */
  read(piece: Buffer, from: number, lines: HeadLines): number {
    if (this.#held === undefined) {
      const base = this.#state === BEFORE || this.#state === BEFORE_END ? this.#skipEmptyLines(piece, from) : from;
      if (base < 0) return base;
      const end = this.#scan(piece, base, base, piece.length, lines);
      if (end === MORE) this.#hold(piece, base);
      return end;
    }
    const before = this.#heldBytes;
    const bytes = this.#append(piece, from);
    const end = this.#scan(bytes, 0, before, this.#heldBytes, lines);
    if (end >= 0) this.#held = undefined;
    return end < 0 ? end : from + end - before;
  }

  #scan(bytes: Buffer, base: number, from: number, end: number, lines: HeadLines): number {
    const field = this.#field;
    if (base !== field.base) this.#move(base - field.base);
    const limit = base + MAX_HEAD_BYTES;
    const to = Math.min(end, limit);
    let state = this.#state;
    let at = from;
    while (at < to) {
      const byte = bytes[at] ?? 0;
      switch (state) {
        case VALUE:
          while (at < to && TEXT[bytes[at] ?? 0] === 1) at++;
          if (at === to) break;
          if (bytes[at] !== CR) return this.#refuse(bad('a control character in a header field'));
          field.valueTo = at++;
          state = LINE_END;
          break;
        case NAME:
          while (at < to && TOKEN[bytes[at] ?? 0] === 1) at++;
          if (at === to) break;
          if (bytes[at] !== COLON || at === field.nameFrom)
            return this.#refuse(bad('a header field without a proper name'));
          field.nameTo = at++;
          state = VALUE_START;
          break;
        case VALUE_START:
          if (byte === SPACE || byte === TAB) at++;
          else {
            field.valueFrom = at;
            state = VALUE;
          }
          break;
        case LINE_END: {
          if (byte !== LF) return this.#refuse(bad('a CR without its LF'));
          field.lineTo = ++at;
          if (++this.#fields > MAX_FIELDS) return this.#refuse(TOO_MANY);
          while (field.valueTo > field.valueFrom && isBlank(bytes[field.valueTo - 1])) field.valueTo--;
          const refusal = lines.onField(bytes, field);
          if (refusal !== undefined) return this.#refuse(refusal);
          state = LINE_START;
          break;
        }
        case LINE_START:
          if (byte === CR) {
            at++;
            state = HEAD_END;
          } else {
            field.nameFrom = at;
            state = NAME;
          }
          break;
        case HEAD_END:
          if (byte !== LF) return this.#refuse(bad('a CR without its LF'));
          at++;
          this.#state = BEFORE;
          this.#fields = 0;
          this.bytes = bytes;
          this.base = base;
          this.end = at;
          return at;
        case START_LINE:
          while (at < to && TEXT[bytes[at] ?? 0] === 1) at++;
          if (at === to) break;
          if (bytes[at] !== CR) return this.#refuse(bad('a control character in the first line'));
          at++;
          state = START_LINE_END;
          break;
        case START_LINE_END: {
          if (byte !== LF) return this.#refuse(bad('a CR without its LF'));
          const refusal = lines.onStartLine(bytes, base, at - 1);
          if (refusal !== undefined) return this.#refuse(refusal);
          at++;
          state = LINE_START;
          break;
        }
      }
    }
    this.#state = state;
    return to === limit ? this.#refuse(TOO_LONG) : MORE;
  }

  /**
   * Passes over empty lines before a head (RFC 9112, 2.2). They are no part of it, so that positions do not depend on
   * them, and a client that ends its bodies with one has not begun a request. Returns where the head begins.
   */
  #skipEmptyLines(bytes: Buffer, from: number): number {
    for (let at = from; at < bytes.length; at++) {
      const byte = bytes[at];
      if (this.#state === BEFORE_END) {
        if (byte !== LF) return this.#refuse(bad('a CR without its LF'));
        this.#state = BEFORE;
      } else if (byte === CR) this.#state = BEFORE_END;
      else {
        this.#state = START_LINE;
        return at;
      }
    }
    return MORE;
  }

  #refuse(refusal: Refusal): number {
    this.refusal = refusal;
    return REFUSED;
  }

  /** Positions follow the head when it is copied. */
  #move(shift: number): void {
    const field = this.#field;
    field.base += shift;
    field.nameFrom += shift;
    field.nameTo += shift;
    field.valueFrom += shift;
    field.valueTo += shift;
  }

  #hold(piece: Buffer, from: number): void {
    const length = piece.length - from;
    this.#held = Buffer.allocUnsafeSlow(Math.max(FIRST_HELD_BYTES, 2 * length));
    this.#heldBytes = piece.copy(this.#held, 0, from);
  }

  #append(piece: Buffer, from: number): Buffer {
    const length = this.#heldBytes + piece.length - from;
    let held = this.#held ?? EMPTY;
    if (length > held.length) {
      const larger = Buffer.allocUnsafeSlow(2 * length);
      held.copy(larger, 0, 0, this.#heldBytes);
      this.#held = held = larger;
    }
    piece.copy(held, this.#heldBytes, from);
    this.#heldBytes = length;
    return held;
  }
}

const isBlank = (byte: number | undefined): boolean => byte === SPACE || byte === TAB;
