import { asBuffer, copyInto } from '../transport/wire/copy.ts';
import type { TextPool } from './text-pool.ts';

const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const COLON = 0x3a;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const DATA = Buffer.from('data:');
const LINE_BREAK = Buffer.from('\n');
const NOTHING = Buffer.alloc(0);

const MAX_FIELD_BYTES = 4096;
/**
 * Events up to this size are read in place. Larger ones are read faster from the pool, although they are copied first.
 */
const MAX_IN_PLACE_BYTES = 4096;

/** One event. `id` is its own id field, not the last id seen; `data` is UTF-8, and valid only during `onEvent`. */
export interface ServerSentEvent {
  type: string;
  id: string | undefined;
  data: Uint8Array;
}

interface EventStreamOptions {
  /** An event with more data is skipped. */
  maxEventBytes: number;
  pool: TextPool;
  onEvent(event: ServerSentEvent): void;
  /** Called at the end of an event that was too big, with the size of its data. */
  onOversize(bytes: number): void;
}

/**
 * Parses an event stream (WHATWG HTML 9.2.6) as it arrives. It gives the events that the standard gives, and also an
 * event that has an id but no data (MCP's priming event). Fields of more than 4 KiB are ignored, except for data. An
 * event of up to 4 KiB that lies in one chunk is not copied.
 */
export class EventStreamParser {
  readonly #options: EventStreamOptions;
  #matchedMark = 0;
  #endedInCr = false;
  /** The kind of the line that is being read; `open` until its first bytes tell. */
  #line: 'open' | 'data' | 'ignored' = 'open';
  #lineStart: Buffer = NOTHING;

  #type = '';
  #id: string | undefined;
  #hasData = false;
  #dataBytes = 0;
  /** The data while it is one view of the current chunk. Otherwise the first `#storedBytes` of `#store` hold it. */
  #view: Buffer | undefined;
  #store: Buffer = NOTHING;
  #storedBytes = 0;

  constructor(options: EventStreamOptions) {
    this.#options = options;
  }

  /** Reads the next bytes, which have to be valid only during the call. */
  push(chunk: Uint8Array): void {
    const bytes = asBuffer(chunk);
    if (bytes.length === 0) return;
    let at = this.#skipMark(bytes);
    if (this.#endedInCr && at < bytes.length) {
      if (bytes[at] === LF) at += 1;
      this.#endedInCr = false;
    }
    let lf = bytes.indexOf(LF, at);
    let cr = bytes.indexOf(CR, at);
    while (lf !== -1 || cr !== -1) {
      const end = cr === -1 || (lf !== -1 && lf < cr) ? lf : cr;
      this.#readLine(bytes.subarray(at, end));
      at = end + 1;
      if (end === cr) {
        if (at === bytes.length) this.#endedInCr = true;
        else if (bytes[at] === LF) at += 1;
      }
      if (lf !== -1 && lf < at) lf = bytes.indexOf(LF, at);
      if (cr !== -1 && cr < at) cr = bytes.indexOf(CR, at);
    }
    if (at < bytes.length) this.#readPart(bytes.subarray(at));
    this.#keepView();
  }

  /** The stream has ended. An event without a blank line after it does not count. */
  end(): void {
    this.#forgetEvent();
    this.#lineStart = NOTHING;
  }

  #skipMark(bytes: Buffer): number {
    let at = 0;
    while (this.#matchedMark < BYTE_ORDER_MARK.length && at < bytes.length) {
      if (bytes[at] === BYTE_ORDER_MARK[this.#matchedMark]) {
        at += 1;
        this.#matchedMark += 1;
      } else {
        // An incomplete mark is the start of an unknown field.
        if (this.#matchedMark > 0) this.#line = 'ignored';
        this.#matchedMark = BYTE_ORDER_MARK.length;
      }
    }
    return at;
  }

  /** Reads the rest of a line, without its line break. */
  #readLine(rest: Buffer): void {
    if (this.#line === 'open') {
      const line = this.#lineStart.length === 0 ? rest : Buffer.concat([this.#lineStart, rest]);
      if (line.length === 0) this.#dispatch();
      else this.#readField(line);
    } else if (this.#line === 'data') this.#addData(rest);
    this.#line = 'open';
    this.#lineStart = NOTHING;
  }

  /** Reads a part of a line that ends in a later chunk. */
  #readPart(part: Buffer): void {
    if (this.#line === 'data') this.#addData(part);
    if (this.#line !== 'open') return;
    const line = this.#lineStart.length === 0 ? part : Buffer.concat([this.#lineStart, part]);
    if (line.length > DATA.length && startsWithData(line)) {
      this.#line = 'data';
      this.#lineStart = NOTHING;
      this.#startData();
      this.#addData(valueAfter(line, DATA.length));
    } else if (line[0] === COLON || line.length > MAX_FIELD_BYTES) {
      this.#line = 'ignored';
      this.#lineStart = NOTHING;
    } else this.#lineStart = line === part ? Buffer.from(part) : line;
  }

  #readField(line: Buffer): void {
    if (startsWithData(line)) {
      this.#startData();
      this.#addData(valueAfter(line, DATA.length));
      return;
    }
    if (line[0] === COLON || line.length > MAX_FIELD_BYTES) return;
    const colon = line.indexOf(COLON);
    const name = line.toString('latin1', 0, colon === -1 ? line.length : colon);
    const value = colon === -1 ? NOTHING : valueAfter(line, colon + 1);
    if (name === 'data') this.#startData();
    else if (name === 'event') this.#type = value.toString();
    else if (name === 'id' && !value.includes(0)) this.#id = value.toString();
  }

  #startData(): void {
    if (this.#hasData) this.#addData(LINE_BREAK);
    this.#hasData = true;
  }

  #addData(piece: Buffer): void {
    if (piece.length === 0) return;
    const isFirst = this.#dataBytes === 0;
    this.#dataBytes += piece.length;
    if (this.#dataBytes > this.#options.maxEventBytes) {
      this.#view = undefined;
      this.#giveBack();
    } else if (isFirst) this.#view = piece;
    else {
      this.#keepView();
      this.#keep(piece);
    }
  }

  /** Copies the view, because its chunk is about to become invalid or because more data follows. */
  #keepView(): void {
    const view = this.#view;
    this.#view = undefined;
    if (view !== undefined) this.#keep(view);
  }

  /** Sizes double in the pool, which keeps it linear: 4 MB in 40 000 chunks is copied about twice. */
  #keep(piece: Buffer): void {
    const needed = this.#storedBytes + piece.length;
    if (needed > this.#store.length) {
      const bigger = this.#options.pool.take(needed);
      this.#store.copy(bigger, 0, 0, this.#storedBytes);
      this.#options.pool.give(this.#store);
      this.#store = bigger;
    }
    copyInto(this.#store, this.#storedBytes, piece);
    this.#storedBytes = needed;
  }

  #dispatch(): void {
    const bytes = this.#dataBytes;
    const isEvent = this.#hasData || this.#id !== undefined;
    if (bytes > MAX_IN_PLACE_BYTES) this.#keepView();
    const data = this.#view ?? this.#store.subarray(0, this.#storedBytes);
    const event = { type: this.#type === '' ? 'message' : this.#type, id: this.#id, data };
    try {
      if (bytes > this.#options.maxEventBytes) this.#options.onOversize(bytes);
      else if (isEvent) this.#options.onEvent(event);
    } finally {
      this.#forgetEvent();
    }
  }

  #forgetEvent(): void {
    this.#type = '';
    this.#id = undefined;
    this.#hasData = false;
    this.#dataBytes = 0;
    this.#view = undefined;
    this.#giveBack();
  }

  #giveBack(): void {
    this.#options.pool.give(this.#store);
    this.#store = NOTHING;
    this.#storedBytes = 0;
  }
}

function startsWithData(line: Buffer): boolean {
  for (let i = 0; i < DATA.length; i += 1) if (line[i] !== DATA[i]) return false;
  return true;
}

/** One space after the colon is not part of the value. */
function valueAfter(line: Buffer, at: number): Buffer {
  return line.subarray(line[at] === SPACE ? at + 1 : at);
}
