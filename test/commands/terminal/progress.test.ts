import { expect, it } from 'vitest';
import { progressOn } from '../../../src/commands/terminal/progress.ts';

function stream(isTTY: boolean) {
  const written: string[] = [];
  return { written, isTTY, columns: 12, write: (text: string | Uint8Array) => written.push(String(text)) > 0 };
}

it('progress takes one line of a terminal, and nothing elsewhere', () => {
  const terminal = stream(true);
  const tell = progressOn(terminal);
  tell('round 1, one session');
  tell();
  expect(terminal.written).toEqual(['\r\u001B[2K  round 1, ', '\r\u001B[2K']);
  const file = stream(false);
  progressOn(file)('round 1');
  expect(file.written).toEqual([]);
});
