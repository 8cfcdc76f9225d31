import { isNamed, TEXT, TOKEN, CR, LF } from './grammar.ts';
import { HeadReader, MORE, REFUSED, type FieldPlace, type HeadLines } from './head-reader.ts';
import type { Refusal } from './refusal.ts';

/** Gets the bytes of a body without what frames them. */
export type DataTaker = (bytes: Buffer, from: number, to: number) => void;

/** Of a chunk's first line, with its extensions. */
const MAX_LINE_BYTES = 4_096;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

const SIZE = 0;
const EXTENSION_NAME = 1;
const EXTENSION_VALUE = 2;
const QUOTED = 3;
const QUOTED_PAIR = 4;
const AFTER_QUOTED = 5;
const LINE_END = 6;
const DATA = 7;
const DATA_CR = 8;
const DATA_LF = 9;
const TRAILERS = 10;

/**
 * Finds the end of a chunked body (RFC 9112, 7.1) as its bytes come, each of which is looked at once. Chunk data are not
 * looked at.
 */
export class ChunkReader implements HeadLines {
  /** After `REFUSED`. */
  refusal: Refusal | undefined;
  #state = SIZE;
  #size = 0;
  /** Of the current line. */
  #lineBytes = 0;
  #nameBytes = 0;
  #left = 0;
  #trailers: HeadReader | undefined;

  begin(): void {
    this.#state = SIZE;
    this.#size = 0;
    this.#lineBytes = 0;
  }

  /** What has come ends with a chunk: the end of the body could follow. */
  get atChunkEnd(): boolean {
    return this.#state === SIZE && this.#lineBytes === 0;
  }

  /** Returns where the rest begins after the body, `MORE` or `REFUSED`. */
  read(bytes: Buffer, from: number, data: DataTaker | undefined): number {
    const to = bytes.length;
    let at = from;
    while (at < to) {
      const state = this.#state;
      if (state === DATA) {
        const end = Math.min(to, at + this.#left);
        data?.(bytes, at, end);
        this.#left -= end - at;
        at = end;
        if (this.#left === 0) this.#state = DATA_CR;
        continue;
      }
      if (state === TRAILERS) return this.#readTrailers(bytes, at);
      const byte = bytes[at++] ?? 0;
      if (state === DATA_CR || state === DATA_LF) {
        if (byte !== (state === DATA_CR ? CR : LF)) return this.#refuse('a chunk that is longer than its size');
        if (state === DATA_CR) this.#state = DATA_LF;
        else this.begin();
        continue;
      }
      if (++this.#lineBytes > MAX_LINE_BYTES)
        return this.#refuse(`a chunk whose line is longer than ${MAX_LINE_BYTES} bytes`);
      if (!this.#takeLineByte(state, byte)) return REFUSED;
    }
    return MORE;
  }

  onStartLine(): undefined {
    return undefined;
  }

  /**
   * A trailer must not frame, route or authenticate (RFC 9110, 6.5.1): who merges it would read another message. llhttp
   * takes `Connection` and `Proxy-Connection` from there.
   */
  onField(bytes: Buffer, { nameFrom, nameTo }: FieldPlace): Refusal | undefined {
    const length = nameTo - nameFrom;
    const forbidden = FORBIDDEN_TRAILERS.find((name) => name.length === length && isNamed(bytes, nameFrom, name));
    return forbidden === undefined ? undefined : { status: 400, text: `${forbidden} among the trailers` };
  }

  #takeLineByte(state: number, byte: number): boolean {
    switch (state) {
      case SIZE: {
        const digit = hexDigit(byte);
        if (digit >= 0) {
          this.#size = this.#size * 16 + digit;
          if (this.#size <= Number.MAX_SAFE_INTEGER) return true;
          return this.#fail('a chunk size beyond what can be counted exactly');
        }
        if (this.#lineBytes === 1) return this.#fail('a chunk without a size');
        return this.#endPart(byte, 'a chunk size that is not a number');
      }
      case EXTENSION_NAME:
        if (TOKEN[byte] === 1) {
          this.#nameBytes++;
          return true;
        }
        if (this.#nameBytes === 0) break;
        if (byte !== EQUALS) return this.#endPart(byte, BAD_EXTENSION);
        this.#nameBytes = 0;
        this.#state = EXTENSION_VALUE;
        return true;
      case EXTENSION_VALUE:
        if (byte === QUOTE && this.#nameBytes === 0) {
          this.#state = QUOTED;
          return true;
        }
        if (TOKEN[byte] === 1) {
          this.#nameBytes++;
          return true;
        }
        if (this.#nameBytes === 0) break;
        return this.#endPart(byte, BAD_EXTENSION);
      case QUOTED:
        if (TEXT[byte] !== 1) break;
        if (byte === QUOTE) this.#state = AFTER_QUOTED;
        else if (byte === BACKSLASH) this.#state = QUOTED_PAIR;
        return true;
      case QUOTED_PAIR:
        if (TEXT[byte] !== 1) break;
        this.#state = QUOTED;
        return true;
      case AFTER_QUOTED:
        return this.#endPart(byte, BAD_EXTENSION);
      case LINE_END:
        if (byte !== LF) return this.#fail('a CR without its LF');
        this.#endLine();
        return true;
    }
    return this.#fail(BAD_EXTENSION);
  }

  /** After a size or an extension comes another extension, or the end of the line. */
  #endPart(byte: number, otherwise: string): boolean {
    if (byte === CR) this.#state = LINE_END;
    else if (byte === SEMICOLON) {
      this.#state = EXTENSION_NAME;
      this.#nameBytes = 0;
    } else return this.#fail(otherwise);
    return true;
  }

  #endLine(): void {
    this.#left = this.#size;
    if (this.#size > 0) this.#state = DATA;
    else {
      this.#state = TRAILERS;
      this.#trailers ??= new HeadReader();
      this.#trailers.expectTrailers();
    }
  }

  #readTrailers(bytes: Buffer, from: number): number {
    const trailers = (this.#trailers ??= new HeadReader());
    const end = trailers.read(bytes, from, this);
    this.refusal = trailers.refusal;
    return end;
  }

  #refuse(what: string): number {
    this.#fail(what);
    return REFUSED;
  }

  #fail(what: string): false {
    this.refusal = { status: 400, text: `this is not well-formed HTTP/1.1: ${what}` };
    return false;
  }
}

const BAD_EXTENSION = 'a chunk extension that is not one';
const FORBIDDEN_TRAILERS = [
  'authorization',
  'connection',
  'content-length',
  'host',
  'mcp-session-id',
  'origin',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
];

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
