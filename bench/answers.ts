/** The expected answer: its body byte for byte. It may come in any framing and any pieces. */
export interface Expected {
  status: number;
  mediaType: string | undefined;
  body: Buffer;
  /** The stream stays open, so the answer is complete when `body` has come. */
  endless: boolean;
}

/** An answer is not the expected one. Nothing is measured then. */
export class WrongAnswer extends Error {}

interface Head {
  status: number;
  mediaType: string | undefined;
  sessionId: string | undefined;
  /** The length of the body; -1: it is chunked. */
  length: number;
}

type State = 'head' | 'body' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailers' | 'done';

const HEAD_END = Buffer.from('\r\n\r\n');
const NOTHING = Buffer.alloc(0);
const CR = 0x0d;
const LF = 0x0a;

/** Reads the answers of one connection, one after the other, and compares each byte. */
export class AnswerReader {
  /** The `Mcp-Session-Id` of the last answer. */
  sessionId: string | undefined;
  #expected: Expected | undefined;
  #state: State = 'done';
  /** Bytes of a head or of a chunk's frame that is not complete yet. */
  #kept: Buffer = NOTHING;
  /** The bytes of the last head for each expectation. Most heads are equal to it and need no parsing. */
  readonly #heads = new Map<Expected, { bytes: Buffer; head: Head }>();
  #matched = 0;
  #chunkLeft = 0;
  #length = -1;

  /** The next bytes must be the answer `expected`, beginning with its head. */
  expect(expected: Expected): void {
    this.#expected = expected;
    this.#state = 'head';
    this.#matched = 0;
  }

  /** Reads the next bytes; true when they complete the answer. @throws WrongAnswer at the first byte that is wrong */
  push(bytes: Buffer): boolean {
    const expected = this.#expected;
    if (expected === undefined || this.#state === 'done')
      throw new WrongAnswer(`${bytes.length} bytes that nothing asked for: ${show(bytes)}`);
    let at = 0;
    let piece = bytes;
    if (this.#kept.length > 0) {
      piece = Buffer.concat([this.#kept, bytes]);
      this.#kept = NOTHING;
    }
    while (at < piece.length || this.#isOver(expected)) {
      if (this.#isOver(expected)) {
        if (at < piece.length) throw new WrongAnswer(`more than the answer: ${show(piece.subarray(at))}`);
        this.#state = 'done';
        return true;
      }
      const next = this.#step(expected, piece, at);
      if (next === at) {
        this.#kept = Buffer.from(piece.subarray(at));
        return false;
      }
      at = next;
    }
    return false;
  }

  #isOver({ body, endless }: Expected): boolean {
    if (endless) return this.#matched === body.length && this.#state === 'chunk-size';
    return this.#state === 'done' || (this.#state === 'body' && this.#matched === body.length);
  }

  /** Reads as far as it can from `at` on, and returns the new position; `at` itself: it needs more bytes. */
  #step(expected: Expected, bytes: Buffer, at: number): number {
    switch (this.#state) {
      case 'head':
        return this.#readHead(expected, bytes, at);
      case 'body':
        return this.#compare(expected, bytes, at, bytes.length);
      case 'chunk-size': {
        const end = lineEnd(bytes, at);
        if (end < 0) return at;
        const size = bytes.toString('latin1', at, end - 2);
        if (!/^[0-9a-f]+$/i.test(size)) throw new WrongAnswer(`'${size}' is not a chunk size`);
        this.#chunkLeft = Number.parseInt(size, 16);
        this.#state = this.#chunkLeft > 0 ? 'chunk' : 'trailers';
        return end;
      }
      case 'chunk': {
        const next = this.#compare(expected, bytes, at, Math.min(bytes.length, at + this.#chunkLeft));
        this.#chunkLeft -= next - at;
        if (this.#chunkLeft === 0) this.#state = 'chunk-end';
        return next;
      }
      case 'chunk-end':
        if (bytes.length - at < 2) return at;
        if (bytes[at] !== CR || bytes[at + 1] !== LF) throw new WrongAnswer('a chunk is longer than it said');
        this.#state = 'chunk-size';
        return at + 2;
      case 'trailers': {
        const end = lineEnd(bytes, at);
        if (end < 0) return at;
        if (end - at > 2) throw new WrongAnswer(`a trailer: ${show(bytes.subarray(at, end))}`);
        const { length } = expected.body;
        if (this.#matched < length || expected.endless)
          throw new WrongAnswer(`the body ended after ${this.#matched} of ${length} bytes`);
        this.#state = 'done';
        return end;
      }
      case 'done':
        throw new WrongAnswer('read on after the end');
    }
  }

  #readHead(expected: Expected, bytes: Buffer, at: number): number {
    const last = this.#heads.get(expected);
    let end = at + (last?.bytes.length ?? 0);
    let head = last?.head;
    if (last === undefined || end > bytes.length || last.bytes.compare(bytes, at, end) !== 0) {
      const found = bytes.indexOf(HEAD_END, at);
      if (found < 0) return at;
      end = found + HEAD_END.length;
      head = parseHead(bytes.toString('latin1', at, found));
      checkHead(head, expected);
      this.#heads.set(expected, { bytes: Buffer.from(bytes.subarray(at, end)), head });
    }
    this.#length = head?.length ?? -1;
    this.sessionId = head?.sessionId;
    this.#state = this.#length >= 0 ? 'body' : 'chunk-size';
    return end;
  }

  #compare({ body }: Expected, bytes: Buffer, from: number, to: number): number {
    const at = this.#matched;
    const end = at + to - from;
    if (end > body.length) throw new WrongAnswer(`the body is longer than ${body.length} bytes`);
    if (body.compare(bytes, from, to, at, end) !== 0) {
      const place = firstDifference(body.subarray(at, end), bytes.subarray(from, to));
      const [wanted, got] = [body.subarray(at + place), bytes.subarray(from + place, to)];
      throw new WrongAnswer(`byte ${at + place} of the body differs: ${show(got)} instead of ${show(wanted)}`);
    }
    this.#matched = end;
    return to;
  }
}

function parseHead(text: string): Head {
  const [first = '', ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1];
  if (status === undefined) throw new WrongAnswer(`'${first}' is not a status line`);
  const values = new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), valueOf(line)]));
  const length = values.get('content-length');
  const coding = values.get('transfer-encoding');
  if ((length === undefined) === (coding === undefined))
    throw new WrongAnswer(`the answer must have either a length or chunks: ${show(Buffer.from(text, 'latin1'))}`);
  if (coding !== undefined && coding !== 'chunked') throw new WrongAnswer(`the coding ${coding}`);
  return {
    status: Number(status),
    mediaType: values.get('content-type')?.split(';')[0],
    sessionId: values.get('mcp-session-id'),
    length: length === undefined ? -1 : Number(length),
  };
}

function checkHead(head: Head, { status, mediaType, body }: Expected): void {
  if (head.status !== status) throw new WrongAnswer(`status ${head.status} instead of ${status}`);
  if (head.mediaType !== mediaType) throw new WrongAnswer(`content type ${head.mediaType} instead of ${mediaType}`);
  if (head.length >= 0 && head.length !== body.length)
    throw new WrongAnswer(`length ${head.length} instead of ${body.length}`);
}

const valueOf = (line: string): string => line.slice(line.indexOf(':') + 1).trim();

function lineEnd(bytes: Buffer, at: number): number {
  const lf = bytes.indexOf(LF, at);
  if (lf < 0) return -1;
  if (bytes[lf - 1] !== CR) throw new WrongAnswer('a line of the framing does not end in CR LF');
  return lf + 1;
}

function firstDifference(a: Buffer, b: Buffer): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return at;
}

const show = (bytes: Buffer): string => JSON.stringify(bytes.toString('latin1', 0, 80));
