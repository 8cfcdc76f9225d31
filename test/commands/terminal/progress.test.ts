import { expect, it } from 'vitest';
import { progressOn } from '../../../src/commands/terminal/progress.ts';
import { manualTimers } from '../../support/timers.ts';

function stream(isTTY: boolean) {
  const written: string[] = [];
  return { written, isTTY, columns: 12, write: (text: string | Uint8Array) => written.push(String(text)) > 0 };
}

it('progress takes one line of a terminal', () => {
  const terminal = stream(true);
  const show = progressOn(terminal, manualTimers());
  show('round 1, one session');
  show();
  expect(terminal.written).toEqual(['\r\u001B[2K  round 1, ', '\r\u001B[2K']);
});

it('progress is a plain line in a log, at most one in five seconds, and none for what is done sooner', async () => {
  const log = stream(false);
  const timers = manualTimers();
  const show = progressOn(log, timers);
  show('first contact');
  await timers.advance(4_900);
  show();
  expect(log.written).toEqual([]);
  expect(timers.waiting()).toBe(0);

  for (let call = 0; call < 120; call++) {
    show(`round 1: ${call} of 120 calls`);
    await timers.advance(100);
  }
  expect(log.written).toEqual(['mcpspan: round 1: 49 of 120 calls …\n', 'mcpspan: round 1: 99 of 120 calls …\n']);
  await timers.advance(60_000);
  expect(log.written.slice(2)).toEqual(['mcpspan: round 1: 119 of 120 calls …\n']);
  show();
  await timers.advance(60_000);
  expect(log.written).toHaveLength(3);
});
