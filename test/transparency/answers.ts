import { setImmediate } from 'node:timers/promises';
import type { Row } from './row.ts';
import { answer, answerHead, ask, CALL, post, RESULT } from './traffic.ts';

const JSON_TYPE = 'Content-Type: application/json';
const NOT_FOUND = '{"jsonrpc":"2.0","error":{"code":-32001,"message":"Session not found"},"id":null}';

const STATUSES: Readonly<Record<string, readonly string[]>> = {
  '200 OK': [],
  '201 Created': ['Location: /mcp/7'],
  '202 Accepted': [],
  '203 Non-Authoritative Information': [],
  '206 Partial Content': ['Content-Range: bytes 0-1/9'],
  '299 Odd': [],
  '301 Moved Permanently': ['Location: https://elsewhere.example/mcp'],
  '307 Temporary Redirect': ['Location: /mcp/'],
  '308 Permanent Redirect': ['Location: http://localhost:3000/mcp/'],
  '400 Bad Request': [],
  '401 Unauthorized': [
    'WWW-Authenticate: Bearer resource_metadata="http://localhost:3000/.well-known/x"',
    'WWW-Authenticate: Basic',
  ],
  '402 Payment Required': [],
  '403 Forbidden': ['WWW-Authenticate: Bearer error="insufficient_scope", scope="a b"'],
  '404 Not Found': [],
  '405 Method Not Allowed': ['Allow: POST, DELETE'],
  '406 Not Acceptable': [],
  '408 Request Timeout': [],
  '409 Conflict': [],
  '410 Gone': [],
  '413 Content Too Large': [],
  '415 Unsupported Media Type': [],
  '417 Expectation Failed': [],
  '421 Misdirected Request': [],
  '425 Too Early': [],
  '426 Upgrade Required': [],
  '429 Too Many Requests': ['Retry-After: 7'],
  '431 Request Header Fields Too Large': [],
  '500 Internal Server Error': [],
  '501 Not Implemented': [],
  '502 Bad Gateway': [],
  '503 Service Unavailable': ['Retry-After: Thu, 01 Jan 2026 00:00:00 GMT'],
  '504 Gateway Timeout': [],
  '599 Odd': [],
};

const INFORMED: Readonly<Record<string, readonly string[]>> = {
  '100 Continue': [answerHead('100 Continue', ['X-A: 1'])],
  '102 Processing': [answerHead('102 Processing')],
  '103 Early Hints': [answerHead('103 Early Hints', ['Link: </style.css>; rel=preload', 'x-Odd-Case: 1'])],
  'several informational answers': [
    answerHead('102 Processing'),
    answerHead('103 Early Hints', ['Link: </a>; rel=preload']),
    answerHead('103 Early Hints', ['Link: </b>; rel=preload', 'Link: </c>; rel=preload']),
  ],
};

export const ANSWERS: readonly Row[] = [
  ...Object.entries(STATUSES).map(([status, fields]) => ({
    name: `${status} with its body`,
    request: post(CALL),
    answer: answer(status, `{"status":"${status}"}`, [JSON_TYPE, ...fields]),
  })),
  ...['200 OK', '202 Accepted', '205 Reset Content', '401 Unauthorized', '404 Not Found'].map((status) => ({
    name: `${status} with an empty body`,
    request: post(CALL),
    answer: answer(status, ''),
  })),
  {
    name: '404 with a JSON-RPC error, which means a lost session [MCP-ERROR-2]',
    request: post(CALL, ['Mcp-Session-Id: 1']),
    answer: answer('404 Not Found', NOT_FOUND, [JSON_TYPE]),
  },
  { name: '204 without a body', request: ask('DELETE /mcp'), answer: answerHead('204 No Content', ['X-A: 1']) },
  {
    name: '204 with a length of 0',
    request: ask('DELETE /mcp'),
    answer: answerHead('204 No Content', ['Content-Length: 0']),
  },
  { name: '304 without a body', request: ask('GET /mcp'), answer: answerHead('304 Not Modified', ['ETag: "x"']) },
  {
    name: '304 that tells the length there would be',
    request: ask('GET /mcp'),
    answer: answerHead('304 Not Modified', ['ETag: "x"', 'Content-Length: 1234']),
  },
  {
    name: 'HEAD that tells the length there would be',
    request: ask('HEAD /mcp'),
    answer: answerHead('200 OK', [JSON_TYPE, 'Content-Length: 1234']),
  },
  { name: 'HEAD without a length', request: ask('HEAD /mcp'), answer: answerHead('200 OK', [JSON_TYPE]) },
  {
    name: 'HEAD of a chunked answer',
    request: ask('HEAD /mcp'),
    answer: answerHead('200 OK', [JSON_TYPE, 'Transfer-Encoding: chunked']),
  },
  {
    name: 'HEAD of what is not there',
    request: ask('HEAD /none'),
    answer: answerHead('404 Not Found', ['Content-Length: 9']),
  },
  { name: 'a reason phrase of its own', request: post(CALL), answer: answer("404 It's gone, sorry!", RESULT) },
  { name: 'a reason phrase beyond ASCII', request: post(CALL), answer: answer('400 Schl\xe4\xdft \t\xff', RESULT) },
  { name: 'an empty reason phrase', request: post(CALL), answer: answer('200 ', RESULT) },
  { name: 'no reason phrase and no space before it', request: post(CALL), answer: answer('200', RESULT) },
  {
    name: 'a status line that arrives in pieces',
    request: post(CALL),
    answer: async ({ wire }) => {
      for (const piece of ['HTTP/1.1 20', '1 Cre', 'ated\r', '\nX-Fi', 'rst: on', 'e\r\nContent-Length: 0\r\n\r\n']) {
        await wire.send(piece);
        // Two turns of the event loop, so that the reader has read it before the next piece is there.
        await setImmediate();
        await setImmediate();
      }
    },
  },
  {
    name: 'an answer of HTTP/1.0 that keeps the connection',
    request: post(CALL),
    answer: `HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: ${RESULT.length}\r\n\r\n${RESULT}`,
  },
  {
    name: 'an answer that ends with the connection',
    request: post(CALL),
    answer: async ({ wire }) => {
      await wire.send(`HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n${RESULT}`);
      wire.finish();
    },
  },
  ...Object.entries(INFORMED).map(([name, informational]) => ({
    name: `${name} before the answer`,
    request: post(CALL),
    answer: Buffer.concat([...informational.map((head) => Buffer.from(head)), answer('200 OK', RESULT)]),
  })),
  {
    name: 'an answer whose content type is not what its body is',
    request: post(CALL),
    answer: answer('200 OK', '<html>', ['Content-Type: application/json; charset=utf-16']),
  },
];
