import { describe, expect, it } from 'vitest';
import { createEventStreamReader } from '../../src/simulator/event-stream.ts';

function read(...chunks: readonly (string | Uint8Array)[]): string[] {
  const events: string[] = [];
  const reader = createEventStreamReader((data) => events.push(data));
  const bytes = chunks.map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk) : chunk));
  bytes.forEach((chunk) => reader.push(chunk));
  reader.end();
  return events;
}

describe('createEventStreamReader', () => {
  it.each([
    ['LF', 'data: one\n\ndata: two\n\n'],
    ['CRLF', 'data: one\r\n\r\ndata: two\r\n\r\n'],
    ['CR', 'data: one\r\rdata: two\r\r'],
  ])('reads events whose lines end in %s, at every cut', (_name, stream) => {
    for (let cut = 0; cut <= stream.length; cut += 1) {
      expect(read(stream.slice(0, cut), stream.slice(cut)), `cut at ${cut}`).toEqual(['one', 'two']);
    }
  });

  it('joins the data lines of one event and passes over everything else', () => {
    expect(read(': hello\nid: 1\nretry: 5\nevent: message\ndata: a\ndata:b\n\n')).toEqual(['a\nb']);
  });

  it('gives no event for a priming event without data, nor for one that was cut off', () => {
    expect(read('id: 1\ndata:\n\n', 'data: half')).toEqual([]);
  });

  it('keeps characters whole that are cut in two', () => {
    const bytes = Buffer.from('data: caffè\n\n');
    const inside = bytes.indexOf(0xc3) + 1;
    expect(read(bytes.subarray(0, inside), bytes.subarray(inside))).toEqual(['caffè']);
  });

  it('reads a value with colons and leading spaces as it stands', () => {
    expect(read('data:  {"a": "b:c"}\n\n')).toEqual([' {"a": "b:c"}']);
  });
});
