import type { Row } from './row.ts';
import { answer, answerHead, ask, CALL, HOST, RESULT } from './traffic.ts';

const TARGETS: readonly string[] = [
  '/',
  '/?',
  '/mcp?',
  '/mcp?a=1&b=%20&c=+&a=2&d',
  '/mcp?sessionId=%7B1%7D&x=/?y',
  '/a%2Fb/%2e%2E/%C3%A9',
  '//mcp//sse//',
  '//elsewhere.example/mcp',
  '/a/./b/../c/..',
  '/..',
  '/mcp;v=1/x;y',
  "/:@!$&'()*+,=~-._",
  '/mcp?q={"a":[1|2]}^`',
  '/http://elsewhere.example/mcp',
  '/.well-known/oauth-protected-resource/mcp',
  '/a\\b"<>',
  `/${'long/'.repeat(1_000)}`,
];

const METHODS = [
  'FROB',
  'get',
  'M-SEARCH',
  "!#$%&'*+-.^_`|~",
  'GET',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'PROPFIND',
  'REPORT',
  'QUERY',
];

const bodied = (method: string): string =>
  `${ask(`${method} /mcp`, ['Content-Type: application/json', `Content-Length: ${CALL.length}`])}${CALL}`;

export const TARGETS_AND_METHODS: readonly Row[] = [
  ...TARGETS.map((target) => ({
    name: `the target ${target.length > 60 ? `of ${target.length} characters` : target}`,
    request: ask(`GET ${target}`),
    answer: answer('200 OK', RESULT),
  })),
  ...METHODS.map((method) => ({
    name: `${method} without a body`,
    request: ask(`${method} /mcp`),
    answer: answer('200 OK', RESULT),
  })),
  ...METHODS.map((method) => ({
    name: `${method} with a body`,
    request: bodied(method),
    answer: answer('200 OK', RESULT),
  })),
  {
    name: 'POST without a body and without a length',
    request: ask('POST /mcp'),
    answer: answer('200 OK', RESULT),
  },
  {
    name: 'OPTIONS of the server as a whole',
    request: ask('OPTIONS *'),
    answer: answerHead('204 No Content', ['Allow: GET, POST']),
  },
  {
    name: 'the absolute form of a target',
    request: ask(`GET http://${HOST}/mcp?a=%2F`),
    answer: answer('200 OK', RESULT),
  },
  {
    name: 'a preflight request',
    request: ask('OPTIONS /mcp', [
      `Origin: http://${HOST}`,
      'Access-Control-Request-Method: POST',
      'Access-Control-Request-Headers: mcp-session-id, mcp-protocol-version',
    ]),
    answer: answerHead('204 No Content', ['Access-Control-Allow-Origin: *', 'Access-Control-Max-Age: 60']),
  },
];
