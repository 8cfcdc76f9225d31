import { WriteStream } from 'node:tty';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { hasColours, painted } from '../../../src/commands/terminal/out.ts';

/** What Node reads to know a terminal's colours: what this machine has set of them, a CI's `CI` too, must not count here. */
const COLOUR_VARIABLES = [
  'NO_COLOR',
  'FORCE_COLOR',
  'NODE_DISABLE_COLORS',
  'COLORTERM',
  'TERM',
  'TERM_PROGRAM',
  'TMUX',
  'CI',
  'TEAMCITY_VERSION',
];

beforeEach(() => {
  for (const name of COLOUR_VARIABLES) vi.stubEnv(name, undefined);
  vi.stubEnv('TERM', 'xterm-256color');
});
afterEach(() => vi.unstubAllEnvs());

/** A stream that says whether it is a terminal, and knows colours as Node's terminals do. */
const stream = (isTTY: boolean): NodeJS.WriteStream =>
  // `hasColours` reads nothing of a stream but this.
  Object.assign(new PassThrough(), {
    isTTY,
    getColorDepth: WriteStream.prototype.getColorDepth,
  }) as unknown as NodeJS.WriteStream;

it.each<[terminal: boolean, env: Record<string, string>, coloured: boolean]>([
  [true, {}, true],
  [false, {}, false],
  [true, { NO_COLOR: '1' }, false],
  [true, { TERM: 'dumb' }, false],
  [false, { FORCE_COLOR: '1' }, true],
  [true, { FORCE_COLOR: '0' }, false],
])('a terminal: %s, with %o: colours: %s', (terminal, env, coloured) => {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  expect(hasColours(stream(terminal))).toBe(coloured);
});

it('text is painted by that decision, wherever the process itself writes to', () => {
  expect(painted('text', 'red', { colours: true })).toBe('\u001B[31mtext\u001B[39m');
  expect(painted('text', 'red', { colours: false })).toBe('text');
});
