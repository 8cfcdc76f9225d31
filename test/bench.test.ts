import net from 'node:net';
import { describe, expect, it } from 'vitest';
import { AnswerReader, WrongAnswer, type Expected } from '../bench/answers.ts';
import { startLoad } from '../bench/load-process.ts';
import { startScript } from '../bench/program.ts';
import { SHAPES, type Shape } from '../bench/shapes.ts';
import { countSpans } from '../bench/span-count.ts';
import { answerTo, expectedOf } from '../bench/traffic.ts';
import { listen } from './support/listen.ts';

const JSON_BODY = '{"result":{"content":[]},"jsonrpc":"2.0","id":7}';
const JSON_ANSWER: Expected = {
  status: 200,
  mediaType: 'application/json',
  body: Buffer.from(JSON_BODY),
  endless: false,
};
const EVENT = `data: ${JSON_BODY}\n\n`;
const EVENT_ANSWER: Expected = {
  status: 200,
  mediaType: 'text/event-stream',
  body: Buffer.from(EVENT),
  endless: false,
};

const sized = (body: string, more = '') =>
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}`;
const chunked = (...chunks: string[]) =>
  'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n' +
  [...chunks, ''].map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('');

/** Whether the reader took the bytes for the whole answer. */
function read(expected: Expected, ...pieces: string[]): boolean {
  const reader = new AnswerReader();
  reader.expect(expected);
  let complete = false;
  for (const piece of pieces) complete = reader.push(Buffer.from(piece, 'latin1'));
  return complete;
}

describe('the answer checker', () => {
  it.each([
    ['with a length', JSON_ANSWER, sized(JSON_BODY)],
    ['in one chunk', EVENT_ANSWER, chunked(EVENT)],
    ['in several chunks', EVENT_ANSWER, chunked(EVENT.slice(0, 3), EVENT.slice(3, 20), EVENT.slice(20))],
  ])('takes an answer %s, split anywhere', (_, expected, answer) => {
    for (let at = 0; at < answer.length; at++) {
      const reader = new AnswerReader();
      reader.expect(expected);
      if (at > 0) expect(reader.push(Buffer.from(answer.slice(0, at)))).toBe(false);
      expect(reader.push(Buffer.from(answer.slice(at)))).toBe(true);
    }
  });

  it('reads one answer after the other, and the session id of each', () => {
    const reader = new AnswerReader();
    for (const id of ['one', 'two']) {
      reader.expect(JSON_ANSWER);
      expect(reader.push(Buffer.from(sized(JSON_BODY, `mcp-session-id: ${id}\r\n`)))).toBe(true);
      expect(reader.sessionId).toBe(id);
    }
  });

  it.each([
    ['another id', JSON_ANSWER, sized(JSON_BODY.replace('7', '8')), /byte 46 of the body differs/],
    ['a body that is shorter', JSON_ANSWER, sized(JSON_BODY.slice(0, -1)), /length 47 instead of 48/],
    ['a body that is longer', JSON_ANSWER, sized(`${JSON_BODY} `), /length 49 instead of 48/],
    ['more bytes than its length', JSON_ANSWER, `${sized(JSON_BODY)}\n`, /longer than 48 bytes/],
    ['bytes after the last chunk', EVENT_ANSWER, `${chunked(EVENT)}\n`, /more than the answer/],
    ['another status', JSON_ANSWER, sized(JSON_BODY).replace('200', '502'), /status 502 instead of 200/],
    ['another type', JSON_ANSWER, sized(JSON_BODY).replace('json', 'jsonp'), /content type application\/jsonp/],
    ['no framing', JSON_ANSWER, sized(JSON_BODY).replace('Content-Length', 'Content-Size'), /either a length or/],
    ['a first line that is no status line', JSON_ANSWER, 'HTTP/1.0 200 OK\r\n\r\n', /is not a status line/],
    ['a chunk that differs', EVENT_ANSWER, chunked(EVENT.replace('result', 'Result')), /byte 8 of the body differs/],
    ['too few chunks', EVENT_ANSWER, chunked(EVENT.slice(0, -1)), /ended after 55 of 56 bytes/],
    ['too many chunks', EVENT_ANSWER, chunked(EVENT, '\n'), /longer than 56 bytes/],
    ['a broken chunk', EVENT_ANSWER, chunked(EVENT).replace('38\r\n', '37\r\n'), /longer than it said/],
    ['a size that is none', EVENT_ANSWER, chunked(EVENT).replace('38\r\n', 'xy\r\n'), /is not a chunk size/],
    ['a trailer', EVENT_ANSWER, chunked(EVENT).replace(/\r\n$/, 'X: 1\r\n\r\n'), /a trailer/],
  ])('rejects %s', (_, expected, answer, reason) => {
    expect(() => read(expected, answer)).toThrow(WrongAnswer);
    expect(() => read(expected, answer)).toThrow(reason);
  });

  it('rejects bytes that nothing asked for', () => {
    expect(() => new AnswerReader().push(Buffer.from('HTTP/1.1 200 OK'))).toThrow(/nothing asked for/);
  });

  it.each(['initialize', 'initialized', 'small', 'event', 'large', 'huge', 'stream'] as const)(
    'takes what the upstream answers to %s',
    (kind) => {
      expect(read(expectedOf(kind), answerTo(kind).bytes.toString('latin1'))).toBe(true);
    },
  );
});

describe('the load process', () => {
  const shape: Shape = { name: 'short', about: '', connections: 2, setup: ['initialize'], cycle: ['small', 'event'] };

  it('plays every shape against the upstream, each answer right', async () => {
    await using upstream = await disposable(startScript('upstream.ts'));
    await using load = await disposable(startLoad());
    for (const { name, ...rest } of SHAPES) {
      await load.open({ name, ...rest }, upstream.port, 0);
      const { requests } = await load.measure(0.05);
      expect(requests, name).toBeGreaterThan(0);
      await load.close();
    }
  });

  it('fails when an upstream answers every call with the same id', async () => {
    const wrong = answerTo('initialize').bytes;
    await using upstream = await listen(
      net.createServer((socket) => socket.on('data', () => void socket.write(wrong)).on('error', () => undefined)),
    );
    await using load = await disposable(startLoad());
    await expect(load.open(shape, upstream.port, 0)).rejects.toThrow(/of the body differs/);
  });

  it('fails when the upstream hangs up', async () => {
    await using upstream = await listen(net.createServer((socket) => socket.destroy()));
    await using load = await disposable(startLoad());
    await expect(load.open(shape, upstream.port, 0)).rejects.toThrow(/closed|ECONNRESET|EPIPE/);
  });
});

async function disposable<Value extends { stop(): Promise<void> }>(
  starting: Promise<Value>,
): Promise<Value & AsyncDisposable> {
  const value = await starting;
  return { ...value, [Symbol.asyncDispose]: () => value.stop() };
}

describe('the span counter', () => {
  const field = (number: number, bytes: Buffer) =>
    Buffer.concat([Buffer.from([(number << 3) | 2, ...varint(bytes.length)]), bytes]);
  const varint = (value: number) => (value < 128 ? [value] : [(value & 127) | 128, value >> 7]);
  const span = field(2, Buffer.alloc(200));

  it('counts the spans of all resources and scopes', () => {
    const scope = (...spans: Buffer[]) => field(2, Buffer.concat([field(1, Buffer.from('scope')), ...spans]));
    const resource = (...scopes: Buffer[]) => field(1, Buffer.concat([field(1, Buffer.alloc(3)), ...scopes]));
    expect(countSpans(Buffer.concat([resource(scope(span, span), scope(span)), resource(scope())]))).toBe(3);
  });

  it('refuses a request that is cut short', () => {
    const request = field(1, field(2, span));
    expect(() => countSpans(request.subarray(0, -1))).toThrow(/beyond its message/);
  });
});
