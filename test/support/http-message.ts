import type { Wire } from './raw.ts';

/** A header field as it stood on the wire, without the whitespace around the value; Latin-1. */
export type FieldLine = readonly [name: string, value: string];

export interface Head {
  /** The request line or the status line. */
  line: string;
  fields: readonly FieldLine[];
}

type Framing = 'none' | 'length' | 'chunked' | 'close';

/** `bytes` is what was framed: a chunked body without its chunk framing. */
export interface Body {
  bytes: Buffer;
  framing: Framing;
  ending: 'complete' | 'broken';
  trailers: readonly FieldLine[];
}

export interface Answer {
  informational: readonly Head[];
  head: Head;
  status: number;
  reason: string;
  body: Body;
}

/** Every value of a field, in order. */
export const valuesOf = ({ fields }: Head, name: string): string[] =>
  fields.filter(([candidate]) => candidate.toLowerCase() === name.toLowerCase()).map(([, value]) => value);

/** The next head; undefined when the connection ended before one began. */
export async function readHead(wire: Wire): Promise<Head | undefined> {
  if (await wire.atEnd()) return undefined;
  const text = (await wire.readThrough('\r\n\r\n')).toString('latin1');
  const [line = '', ...rest] = text.slice(0, -4).split('\r\n');
  return { line, fields: rest.map(fieldLine) };
}

/** The body of a request: a request without framing has none. */
export function readRequestBody(wire: Wire, head: Head): Promise<Body> {
  return readBody(wire, framingOf(head, 'none'), head);
}

/** The final answer with what preceded it. `method` decides whether a body can follow (HEAD). */
export async function readAnswer(wire: Wire, method = 'POST'): Promise<Answer> {
  const informational: Head[] = [];
  for (;;) {
    const head = await readHead(wire);
    if (head === undefined) throw new Error('the connection ended before an answer began');
    const status = statusOf(head);
    if (status < 200) {
      informational.push(head);
      continue;
    }
    const bodiless = method === 'HEAD' || status === 204 || status === 304;
    const framing = bodiless ? 'none' : framingOf(head, 'close');
    const body = await readBody(wire, framing, head);
    return { informational, head, status, reason: head.line.split(' ').slice(2).join(' '), body };
  }
}

export const statusOf = (head: Head): number => Number(head.line.split(' ')[1]);

/** The pieces of an answer's body as they come, without chunk framing; ends with the body. @throws when it breaks */
export const answerPieces = (wire: Wire, head: Head): AsyncGenerator<Buffer, FieldLine[]> =>
  readPieces(wire, framingOf(head, 'close'), head);

/** The same of a request's body. */
export const requestPieces = (wire: Wire, head: Head): AsyncGenerator<Buffer, FieldLine[]> =>
  readPieces(wire, framingOf(head, 'none'), head);

function framingOf(head: Head, otherwise: 'none' | 'close'): Framing {
  if (valuesOf(head, 'transfer-encoding').length > 0) return 'chunked';
  return valuesOf(head, 'content-length').length > 0 ? 'length' : otherwise;
}

async function readBody(wire: Wire, framing: Framing, head: Head): Promise<Body> {
  const bytes: Buffer[] = [];
  const pieces = readPieces(wire, framing, head);
  for (;;) {
    const next = await pieces.next().catch(() => undefined);
    if (next === undefined) return { bytes: Buffer.concat(bytes), framing, ending: 'broken', trailers: [] };
    if (next.done === true) return { bytes: Buffer.concat(bytes), framing, ending: 'complete', trailers: next.value };
    bytes.push(next.value);
  }
}

async function* readPieces(wire: Wire, framing: Framing, head: Head): AsyncGenerator<Buffer, FieldLine[]> {
  if (framing === 'chunked') return yield* readChunks(wire);
  if (framing === 'length') yield* readLength(wire, Number(valuesOf(head, 'content-length')[0]));
  if (framing === 'close') {
    while (!(await wire.atEnd())) yield await wire.readUpTo(Infinity);
    if ((await wire.ended) === 'broken') throw new Error('the connection broke within a body that ends with it');
  }
  return [];
}

async function* readLength(wire: Wire, length: number): AsyncGenerator<Buffer> {
  for (let left = length; left > 0;) {
    const piece = await wire.readUpTo(left);
    if (piece.length === 0) throw new Error(`the connection ended ${left} bytes before the body did`);
    left -= piece.length;
    yield piece;
  }
}

async function* readChunks(wire: Wire): AsyncGenerator<Buffer, FieldLine[]> {
  for (;;) {
    const size = (await wire.readThrough('\r\n')).toString('latin1');
    if (!/^[0-9a-fA-F]+(?:;.*)?\r\n$/.test(size)) throw new Error(`not a chunk size: ${JSON.stringify(size)}`);
    const length = Number.parseInt(size, 16);
    if (length === 0) break;
    yield* readLength(wire, length);
    await wire.read(2);
  }
  const trailers: FieldLine[] = [];
  for (;;) {
    const line = (await wire.readThrough('\r\n')).toString('latin1').slice(0, -2);
    if (line === '') return trailers;
    trailers.push(fieldLine(line));
  }
}

function fieldLine(line: string): FieldLine {
  const colon = line.indexOf(':');
  if (colon < 1) throw new Error(`not a header field: ${JSON.stringify(line)}`);
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, '')];
}
