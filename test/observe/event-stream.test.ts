import { describe, expect, it } from 'vitest';
import { textMemory } from '../../src/json/block-scan.ts';
import { EventStreamParser } from '../../src/observe/event-stream.ts';
import { textPool as pool } from '../../src/observe/text-pool.ts';

interface Seen {
  type: string;
  id: string | undefined;
  data: string;
}

/** Parses the chunks, each overwritten after its push. Oversized events are told as their size. */
function parse(chunks: Iterable<Uint8Array>, maxEventBytes = 1000): (Seen | number)[] {
  const seen: (Seen | number)[] = [];
  const parser = new EventStreamParser({
    maxEventBytes,
    pool,
    onEvent: ({ type, id, data }) => seen.push({ type, id, data: Buffer.from(data).toString() }),
    onOversize: (bytes) => seen.push(bytes),
  });
  for (const chunk of chunks) {
    const borrowed = Uint8Array.from(chunk);
    parser.push(borrowed);
    borrowed.fill(0x58);
  }
  parser.end();
  return seen;
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (text: string, maxEventBytes?: number): (Seen | number)[] => parse([bytesOf(text)], maxEventBytes);
const message = (data: string, id?: string): Seen => ({ type: 'message', id, data });

describe('EventStreamParser', () => {
  it.each(['\n', '\r', '\r\n'])('ends lines at %j [SSE-1]', (eol) => {
    expect(read(['data: a', 'data: b', '', 'id: 1', 'event: x', 'data: c', '', ''].join(eol))).toEqual([
      message('a\nb'),
      { type: 'x', id: '1', data: 'c' },
    ]);
  });

  it('takes each kind of line end in one stream', () => {
    expect(read('data: a\rdata: b\ndata: c\r\n\rdata: d\n\r\n\r\rdata: e\r\n\n')).toEqual([
      message('a\nb\nc'),
      message('d'),
      message('e'),
    ]);
  });

  it('removes one space after the colon', () => {
    expect(read('data:a\n\ndata: a\n\ndata:  a\n\ndata:\ta\n\n')).toEqual(
      ['a', 'a', ' a', '\ta'].map((data) => message(data)),
    );
  });

  it('ignores comments, retry, unknown fields, fields with other names [SSE-3]', () => {
    expect(read(': hi\n:\nretry: 5\nfoo: bar\nDATA: x\ndatax: y\n data: z\nx\ndata: a\n\n: x\n\nretry: 1\n\n')).toEqual(
      [message('a')],
    );
  });

  it('skips a byte order mark at the start only', () => {
    expect(read('\uFEFFdata: a\n\n\uFEFFdata: b\n\ndata: \uFEFFc\n\n')).toEqual([message('a'), message('\uFEFFc')]);
  });

  it('takes part of a byte order mark as the start of a field nobody knows', () => {
    for (const mark of [[0xef], [0xef, 0xbb]]) {
      const stream = Uint8Array.of(...mark, ...bytesOf('data: a\ndata: b\n\n'));
      expect(parse([stream])).toEqual([message('b')]);
      expect(parse(Array.from(stream, (byte) => Uint8Array.of(byte)))).toEqual([message('b')]);
    }
  });

  it('takes a field without a colon as an empty one', () => {
    expect(read('data\n\ndata\ndata\n\nid\ndata: a\n\nevent\ndata: b\n\n')).toEqual([
      message(''),
      message('\n'),
      message('a', ''),
      message('b'),
    ]);
  });

  it('joins data lines, empty ones too [SSE-2]', () => {
    expect(
      read('data: a\ndata:\ndata: b\n\ndata:\ndata: a\n\ndata: a\ndata\n\n').map((event) => Object(event).data),
    ).toEqual(['a\n\nb', '\na', 'a\n']);
  });

  it('tells a priming event, with and without a data field [MCP-SSE-2]', () => {
    expect(read('id: 7\ndata:\n\nid: 8\nretry: 5\n\n')).toEqual([message('', '7'), message('', '8')]);
  });

  it('tells no event without data or id', () => {
    expect(read('event: x\n\n\n\ndata: a\n\n')).toEqual([message('a')]);
  });

  it('gives an event its own id only, and takes the last of several', () => {
    expect(read('id: 1\nid: 2\ndata: a\n\ndata: b\n\n')).toEqual([message('a', '2'), message('b')]);
  });

  it('ignores an id with a NUL', () => {
    expect(read('id: 1\nid: 2\0\ndata: a\n\n')).toEqual([message('a', '1')]);
  });

  it('drops an event that lacks its blank line [SSE-4]', () => {
    expect(read('data: a\n\ndata: b\n')).toEqual([message('a')]);
    expect(read('data: a\n\ndata: b')).toEqual([message('a')]);
  });

  it('passes bytes that are no UTF-8 as they are', () => {
    const seen: Uint8Array[] = [];
    const parser = new EventStreamParser({
      maxEventBytes: 10,
      pool,
      onEvent: ({ data }) => seen.push(Uint8Array.from(data)),
      onOversize: () => {},
    });
    parser.push(Uint8Array.of(...bytesOf('data: '), 0xff, 0xc3, 0x00, 0x0a, 0x0a));
    expect(seen).toEqual([Uint8Array.of(0xff, 0xc3, 0x00)]);
  });

  it.each([
    ['reads an event of 4 KiB where it lies', 4096, true],
    ['copies a larger one to where it is read faster', 4097, false],
  ])('%s when it lies in one chunk', (_, size, isView) => {
    const memory = new SharedArrayBuffer(5000);
    const seen: unknown[] = [];
    const parser = new EventStreamParser({
      maxEventBytes: 5000,
      pool,
      onEvent: ({ data }) => seen.push([data.length, data.buffer === (isView ? memory : textMemory.buffer)]),
      onOversize: () => {},
    });
    const text = bytesOf(`data: ${'a'.repeat(size)}\nid: 1\n\ndata`);
    const chunk = new Uint8Array(memory, 3, text.length);
    chunk.set(text);
    parser.push(chunk);
    expect(seen).toEqual([[size, true]]);
  });

  it('counts an event above the limit and goes on with the next', () => {
    const fits = 'x'.repeat(10);
    expect(read(`data: ${fits}\n\ndata: ${fits}x\n\ndata: ${fits}\ndata:\nid: 1\n\ndata: a\n\n`, 10)).toEqual([
      message(fits),
      11,
      11,
      message('a'),
    ]);
    expect(read(`data: ${fits}x\n`, 10)).toEqual([]);
  });

  it('ignores fields of more than 4 KiB other than data', () => {
    const long = 'x'.repeat(5000);
    expect(read(`id: ${long}\nevent: ${long}\n${long}\n:${long}\ndata: ${long}\n\n`, 5000)).toEqual([message(long)]);
  });

  const nasty = [
    '\uFEFF: comment\r\n\r',
    'event: ping\rid: ä1\r\ndata:  first\ndata:\r\ndata: ünï 😀\r\r',
    '\ndata\n\nid\r\n\r\nretry: 10\r\n\nid: 2\ndata:\n\ndata: two\nunknown: 1\n\n',
    ':\n\n\n\rdata: 0123456789012345678901234567890123456789\r\ndata: 0123456789\n\n',
    'dat: x\ndata: end\r\n\r\ndata: lost\r\n',
  ].join('');
  const whole = [
    { type: 'ping', id: 'ä1', data: ' first\n\nünï 😀' },
    message(''),
    message('', ''),
    message('', '2'),
    message('two'),
    51,
    message('end'),
  ];

  it('finds the same events wherever a stream is split', () => {
    const bytes = bytesOf(nasty);
    expect(parse([bytes], 50)).toEqual(whole);
    for (let at = 0; at <= bytes.length; at += 1) {
      expect(parse([bytes.subarray(0, at), bytes.subarray(at)], 50), `split at ${at}`).toEqual(whole);
      for (let then = at; then <= bytes.length; then += 1) {
        const chunks = [bytes.subarray(0, at), bytes.subarray(at, then), bytes.subarray(then)];
        expect(parse(chunks, 50), `split at ${at} and ${then}`).toEqual(whole);
      }
    }
  });

  it('finds the same events byte by byte', () => {
    const bytes = bytesOf(nasty);
    expect(
      parse(
        Array.from(bytes, (byte) => Uint8Array.of(byte)),
        50,
      ),
    ).toEqual(whole);
    const long = bytesOf(`id: ${'x'.repeat(5000)}\nevent: ${'y'.repeat(4000)}\ndata: a\n\n`);
    expect(parse(Array.from(long, (byte) => Uint8Array.of(byte)))).toEqual([
      { type: 'y'.repeat(4000), id: undefined, data: 'a' },
    ]);
  });

  it('reads one line of 4 MB in 40 000 chunks, and 4 MB of lines in one chunk', () => {
    const line = bytesOf(`data: ${'0123456789'.repeat(400_000)}\n\n`);
    const chunks = Array.from({ length: 40_000 }, (_, i) => line.subarray(i * 101, (i + 1) * 101));
    expect(parse(chunks, 4_000_000)).toEqual([message('0123456789'.repeat(400_000))]);
    expect(parse(chunks, 3_999_999)).toEqual([4_000_000]);
    expect(read('data: a\n\n'.repeat(450_000))).toHaveLength(450_000);
    expect(read('data: abcdefgh\r'.repeat(270_000) + '\r', 10_000_000)).toHaveLength(1);
  });
});
