import { createCipheriv } from 'node:crypto';

/** A Host that a proxy on loopback accepts, the same for both routes so that they can be compared. */
export const HOST = 'localhost:3000';

type Fields = readonly string[];

const head = (first: string, fields: Fields): string => [first, ...fields, '', ''].join('\r\n');
const joined = (start: string, body: string | Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(start, 'latin1'), typeof body === 'string' ? Buffer.from(body, 'latin1') : body]);

/** A request without a body. Strings are Latin-1: one character, one byte. */
export const ask = (line: string, fields: Fields = []): string =>
  head(`${line} HTTP/1.1`, [`Host: ${HOST}`, ...fields]);

export const post = (body: string | Uint8Array, fields: Fields = ['Content-Type: application/json']): Buffer =>
  joined(ask('POST /mcp', [...fields, `Content-Length: ${body.length}`]), body);

/** An answer with a length. `status` is code and reason. */
export const answer = (status: string, body: string | Uint8Array, fields: Fields = []): Buffer =>
  joined(head(`HTTP/1.1 ${status}`, [...fields, `Content-Length: ${body.length}`]), body);

/** An answer's head alone: what follows is up to its fields. */
export const answerHead = (status: string, fields: Fields = []): string => head(`HTTP/1.1 ${status}`, fields);

export const STREAM_HEAD = answerHead('200 OK', [
  'Content-Type: text/event-stream',
  'Cache-Control: no-cache',
  'X-Accel-Buffering: no',
  'Transfer-Encoding: chunked',
]);

/** One chunk of a chunked body. */
export const chunk = (bytes: string | Uint8Array): Buffer =>
  Buffer.concat([joined(`${bytes.length.toString(16)}\r\n`, bytes), Buffer.from('\r\n')]);

export const LAST_CHUNK = '0\r\n\r\n';

/** The same incompressible bytes every time. */
export const noise = (length: number): Buffer =>
  createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(length));

export const CALL =
  '{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"create_cloze_question","arguments":{"text":"x"}}}';
export const RESULT = '{"result":{"content":[{"type":"text","text":"y"}]},"jsonrpc":"2.0","id":7}';
