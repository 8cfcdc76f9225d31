import { describe, expect, it } from 'vitest';
import { Lines } from '../../src/observe/lines.ts';
import { TextPool } from '../../src/observe/text-pool.ts';

const POOL_BYTES = 65_536;

function startLines(maxBytes = 1_000) {
  const told: string[] = [];
  const pool = new TextPool(Buffer.alloc(POOL_BYTES));
  const lines = new Lines({
    maxBytes,
    pool,
    onLine: (line) => told.push(Buffer.from(line).toString('latin1')),
    onOversize: () => told.push('(too large)'),
  });
  const push = (text: string): void => lines.push(Buffer.from(text, 'latin1'));
  return { lines, told, push, pool };
}

describe('lines', () => {
  it.each([
    ['one\ntwo\n', ['one', 'two']],
    ['one\r\ntwo\r\n', ['one', 'two']],
    ['\n\r\n\none\n\n', ['one']],
    ['a\rb\n', ['a\rb']],
    ['no end', ['no end']],
    ['\x00\xff\n\xef\xbb\xbf{}\n', ['\x00\xff', '\xef\xbb\xbf{}']],
    [`${'x'.repeat(1_000)}\n${'x'.repeat(1_001)}\nafter\n`, ['x'.repeat(1_000), '(too large)', 'after']],
    ['', []],
  ])('of %j are the same wherever the bytes are cut', (text, expected) => {
    for (let cut = 0; cut <= text.length; cut += text.length > 100 ? 97 : 1) {
      const { lines, told, push } = startLines();
      push(text.slice(0, cut));
      push(text.slice(cut));
      lines.end();
      expect(told, `cut at ${cut}`).toEqual(expected);
    }
  });

  it('that come byte by byte are whole', () => {
    const { lines, told, push } = startLines();
    for (const byte of `${'y'.repeat(900)}\r\n${'z'.repeat(1_200)}\nlast`) push(byte);
    lines.end();
    expect(told).toEqual(['y'.repeat(900), '(too large)', 'last']);
  });

  it('give back all the memory they collected in, also of a line without end', () => {
    const { lines, push, pool } = startLines(20_000);
    for (let round = 0; round < 50; round++) {
      push('x'.repeat(9_000));
      push(`${'x'.repeat(9_000)}\n`);
      push('x'.repeat(15_000));
      push('x'.repeat(15_000));
      push('\nbegun');
      lines.close();
    }
    const pieces = Array.from({ length: POOL_BYTES / 8_192 }, () => pool.take(8_192));
    expect(new Set(pieces.map(({ buffer }) => buffer)).size).toBe(1);
  });
});
