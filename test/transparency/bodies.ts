import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Row } from './row.ts';
import { answer, answerHead, ask, CALL, chunk, LAST_CHUNK, noise, post, RESULT } from './traffic.ts';

const utf8 = (text: string): Buffer => Buffer.from(text, 'utf8');

/** Bodies that a parser would change; each goes both ways. */
const AWKWARD: Readonly<Record<string, string | Uint8Array>> = {
  'duplicate keys': '{"jsonrpc":"2.0","id":1,"method":"a","method":"b","params":{"x":1,"x":2}}',
  'numbers in other spellings': '{"id":1.0,"a":1e2,"b":-0,"c":1E400,"d":0.1000,"e":123456789012345678901234567890}',
  'escapes of what needs none': String.raw`{"a":"\u0041\/\u00e9\ud83d\ude00","lone":"\ud800"}`,
  'keys out of order between odd whitespace': ' {\r\n\t"z" : 1 ,\n"a":2, "__proto__":{}, "":0 }\r\n\r\n',
  'a byte order mark': utf8('\uFEFF{"jsonrpc":"2.0"}'),
  'characters of four bytes': utf8('{"a":"😀é\u2028"}'),
  'NUL bytes': '{"a":"\0"}\0\0',
  'bytes that are not UTF-8': '{"a":"\xff\xfe\xc3\x28"}',
  'a batch': `[${CALL},${CALL}]`,
  'text that is not JSON': '{"jsonrpc":"2.0","id":',
  'what looks like HTTP': 'GET /other HTTP/1.1\r\nHost: elsewhere\r\n\r\n',
  'no bytes': '',
  'a single byte': '1',
  'every byte there is': Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)),
  '64 KiB less one byte': noise(65_535),
  '64 KiB': noise(65_536),
  '64 KiB and one byte': noise(65_537),
  '1 MiB and one byte': noise(1_048_577),
  '20 MB': noise(20_000_000),
};

const CODED: Readonly<Record<string, { coding: string; bytes: Uint8Array }>> = {
  gzip: { coding: 'gzip', bytes: gzipSync(CALL) },
  brotli: { coding: 'br', bytes: brotliCompressSync(CALL) },
  'a coding that does not match': { coding: 'gzip', bytes: utf8('not gzip') },
  'a coding nobody knows': { coding: 'x-rot13', bytes: utf8('abc') },
};

const chunkedHead = answerHead('200 OK', ['Content-Type: application/json', 'Transfer-Encoding: chunked']);
const chunkedPost = ask('POST /mcp', ['Content-Type: application/json', 'Transfer-Encoding: chunked']);

export const BODIES: readonly Row[] = [
  ...Object.entries(AWKWARD).map(([name, body]) => ({
    name: `a body of ${name}, both ways`,
    request: post(body),
    answer: answer('200 OK', body, ['Content-Type: application/json']),
  })),
  ...Object.entries(CODED).map(([name, { coding, bytes }]) => ({
    name: `a body under ${name}, both ways`,
    request: post(bytes, [`Content-Encoding: ${coding}`, 'Accept-Encoding: gzip;q=1.0, *;q=0']),
    answer: answer('200 OK', bytes, [`content-encoding: ${coding}`, 'Vary: Accept-Encoding']),
  })),
  {
    name: 'a chunked upload in odd pieces',
    request: Buffer.concat([
      Buffer.from(chunkedPost),
      ...[CALL.slice(0, 1), CALL.slice(1, 30), CALL.slice(30)].map(chunk),
      Buffer.from(LAST_CHUNK),
    ]),
    answer: answer('200 OK', RESULT),
  },
  {
    name: 'a chunked upload with chunk extensions, leading zeros and capital hex digits',
    request: `${chunkedPost}00A;name="value";flag\r\n0123456789\r\n1\r\n!\r\n000\r\n\r\n`,
    answer: answer('200 OK', RESULT),
  },
  ...[65_535, 65_536, 65_537].map((length) => ({
    name: `a chunked upload of ${length} bytes`,
    request: Buffer.concat([Buffer.from(chunkedPost), chunk(noise(length)), Buffer.from(LAST_CHUNK)]),
    answer: answer('200 OK', RESULT),
  })),
  {
    name: 'an upload whose coding is spelt Chunked',
    request: `${ask('POST /mcp', ['TRANSFER-ENCODING: Chunked'])}2\r\n{}\r\n0\r\n\r\n`,
    answer: answer('200 OK', RESULT),
  },
  {
    name: 'an empty chunked upload',
    request: `${chunkedPost}${LAST_CHUNK}`,
    answer: answer('200 OK', RESULT),
  },
  {
    name: 'a chunked upload of 3 MB',
    request: Buffer.concat([
      Buffer.from(chunkedPost),
      ...Array.from({ length: 100 }, (_, index) => chunk(noise(30_000 + index))),
      Buffer.from(LAST_CHUNK),
    ]),
    answer: answer('200 OK', RESULT),
  },
  {
    name: 'a chunked upload with a trailer',
    request: `${chunkedPost}2\r\n{}\r\n0\r\nX-Checksum: 1\r\n\r\n`,
    answer: answer('200 OK', RESULT),
  },
  {
    name: 'a chunked answer in odd pieces',
    request: post(CALL),
    answer: Buffer.concat([
      Buffer.from(chunkedHead),
      ...[RESULT.slice(0, 1), RESULT.slice(1, 50), RESULT.slice(50)].map(chunk),
      Buffer.from(LAST_CHUNK),
    ]),
  },
  {
    name: 'an empty chunked answer',
    request: post(CALL),
    answer: `${chunkedHead}${LAST_CHUNK}`,
  },
  {
    name: 'an answer that ends with the connection',
    request: post(CALL),
    answer: async ({ wire }) => {
      await wire.send(answerHead('200 OK', ['Content-Type: application/json']));
      await wire.send(RESULT);
      wire.finish();
    },
  },
  {
    name: 'an answer of HTTP/1.0 that ends with the connection',
    request: post(CALL),
    answer: async ({ wire }) => {
      await wire.send(`HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n${RESULT}`);
      wire.finish();
    },
  },
];
