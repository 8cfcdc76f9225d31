import { Buffer } from 'node:buffer';
import { isSealed, type RequestHead } from './request-head.ts';
import type { Choice } from '../trace/span-chooser.ts';
import { eachMember, endOfValue, keyIs, skipSpace } from '../../json/scan.ts';

/** The end of a chunk, and a last chunk without trailers. */
const LAST_CHUNK = Buffer.from('\r\n0\r\n\r\n');
const QUOTE = 0x22;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

interface Found {
  /** Where the value begins; undefined when there is no such member. */
  at: number | undefined;
  /** The object can't be read to its end, or has this member twice. */
  unclear: boolean;
}

/**
 * The body with our span as its trace context, or the body as it is, where that is not possible or not wanted. Corrects
 * the length among the headers.
 * @param body `raw` as it came, `data` without its chunks
 * @param headText the head of the request
 */
export function withContext(
  { head, raw, data }: { head: Pick<RequestHead, 'framing' | 'placeContentLength'>; raw: Buffer; data: Buffer },
  headText: string,
  { span, traceParent }: Choice,
): Buffer {
  if (span?.propagated !== true || traceParent === undefined || isSealed(headText)) return raw;
  const { chunked } = head.framing;
  // Extensions of chunks and trailers belong to the body as it was.
  if (chunked && !raw.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK)) return raw;
  const spliced = spliceTraceParent(data, traceParent);
  if (spliced === undefined) return raw;
  if (chunked) return Buffer.concat([Buffer.from(`${spliced.length.toString(16)}\r\n`), spliced, LAST_CHUNK]);
  head.placeContentLength(spliced.length);
  return spliced;
}

/**
 * Writes a trace context into `params._meta` of a JSON-RPC request or notification, as the conventions ask. Every other
 * byte stays as it is. Returns undefined when it can't be sure: for a batch, an answer, members that come twice,
 * `params` or `_meta` of another type, a context that the client wrote, and text that is not one JSON object.
 * @see https://modelcontextprotocol.io/seps/414, W3C Trace Context
 */
export function spliceTraceParent(body: Buffer, traceParent: string): Buffer | undefined {
  const from = skipSpace(body, 0);
  if (body[from] !== OPEN_BRACE) return undefined;
  const [method, params] = membersOf(body, from, ['method', 'params'], true);
  if (method === undefined || params === undefined || method.unclear || params.unclear) return undefined;
  if (method.at === undefined || body[method.at] !== QUOTE) return undefined;
  const context = `"traceparent":"${traceParent}"`;
  if (params.at === undefined) return insert(body, from, `"params":{"_meta":{${context}}}`);
  if (body[params.at] !== OPEN_BRACE) return undefined;
  const [meta] = membersOf(body, params.at, ['_meta']);
  if (meta === undefined || meta.unclear) return undefined;
  if (meta.at === undefined) return insert(body, params.at, `"_meta":{${context}}`);
  if (body[meta.at] !== OPEN_BRACE) return undefined;
  const [own] = membersOf(body, meta.at, ['traceparent']);
  return own === undefined || own.unclear || own.at !== undefined ? undefined : insert(body, meta.at, context);
}

/** @param whole only white space may follow the object */
function membersOf(body: Buffer, from: number, names: readonly string[], whole = false): Found[] {
  const found: Found[] = names.map(() => ({ at: undefined, unclear: false }));
  const end = eachMember(body, from, (keyAt, keyEnd, valueAt) => {
    for (const [index, name] of names.entries()) {
      const one = found[index];
      if (one === undefined || !keyIs(body, keyAt, keyEnd, name)) continue;
      if (one.at !== undefined) one.unclear = true;
      one.at = valueAt;
    }
    return endOfValue(body, valueAt);
  });
  const broken = end === -1 || (whole && skipSpace(body, end) !== body.length);
  if (broken) for (const one of found) one.unclear = true;
  return found;
}

/** Inserts the first member of the object that begins at `at`. */
function insert(body: Buffer, at: number, member: string): Buffer {
  const empty = body[skipSpace(body, at + 1)] === CLOSE_BRACE;
  return Buffer.concat([
    body.subarray(0, at + 1),
    Buffer.from(empty ? member : `${member},`, 'latin1'),
    body.subarray(at + 1),
  ]);
}
