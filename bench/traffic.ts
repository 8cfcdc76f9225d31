import type { Expected } from './answers.ts';

/** The kind of a request. The four calls differ in their answers. */
export type Kind = 'initialize' | 'initialized' | 'small' | 'event' | 'large' | 'huge' | 'stream';

/** Bytes with positions for an id of `ID_DIGITS` and a session id of `SESSION_BYTES`; -1: there is no such position. */
export interface Template {
  bytes: Buffer;
  idAt: number;
  sessionAt: number;
}

/** Ids have this many digits, so that every message of a kind has the same length. */
export const ID_DIGITS = 9;
export const FIRST_ID = 100_000_000;
export const SESSION_BYTES = 32;

const NO_ID = String(FIRST_ID);
const NO_SESSION = '0'.repeat(SESSION_BYTES);
const SESSION_HEADER = 'Mcp-Session-Id: ';
const REVISION = '2025-11-25';

// Members in the order in which the TypeScript SDK writes them: the id comes last.
const ID_MEMBER = '"id":';
const ID = `"jsonrpc":"2.0",${ID_MEMBER}${NO_ID}}`;
const REQUESTS: Record<Exclude<Kind, 'stream'>, string> = {
  initialize:
    `{"method":"initialize","params":{"protocolVersion":"${REVISION}","capabilities":{},` +
    `"clientInfo":{"name":"bench","version":"1.0.0"}},${ID}`,
  initialized: '{"method":"notifications/initialized","jsonrpc":"2.0"}',
  small: call('small'),
  event: call('event'),
  large: call('large'),
  huge: call('huge'),
};

function call(tool: string): string {
  return `{"method":"tools/call","params":{"name":"${tool}","arguments":{"city":"Zürich","days":3}},${ID}`;
}

/** The sizes of the two big answers, in bytes of JSON. */
const LARGE_BYTES = 65_536;
const HUGE_BYTES = 1_048_576;

const result = (text: string): string => `{"result":{"content":[{"type":"text","text":${JSON.stringify(text)}}]},${ID}`;

const WEATHER = 'Zürich: 14 °C, light rain until 16:00, wind 12 km/h from the west, then clearing.';

/** A result of so many bytes: lines of a table, with the escapes of such text in JSON. */
function bigResult(bytes: number): string {
  let text = '';
  let size = result('').length;
  for (let line = 1; ; line++) {
    const next = `${line}\tstation-${line % 97}\t"${(line * 7919) % 10_007}"\ta reading taken by the usual means\n`;
    const room = bytes - size;
    if (room < JSON.stringify(next).length) return result(text.padEnd(text.length + room, '.'));
    text += next;
    size += JSON.stringify(next).length - 2;
  }
}

const BODIES: Record<Kind, string> = {
  initialize:
    `{"result":{"protocolVersion":"${REVISION}","capabilities":{"tools":{"listChanged":true}},` +
    `"serverInfo":{"name":"bench-upstream","version":"1.0.0"}},${ID}`,
  initialized: '',
  small: result(WEATHER),
  event: `event: message\ndata: ${result(WEATHER)}\n\n`,
  large: bigResult(LARGE_BYTES),
  huge: bigResult(HUGE_BYTES),
  stream: ': open\n\n',
};

/** A complete request as a client sends it. `host` is the value of its Host header. */
export function requestFor(kind: Kind, host: string): Template {
  const session = kind === 'initialize' ? '' : `${SESSION_HEADER}${NO_SESSION}\r\n`;
  const common = `Host: ${host}\r\nUser-Agent: bench/1.0.0\r\nMcp-Protocol-Version: ${REVISION}\r\n${session}`;
  if (kind === 'stream')
    return template(`GET /mcp HTTP/1.1\r\n${common}Accept: text/event-stream\r\n\r\n`, SESSION_HEADER.length);
  const body = REQUESTS[kind];
  return template(
    `POST /mcp HTTP/1.1\r\n${common}Accept: application/json, text/event-stream\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    SESSION_HEADER.length,
  );
}

/** The answer on the wire, as the upstream sends it. */
export function answerTo(kind: Kind): Template {
  const body = BODIES[kind];
  const bytes = Buffer.byteLength(body);
  switch (kind) {
    case 'initialized':
      return template('HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n', 0);
    case 'stream':
    case 'event':
      return template(
        'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\n' +
          `Transfer-Encoding: chunked\r\n\r\n${bytes.toString(16)}\r\n${body}\r\n${kind === 'event' ? '0\r\n\r\n' : ''}`,
        0,
      );
    default: {
      const session = kind === 'initialize' ? `${SESSION_HEADER}${NO_SESSION}\r\n` : '';
      return template(
        `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${session}Content-Length: ${bytes}\r\n\r\n${body}`,
        SESSION_HEADER.length,
      );
    }
  }
}

/** The answer that the client must get, in any framing. `idAt` is a position in its body. */
export function expectedOf(kind: Kind): Expected & { idAt: number } {
  const body = Buffer.from(BODIES[kind]);
  return {
    status: kind === 'initialized' ? 202 : 200,
    mediaType:
      kind === 'initialized'
        ? undefined
        : kind === 'event' || kind === 'stream'
          ? 'text/event-stream'
          : 'application/json',
    endless: kind === 'stream',
    body,
    idAt: placeOfId(body),
  };
}

function template(text: string, sessionOffset: number): Template {
  const bytes = Buffer.from(text);
  const header = sessionOffset === 0 ? -1 : bytes.indexOf(SESSION_HEADER);
  return { bytes, idAt: placeOfId(bytes), sessionAt: header < 0 ? -1 : header + sessionOffset };
}

/** Searches only the end, where the id is; a big text may contain anything. */
function placeOfId(bytes: Buffer): number {
  const from = Math.max(0, bytes.length - 64);
  const found = bytes.subarray(from).lastIndexOf(`${ID_MEMBER}${NO_ID}`);
  return found < 0 ? -1 : from + found + ID_MEMBER.length;
}
