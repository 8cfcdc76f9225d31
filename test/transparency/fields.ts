import type { Row } from './row.ts';
import { answer, answerHead, ask, CALL, chunk, HOST, LAST_CHUNK, post, RESULT } from './traffic.ts';

/** Header fields that must arrive as they were sent: in order, with their case, duplicates and bytes. */
const BOTH_WAYS: Readonly<Record<string, readonly string[]>> = {
  'in mixed case and no alphabetical order': [
    'x-zebra: 1',
    'X-APPLE: 2',
    'x-MiXeD: 3',
    'Mcp-Session-Id: 4',
    'mcp-name: 5',
  ],
  'that come twice, apart from each other': ['X-Two: a', 'X-Between: b', 'x-two: c', 'X-Two: a'],
  'with empty values': ['X-Empty:', 'X-Blank:    ', 'X-After: 1'],
  'with Latin-1 and UTF-8 bytes': ['X-Latin: caf\xe9', 'X-Utf8: caf\xc3\xa9 \xf0\x9f\x98\x80', 'X-High: \x80\xff'],
  'with tabs, commas and quotes inside': ['X-Inner: a \t b', 'X-List: a,, b;c="d, \\"e"', 'X-Colons: a:b::c'],
  'with every character a name may have': ["X!#$%&'*+-.^_`|~09aZ: 1"],
  'named like members of an object': ['__proto__: 1', 'constructor: 2', 'toString: 3', 'hasOwnProperty: 4'],
  'with a value of 12 KB': [`X-Long: ${'v'.repeat(12_000)}`],
  'a hundred of them': Array.from({ length: 100 }, (_, index) => `X-Number-${index}: ${index % 7}`),
  'about proxies': ['Via: 1.1 edge', 'X-Forwarded-For: 10.0.0.1', 'Forwarded: for=10.0.0.1', 'X-Real-IP: 10.0.0.1'],
  'about caching': [
    'ETag: "x"',
    'Cache-Control: no-store, no-transform',
    'Date: Thu, 01 Jan 1970 00:00:00 GMT',
    'Age: 0',
  ],
  'of trace context': [
    'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    'tracestate: a=1',
    'baggage: b=2',
  ],
};

export const FIELDS: readonly Row[] = [
  ...Object.entries(BOTH_WAYS).map(([name, fields]) => ({
    name: `header fields ${name}, both ways`,
    request: post(CALL, fields),
    answer: answer('200 OK', RESULT, fields),
  })),
  {
    name: 'request fields that parsers like to join, drop or rewrite [MCP-HEADER-1]',
    request: post(CALL, [
      'Cookie: a=1',
      'cookie: b=2',
      'Authorization: Bearer one',
      'Authorization: Bearer two',
      'User-Agent: openai-mcp/1.0.0',
      'User-Agent: second',
      'Accept: application/json, text/event-stream',
      'Accept-Encoding: br;q=1.0, gzip;q=0.8, *;q=0.1',
      'accept-language: *',
      'Content-Type: application/json',
      'Content-Type: text/plain',
      'Referer: http://localhost:3000/',
      'If-None-Match: "x"',
      'Range: bytes=0-1',
    ]),
    answer: answer('200 OK', RESULT),
  },
  {
    name: 'answer fields that parsers like to join, drop or rewrite',
    request: post(CALL),
    answer: answer('200 OK', RESULT, [
      'Set-Cookie: a=1; Path=/; HttpOnly',
      'set-cookie: b=2; Expires=Thu, 01 Jan 1970 00:00:00 GMT',
      'Server: uvicorn',
      'date: yesterday',
      'Content-Type: application/json',
      'Vary: Origin',
      'Vary: Accept',
      'Access-Control-Allow-Origin: *',
      'Strict-Transport-Security: max-age=1',
      'Alt-Svc: h3=":443"',
      'Location: http://upstream.example:3000/mcp/',
    ]),
  },
  {
    name: 'an answer without Date, Server or Content-Type gains none',
    request: post(CALL),
    answer: answer('200 OK', RESULT),
  },
  {
    name: 'a request without User-Agent, Accept or Accept-Encoding gains none',
    request: ask('GET /mcp'),
    answer: answer('200 OK', RESULT),
  },
  {
    name: 'hop-by-hop fields of the request stay on their hop [HTTP-HOP-1]',
    request: post(CALL, [
      'Connection: keep-alive, X-Hop, x-other-hop',
      'X-Hop: 1',
      'X-Before: stays',
      'X-OTHER-HOP: 2',
      'Keep-Alive: timeout=5',
      'TE: trailers',
      'Proxy-Connection: keep-alive',
      'Proxy-Authorization: Basic Zm9v',
      'X-After: stays',
    ]),
    answer: answer('200 OK', RESULT),
    named: ['x-hop', 'x-other-hop'],
  },
  {
    name: 'hop-by-hop fields of the answer stay on their hop [HTTP-HOP-2]',
    request: post(CALL),
    answer: answer('200 OK', RESULT, [
      'X-Before: stays',
      'Keep-Alive: timeout=5, max=100',
      'X-Hop: 1',
      'Connection: keep-alive, x-hop',
      'Upgrade: h2c',
      'X-After: stays',
    ]),
    named: ['x-hop'],
  },
  {
    name: 'fields of one hop are named in several Connection fields, both ways',
    request: post(CALL, [
      'Connection: x-hop',
      'X-Hop: 1',
      'X-Third: stays',
      'Connection: keep-alive,x-other-hop',
      'X-Other-Hop: 2',
    ]),
    answer: answer('200 OK', RESULT, [
      'Connection: x-hop',
      'X-Hop: 1',
      'Connection: keep-alive,x-other-hop',
      'X-Other-Hop: 2',
    ]),
    named: ['x-hop', 'x-other-hop'],
  },
  {
    name: 'Host, length and connection stay where they stood among the fields of a request',
    request: `POST /mcp HTTP/1.1\r\nX-First: 1\r\ncontent-length: 2\r\nConnection: keep-alive\r\nhOsT: ${HOST}\r\nX-Last: 2\r\n\r\n{}`,
    answer: answer('200 OK', RESULT),
  },
  {
    name: 'the length stays where it stood among the fields of an answer',
    request: post(CALL),
    answer: `${answerHead('200 OK', ['content-length: 2', 'Content-Type: application/json'])}{}`,
  },
  {
    name: 'an answer that challenges for proxies does so on its hop only',
    request: post(CALL),
    answer: answer('407 Proxy Authentication Required', RESULT, ['Proxy-Authenticate: Basic', 'X-After: stays']),
  },
  {
    name: 'a chunked answer with a trailer arrives whole',
    request: post(CALL),
    answer: Buffer.concat([
      Buffer.from(answerHead('200 OK', ['Trailer: X-Checksum', 'Transfer-Encoding: chunked'])),
      chunk(RESULT),
      Buffer.from(`${LAST_CHUNK.slice(0, 3)}X-Checksum: 1\r\n\r\n`),
    ]),
  },
  {
    name: 'an answer that announces a trailer but has a length',
    request: post(CALL),
    answer: answer('200 OK', RESULT, ['Trailer: X-Checksum']),
  },
];
