import { gzipSync } from 'node:zlib';
import type { Row } from './row.ts';
import { ask, CALL, chunk, LAST_CHUNK, post, RESULT, STREAM_HEAD } from './traffic.ts';

const STREAMS: Readonly<Record<string, string>> = {
  'one event': `event: message\ndata: ${RESULT}\n\n`,
  'CRLF line ends': `event: message\r\ndata: ${RESULT}\r\n\r\n`,
  'CR line ends': `event: message\rdata: ${RESULT}\r\r`,
  'all line ends at once': `data: 1\r\ndata: 2\rdata: 3\n\ndata: 4\n\r\n\r\r`,
  comments: `: ping - 2026-01-01 00:00:00\r\n\r\n:\n\n:keep-alive\ndata: ${RESULT}\n\n`,
  'ids and retry times': `id: 1\nretry: 3000\ndata: ${RESULT}\n\nid\nid: \0\nretry: soon\n\n`,
  'a priming event': `id: 0_1\nretry: 500\ndata: \n\nid: 0_2\ndata: ${RESULT}\n\n`,
  'data of many lines': `data: {"a":\ndata:1\ndata:  }\ndata\n\n`,
  'a byte order mark': `\xef\xbb\xbfdata: ${RESULT}\n\n`,
  'an endpoint event with an absolute URL': 'event: endpoint\ndata: http://upstream.example/messages?sessionId=1\n\n',
  'no empty line at its end': `data: ${RESULT}\n\ndata: cut`,
  'bytes that are not UTF-8': 'data: \xff\xc3\n\n',
  'fields nobody knows': `foo: bar\nDATA: x\n data: y\ndata : z\n\n`,
  'no event at all': '',
};

const TEXT = Buffer.from('id: 1\ndata: {"text":"é😀ñ\u2028"}\n\n: ü\n\ndata: {"done":true}\n\n', 'utf8');

/** `text` in chunks of `size` bytes, wherever that cuts it. */
const inChunks = (text: Buffer, size: number): Buffer[] =>
  Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
    chunk(text.subarray(index * size, (index + 1) * size)),
  );

const stream = (...chunks: readonly Buffer[]): Buffer =>
  Buffer.concat([Buffer.from(STREAM_HEAD), ...chunks, Buffer.from(LAST_CHUNK)]);

export const EVENT_STREAMS: readonly Row[] = [
  ...Object.entries(STREAMS).map(([name, text]) => ({
    name: `an event stream with ${name}`,
    request: post(CALL),
    answer: stream(...(text === '' ? [] : [chunk(text)])),
  })),
  ...[1, 2, 3, 7].map((size) => ({
    name: `an event stream in chunks of ${size} bytes`,
    request: ask('GET /mcp', ['Accept: text/event-stream', 'Last-Event-ID: 0_1']),
    answer: stream(...inChunks(TEXT, size)),
  })),
  {
    name: 'an event stream whose every byte arrives by itself, those of the chunk framing too',
    request: ask('GET /mcp'),
    answer: async ({ wire }) => {
      await wire.send(STREAM_HEAD);
      for (const byte of stream(...inChunks(TEXT, 5)).subarray(STREAM_HEAD.length))
        await wire.send(Uint8Array.of(byte));
    },
  },
  {
    name: 'an event stream under gzip',
    request: ask('GET /mcp'),
    answer: Buffer.concat([
      Buffer.from(STREAM_HEAD.replace('\r\n', '\r\nContent-Encoding: gzip\r\n')),
      ...inChunks(gzipSync(TEXT), 11),
      Buffer.from(LAST_CHUNK),
    ]),
  },
];
