import { createServer, type Socket } from 'node:net';
import { announce } from './announce.ts';
import { answerTo, ID_DIGITS, SESSION_BYTES, type Kind, type Template } from './traffic.ts';

/*
 * An MCP server for measuring. It recognises the requests of traffic.ts by letters at fixed positions, copies their id
 * into a ready-made answer, and reads nothing else.
 */

const HEAD_END = Buffer.from('\r\n\r\n');
/** The end of `Content-Length: `, in upper or lower case. */
const LENGTH_HEADER = Buffer.from('ength: ');
const LETTER_G = 0x47;
const METHOD_AT = '{"method":"'.length;
const TOOL_AT = '{"method":"tools/call","params":{"name":"'.length;
const KINDS_BY_METHOD: Record<string, Kind> = { i: 'initialize', n: 'initialized' };
const KINDS_BY_TOOL: Record<string, Kind> = { s: 'small', e: 'event', l: 'large', h: 'huge' };
/** If an answer is longer than this, the part before the id is sent without a copy. */
const MAX_COPIED_BYTES = 16_384;

const answers = new Map<Kind, Template>();
for (const kind of ['initialize', 'initialized', 'small', 'event', 'large', 'huge', 'stream'] as const)
  answers.set(kind, answerTo(kind));

let sessions = 0;

const server = createServer({ noDelay: true }, (socket) => {
  let kept: Buffer | undefined;
  socket.on('data', (piece: Buffer) => {
    const bytes = kept === undefined ? piece : Buffer.concat([kept, piece]);
    const end = answerAll(socket, bytes);
    kept = end === bytes.length ? undefined : bytes.subarray(end);
  });
  // A client that is gone is not a fault of the proxy.
  socket.on('error', () => socket.destroy());
});

/** Returns where the first incomplete request begins. */
function answerAll(socket: Socket, bytes: Buffer): number {
  let at = 0;
  while (at < bytes.length) {
    const headEnd = bytes.indexOf(HEAD_END, at);
    if (headEnd < 0) return at;
    const bodyAt = headEnd + HEAD_END.length;
    const end = bytes[at] === LETTER_G ? bodyAt : bodyAt + contentLength(bytes, at);
    if (end > bytes.length) return at;
    answer(socket, bytes, kindOf(bytes, at, bodyAt), end);
    at = end;
  }
  return at;
}

function contentLength(bytes: Buffer, at: number): number {
  let digit = bytes.indexOf(LENGTH_HEADER, at) + LENGTH_HEADER.length;
  let length = 0;
  for (let byte = bytes[digit]; byte !== undefined && byte !== 0x0d; byte = bytes[++digit])
    length = length * 10 + byte - 0x30;
  return length;
}

function kindOf(bytes: Buffer, at: number, bodyAt: number): Kind {
  if (bytes[at] === LETTER_G) return 'stream';
  const method = String.fromCharCode(bytes[bodyAt + METHOD_AT] ?? 0);
  const kind =
    method === 't' ? KINDS_BY_TOOL[String.fromCharCode(bytes[bodyAt + TOOL_AT] ?? 0)] : KINDS_BY_METHOD[method];
  if (kind === undefined) throw new Error(`not a request of ours: ${bytes.toString('utf8', bodyAt, bodyAt + 80)}`);
  return kind;
}

/** @param end where the request ends; its id is before its last brace */
function answer(socket: Socket, request: Buffer, kind: Kind, end: number): void {
  const template = answers.get(kind);
  if (template === undefined) throw new Error(`no answer to ${kind}`);
  const { bytes, idAt, sessionAt } = template;
  if (idAt < 0) {
    socket.write(bytes);
    return;
  }
  const idFrom = end - 1 - ID_DIGITS;
  const from = bytes.length > MAX_COPIED_BYTES ? idAt : 0;
  const own = Buffer.allocUnsafe(bytes.length - from);
  bytes.copy(own, 0, from);
  request.copy(own, idAt - from, idFrom, idFrom + ID_DIGITS);
  if (sessionAt >= 0) own.write((++sessions).toString(16).padStart(SESSION_BYTES, '0'), sessionAt - from, 'latin1');
  if (from === 0) {
    socket.write(own);
    return;
  }
  socket.cork();
  socket.write(bytes.subarray(0, from));
  socket.write(own);
  socket.uncork();
}

announce(server);
