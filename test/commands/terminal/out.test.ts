import { WriteStream } from 'node:tty';
import { PassThrough } from 'node:stream';
import { afterEach, expect, it, vi } from 'vitest';
import { hasColours, painted } from '../../../src/commands/terminal/out.ts';

afterEach(() => vi.unstubAllEnvs());

/** A stream that says whether it is a terminal, and knows colours as Node's terminals do. */
const stream = (isTTY: boolean): NodeJS.WriteStream =>
  // `hasColours` reads nothing of a stream but this.
  Object.assign(new PassThrough(), {
    isTTY,
    getColorDepth: WriteStream.prototype.getColorDepth,
  }) as unknown as NodeJS.WriteStream;

it.each<[terminal: boolean, env: Record<string, string | undefined>, coloured: boolean]>([
  [true, {}, true],
  [false, {}, false],
  [true, { NO_COLOR: '1' }, false],
  [true, { TERM: 'dumb' }, false],
  [false, { FORCE_COLOR: '1' }, true],
  [true, { FORCE_COLOR: '0' }, false],
])('a terminal: %s, with %o: colours: %s', (terminal, env, coloured) => {
  const all = { NO_COLOR: undefined, FORCE_COLOR: undefined, TERM: 'xterm-256color', COLORTERM: undefined, ...env };
  for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value);
  expect(hasColours(stream(terminal))).toBe(coloured);
});

it('text is painted by that decision, wherever the process itself writes to', () => {
  expect(painted('text', 'red', { colours: true })).toBe('\u001B[31mtext\u001B[39m');
  expect(painted('text', 'red', { colours: false })).toBe('text');
});
