/** Named answers, for every parser of them. Strings have one character for each byte. */

const answer = (fields: string, body = '', line = 'HTTP/1.1 200 OK'): string =>
  `${line}\r\n${fields === '' ? '' : `${fields}\r\n`}\r\n${body}`;
const chunked = (body: string): string => answer('Transfer-Encoding: chunked', body);
const NEXT = answer('Content-Length: 2', '{}', 'HTTP/1.1 202 Accepted');
const LAST = '0\r\n\r\n';
const EVENT = 'event: message\ndata: {"jsonrpc":"2.0","id":1,"result":{}}\n\n';
const STREAM = 'Content-Type: text/event-stream\r\nCache-Control: no-cache';
const withLine = (line: string): string => answer('Content-Length: 2', `{}${NEXT}`, line);
const withFields = (fields: string): string => answer(`${fields}\r\nContent-Length: 2`, `{}${NEXT}`);

/** `methods`: of the requests that are answered. */
export type AnswerCases = readonly (readonly [name: string, bytes: string, methods?: readonly string[]])[];

export const ACCEPTED_ANSWERS: AnswerCases = [
  ['a result', answer('Content-Type: application/json\r\nContent-Length: 2', `{}${NEXT}`)],
  ['an event stream', answer(`${STREAM}\r\nTransfer-Encoding: chunked`, `3b\r\n${EVENT}\r\n${LAST}${NEXT}`)],
  ['an event stream that ends with the connection', answer(STREAM, EVENT)],
  ['a session id', withFields('Mcp-Session-Id: 7f')],
  ['an answer without a body', answer('Content-Length: 0', NEXT, 'HTTP/1.1 202 Accepted')],
  ['a body that ends with the connection', answer('', `{}${NEXT}`)],
  ['a body that ends with the connection, said so', answer('Connection: close', '{}')],
  ['an empty body that ends with the connection', answer('')],
  ['204', answer('', NEXT, 'HTTP/1.1 204 No Content')],
  ['204 with a length of 0', answer('Content-Length: 0', NEXT, 'HTTP/1.1 204 No Content')],
  ['204 with a length', answer('Content-Length: 9', NEXT, 'HTTP/1.1 204 No Content')],
  ['204 with a coding', answer('Transfer-Encoding: chunked', NEXT, 'HTTP/1.1 204 No Content')],
  ['304 with the length of what is not sent', answer('Content-Length: 9', NEXT, 'HTTP/1.1 304 Not Modified')],
  ['304 with a coding', answer('Transfer-Encoding: chunked', NEXT, 'HTTP/1.1 304 Not Modified')],
  ['an answer to HEAD', answer('Content-Length: 9', NEXT), ['HEAD', 'GET']],
  ['a chunked answer to HEAD', answer('Transfer-Encoding: chunked', NEXT), ['HEAD', 'GET']],
  ['an answer to HEAD without a length', answer('', NEXT), ['HEAD', 'GET']],
  ['an answer to HEAD after one to GET', NEXT + answer('Content-Length: 9', NEXT), ['GET', 'HEAD', 'GET']],
  ['100 before an answer', answer('', NEXT, 'HTTP/1.1 100 Continue')],
  ['103 before an answer', answer('Link: </a>; rel=preload', NEXT, 'HTTP/1.1 103 Early Hints')],
  [
    'interim answers before one to HEAD',
    answer('', answer('', answer('Content-Length: 9', NEXT), 'HTTP/1.1 103 '), 'HTTP/1.1 100 '),
    ['HEAD', 'GET'],
  ],
  ['an interim status that nobody knows', answer('', NEXT, 'HTTP/1.1 199 Wait')],
  ['an interim answer with a length of 0', answer('Content-Length: 0', NEXT, 'HTTP/1.1 102 Processing')],
  ['no reason', withLine('HTTP/1.1 200 ')],
  ['no reason and no space', withLine('HTTP/1.1 200')],
  ['a reason of blanks', withLine('HTTP/1.1 200  \t ')],
  ['a reason beyond ASCII', withLine('HTTP/1.1 200 \xdcber \t alles')],
  ['a status that nobody knows', withLine('HTTP/1.1 999 X')],
  ['HTTP/1.0', withLine('HTTP/1.0 200 OK')],
  ['HTTP/1.0 until the connection ends', answer('', '{}', 'HTTP/1.0 200 OK')],
  [
    'HTTP/1.0 that keeps its connection',
    answer('Connection: keep-alive\r\nContent-Length: 2', `{}${NEXT}`, 'HTTP/1.0 200 OK'),
  ],
  ['an empty line before an answer', `\r\n${NEXT}`],
  ['an empty line before a Connection field that names others', `\r\n${withFields('Connection: x-a\r\nX-A: 1')}`],
  ['trailers', chunked(`2\r\n{}\r\n0\r\nX-A: 1\r\n\r\n${NEXT}`)],
  ['a chunk extension', chunked(`2;a="b"\r\n{}\r\n${LAST}${NEXT}`)],
  ['bytes beyond ASCII in a value', withFields('X-A: caf\xc3\xa9')],
  ['fields of one hop', withFields('Keep-Alive: timeout=5\r\nProxy-Authenticate: x\r\nProxy-Connection: close')],
  [
    'a Connection field that names others',
    withFields('Connection: x-a, te, upgrade\r\nX-A: 1\r\nTE: 1\r\nUpgrade: h2'),
  ],
  ['a Connection field that names what frames', withFields('Connection: content-length')],
  ['an upgrade that is offered', withFields('Upgrade: h2c, websocket\r\nConnection: upgrade')],
  [
    '426 with its upgrade',
    answer('Upgrade: x\r\nConnection: Upgrade\r\nContent-Length: 0', NEXT, 'HTTP/1.1 426 Upgrade Required'),
  ],
];

export const REFUSED_ANSWERS: AnswerCases = [
  ['a length and a coding', answer('Content-Length: 4\r\nTransfer-Encoding: chunked', LAST + NEXT)],
  ['a coding and a length', answer('Transfer-Encoding: chunked\r\nContent-Length: 4', LAST + NEXT)],
  ['a length and a coding, to HEAD', answer('Content-Length: 4\r\nTransfer-Encoding: chunked', NEXT), ['HEAD']],
  ['two lengths', answer('Content-Length: 2\r\nContent-Length: 2', `{}${NEXT}`)],
  ['two lengths that differ', answer('Content-Length: 2\r\nContent-Length: 0', `{}${NEXT}`)],
  ['a list of lengths', answer('Content-Length: 2, 2', `{}${NEXT}`)],
  ['a length with a sign', answer('Content-Length: +2', `{}${NEXT}`)],
  ['an empty length', answer('Content-Length:', `{}${NEXT}`)],
  ['an unknown coding', answer('Transfer-Encoding: gzip', 'x')],
  ['a coding before chunked', answer('Transfer-Encoding: gzip, chunked', LAST + NEXT)],
  ['a coding after chunked', answer('Transfer-Encoding: chunked, gzip', LAST + NEXT)],
  ['two codings', answer('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', LAST + NEXT)],
  ['a coding in HTTP/1.0', answer('Transfer-Encoding: chunked', LAST + NEXT, 'HTTP/1.0 200 OK')],
  ['an interim answer with a length', answer('Content-Length: 2', `{}${NEXT}`, 'HTTP/1.1 104 X')],
  ['an interim answer with a coding', answer('Transfer-Encoding: chunked', LAST + NEXT, 'HTTP/1.1 104 X')],
  ['100 with a length', answer('Content-Length: 2', `{}${NEXT}`, 'HTTP/1.1 100 Continue')],
  ['101 that nobody asked for', answer('Connection: upgrade\r\nUpgrade: x', NEXT, 'HTTP/1.1 101 Switching Protocols')],
  ...['', 'Connection: upgrade', 'Upgrade: x', 'Connection: upgrade\r\nUpgrade:', 'Connection: x\r\nUpgrade: x'].map(
    (fields): [string, string] => [
      `101 with ${JSON.stringify(fields)}`,
      answer(fields, NEXT, 'HTTP/1.1 101 Switching Protocols'),
    ],
  ),
  ['a bare LF after the first line', `HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\n{}`],
  ['a bare CR in a reason', withLine('HTTP/1.1 200 O\rK')],
  ['a NUL in a reason', withLine('HTTP/1.1 200 O\0K')],
  ['a bare LF after a field', withFields('X-A: 1\nX-B: 2')],
  ['a folded line', withFields('X-A: 1\r\n 2')],
  ['a space before a colon', withFields('X-A : 1')],
  ['a bare LF at the end of the head', `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\n{}`],
  ...[
    '',
    'HTTP/1.1',
    'HTTP/1.1 ',
    'HTTP/1.1 20',
    'HTTP/1.1 20 OK',
    'HTTP/1.1 2000 OK',
    'HTTP/1.1 200OK',
    'HTTP/1.1 200\tOK',
    'HTTP/1.1  200 OK',
    'HTTP/1.1\t200 OK',
    'HTTP/1.1 099 OK',
    'HTTP/1.1 +20 OK',
    'HTTP/1.1 2x0 OK',
    'HTTP/1.1 OK',
    'HTTP/1.2 200 OK',
    'HTTP/2.0 200 OK',
    'HTTP/0.9 200 OK',
    'http/1.1 200 OK',
    'ICY 200 OK',
    ' HTTP/1.1 200 OK',
    'GET / HTTP/1.1',
    '{}',
  ].map((line): [string, string] => [`the first line ${JSON.stringify(line)}`, withLine(line)]),
  ['a chunk size with a blank', chunked(`2 \r\n{}\r\n${LAST}${NEXT}`)],
  ['a chunk size that is too large', chunked(`fffffffffffffffff\r\n{}\r\n${LAST}${NEXT}`)],
  ['a bare LF in a chunk extension', chunked(`2;\n{}\r\n${LAST}${NEXT}`)],
  ['a chunk longer than its size', chunked(`2\r\n{}{}\r\n${LAST}${NEXT}`)],
  ['a bare LF at the end of the body', chunked(`2\r\n{}\r\n0\r\n\n${NEXT}`)],
  ['a length among the trailers', chunked(`0\r\nContent-Length: 2\r\n\r\n${NEXT}`)],
];
