import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { code, isAlive, run, through, type Running } from './wrapped.ts';

/** Lives on whatever comes, tells what comes, and ends when it is told to on stdin. */
const COUNTS = `
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2'])
    process.on(signal, () => console.error('got ' + signal));
  process.stdin.on('data', () => process.exit(0));
  setTimeout(() => process.exit(), 60_000);
  console.error('process ' + process.pid);
`;

/** Starts it wrapped; resolves with it and the id of the wrapped process. */
async function start(source: string, leads = false): Promise<{ command: Running; inner: number }> {
  const command = run(through(code(source)), { leads });
  await command.untilSaid((stderr) => /process \d+\n/.test(stderr));
  return { command, inner: Number(/process (\d+)\n/.exec(command.stderr())?.[1]) };
}

const got = (command: Running): string[] =>
  [...command.stderr().matchAll(/got (\w+)\n/g)].map(([, signal = '']) => signal);

/** Lets it end, so that no further signal can come. */
async function finish(command: Running): Promise<void> {
  command.process.stdin.write('end');
  expect(await command.ended).toBe(0);
}

const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGUSR1', 'SIGUSR2'] as const;

describe('a signal', () => {
  it.each(SIGNALS)('%s that is sent to mcpspan is passed on once, and so is a second one', async (signal) => {
    const { command } = await start(COUNTS);
    await using _ = command;
    command.process.kill(signal);
    await command.untilSaid(() => got(command).length === 1);
    command.process.kill(signal);
    await command.untilSaid(() => got(command).length === 2);
    await finish(command);
    expect(got(command)).toEqual([signal, signal]);
  });

  it.each(SIGNALS)('%s that is sent to all of the process group, as Ctrl-C is, comes once', async (signal) => {
    const { command } = await start(COUNTS, true);
    await using _ = command;
    const other = signal === 'SIGUSR2' ? 'SIGUSR1' : 'SIGUSR2';
    const times = (which: string): number => got(command).filter((each) => each === which).length;
    for (let time = 1; time <= 3; time++) {
      process.kill(-command.pid, signal);
      await command.untilSaid(() => times(signal) === time);
      // A signal for mcpspan alone is passed on after the signals that it got before.
      command.process.kill(other);
      await command.untilSaid(() => times(other) === time);
    }
    await finish(command);
    expect([times(signal), times(other)]).toEqual([3, 3]);
  });

  it('that the command ignores ends neither: it stays for as long as it likes', async () => {
    const { command, inner } = await start(COUNTS);
    await using _ = command;
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGTERM'] as const) {
      const before = got(command).length;
      command.process.kill(signal);
      await command.untilSaid(() => got(command).length > before);
    }
    expect(isAlive(inner)).toBe(true);
    await finish(command);
  });

  it('that ends the command leaves it the time to end in its own way', async () => {
    const { command } = await start(`
      process.on('SIGTERM', () => setTimeout(() => { process.stdout.write('farewell'); process.exitCode = 3; process.stdin.destroy(); }, 300));
      process.stdin.resume();
      console.error('process ' + process.pid);
    `);
    await using _ = command;
    const output = command.output();
    command.process.kill('SIGTERM');
    expect(await command.ended).toBe(3);
    expect(String(await output)).toBe('farewell');
  });
});

describe('the end of a command', () => {
  const endings: readonly (readonly [string, readonly string[]])[] = [
    ['0', ['sh', '-c', 'exit 0']],
    ['1', ['sh', '-c', 'exit 1']],
    ['255', ['sh', '-c', 'exit 255']],
    // A shell that ends by a signal exits with a number, as with any other.
    ['143', ['sh', '-c', 'exit 143']],
    ...['HUP', 'INT', 'KILL', 'TERM', 'USR1', 'USR2', 'PIPE', 'ALRM', 'ABRT', 'SEGV'].map(
      (signal) => [`SIG${signal}`, ['sh', '-c', `kill -${signal} $$`]] as const,
    ),
  ];

  it.each(endings)('%s is that of mcpspan', async (how, command) => {
    await using direct = run(command);
    await using wrapped = run(through(command));
    expect(String(await direct.ended)).toBe(how);
    expect(await wrapped.ended).toBe(await direct.ended);
    expect(wrapped.stderr()).toBe('');
  });
});

describe('mcpspan that is killed', () => {
  it('ends the stdin of the command, which ends by itself', async () => {
    const { command, inner } = await start(
      `process.stdin.resume().on('end', () => console.error('no more')); console.error('process ' + process.pid);`,
    );
    await using _ = command;
    command.process.kill('SIGKILL');
    await expect.poll(() => command.stderr()).toContain('no more\n');
    await expect.poll(() => isAlive(inner)).toBe(false);
  });

  it('leaves no orphan: a command that does not mind is ended, first in the way that lets it clean up', async () => {
    const { command, inner } = await start(COUNTS);
    await using _ = command;
    command.process.kill('SIGKILL');
    await expect.poll(() => isAlive(inner)).toBe(false);
    expect(got(command)).toEqual(['SIGTERM']);
  });

  it.each([
    ['behind a shell that waits for it', (inner: string) => ['sh', '-c', `${inner}; true`], false],
    ['behind two', (inner: string) => ['sh', '-c', `sh -c '${inner}; true'; true`], false],
    [
      'whose shell ends with its stdin, where mcpspan leads a process group',
      (inner: string) => ['sh', '-c', `${inner} & read line`],
      true,
    ],
  ])('leaves no orphan %s', async (_, wrap, leads) => {
    const path = join(mkdtempSync(join(tmpdir(), 'mcpspan-orphan-')), 'counts.cjs');
    writeFileSync(path, COUNTS.replace("process.stdin.on('data', () => process.exit(0));", ''));
    const command = run(through(wrap(`${process.execPath} ${path}`)), { leads });
    await using _command = command;
    await command.untilSaid((stderr) => /process \d+\n/.test(stderr));
    rmSync(dirname(path), { recursive: true });
    const inner = Number(/process (\d+)\n/.exec(command.stderr())?.[1]);
    command.process.kill('SIGKILL');
    await expect.poll(() => isAlive(inner), { timeout: 10_000 }).toBe(false);
    expect(got(command)).toEqual(['SIGTERM']);
  });

  it('leaves no orphan after a signal to the whole process group either', async () => {
    const { command, inner } = await start(COUNTS, true);
    await using _ = command;
    process.kill(-command.pid, 'SIGINT');
    await command.untilSaid(() => got(command).length === 1);
    // The signal killed the guard as well; when the next one has been passed on, there is a new guard.
    command.process.kill('SIGUSR2');
    await command.untilSaid(() => got(command).length === 2);
    command.process.kill('SIGKILL');
    await expect.poll(() => isAlive(inner)).toBe(false);
  });
});
