import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { standstill } from '../support/standstill.ts';
import { code, run, through } from './wrapped.ts';

describe('when the client closes stdin', () => {
  it('the command sees the end, and what it says then still arrives', async () => {
    await using command = run(through(['sh', '-c', 'cat; echo; echo last words']));
    const output = command.output();
    command.process.stdin.end('one');
    expect(String(await output)).toBe('one\nlast words\n');
    expect(await command.ended).toBe(0);
  });

  it('a command that does not mind stays, and goes on to be heard, until it ends', async () => {
    await using command = run(
      through(code("process.on('SIGUSR2', () => process.exit(4)); setInterval(() => console.log('here'), 50)")),
    );
    command.process.stdin.end();
    for (let times = 0; times < 3; times++) await once(command.process.stdout, 'data');
    command.process.kill('SIGUSR2');
    expect(await command.ended).toBe(4);
  });
});

describe('when the client closes stdout', () => {
  it('the command is told when it writes, in the way of pipes', async () => {
    await using direct = run(['yes']);
    await using wrapped = run(through(['yes']));
    for (const command of [direct, wrapped]) {
      await once(command.process.stdout, 'data');
      command.process.stdout.destroy();
    }
    // A socket that is closed with something unread is reset instead.
    for (const command of [direct, wrapped]) expect(['SIGPIPE', 1]).toContain(await command.ended);
  });

  it('a command that takes it calmly is still given its stdin', async () => {
    await using command = run(
      through(
        code(`
          process.stdout.on('error', () => console.error('nobody reads'));
          process.stdin.on('data', (line) => { console.error('read ' + line); process.stdout.write('answer\\n'); });
        `),
      ),
    );
    const { stdin, stdout } = command.process;
    stdin.write('1');
    await once(stdout, 'data');
    stdout.destroy();
    // It notices with its first answer.
    while (!command.stderr().includes('nobody reads')) {
      stdin.write('2');
      const before = command.stderr();
      await command.untilSaid((stderr) => stderr.length > before.length);
    }
    stdin.write('3');
    await command.untilSaid((stderr) => stderr.includes('3'));
    stdin.end();
    expect(await command.ended).toBe(0);
  });
});

describe('when the command', () => {
  it('closes its stdout, the client sees the end at once, and the other ways stay open', async () => {
    await using command = run(through(['sh', '-c', 'echo before; exec >&-; read -r line; echo "$line" >&2; exit 5']));
    expect(String(await command.output())).toBe('before\n');
    expect(command.process.exitCode).toBeNull();
    command.process.stdin.write('after\n');
    await command.untilSaid((stderr) => stderr === 'after\n');
    expect(await command.ended).toBe(5);
  });

  it('closes its stdout, a reader that was given a pipe sees the end too', async () => {
    const words = through(['sh', '-c', 'echo before; exec >&-; read -r line; exit 5']);
    await using command = run(['sh', '-c', '"$@" | { cat >&2; echo end >&2; }', 'sh', ...words]);
    await command.untilSaid((stderr) => stderr === 'before\nend\n');
    expect(command.process.exitCode).toBeNull();
    command.process.stdin.write('after\n');
    expect(await command.ended).toBe(0);
  });

  it('closes its stdin, the client that writes is told in the way of pipes', async () => {
    await using command = run(through(['sh', '-c', 'exec <&-; echo closed; exec sleep 60']));
    const { stdin, stdout } = command.process;
    await once(stdout, 'data');
    const refused = once(stdin, 'error');
    const writing = setInterval(() => stdin.write('x'), 10);
    const [error] = await refused;
    clearInterval(writing);
    expect(String(error)).toMatch(/EPIPE|ECONNRESET/);
    expect(command.process.exitCode).toBeNull();
    command.process.kill('SIGTERM');
    expect(await command.ended).toBe('SIGTERM');
  });

  it('ends while the client still writes, that is all that happens', async () => {
    await using command = run(through(['sh', '-c', 'echo; exit 6']));
    const { stdin, stdout } = command.process;
    stdout.resume();
    for (let pieces = 0; pieces < 1_000; pieces++) stdin.write('x'.repeat(65_536));
    expect(await command.ended).toBe(6);
    expect(command.stderr()).toBe('');
  });

  it('ends, and what it leaves running keeps its stdout, the client does not wait for that', async () => {
    await using command = run(through(['sh', '-c', 'sleep 60 & echo $!; exit 7']));
    const [left] = await once(command.process.stdout, 'data');
    expect(await command.ended).toBe(7);
    process.kill(Number(left));
  });

  it('ends with much to say, all of it arrives', async () => {
    await using command = run(through(['sh', '-c', 'head -c 5000000 /dev/zero; sleep 5 & exit 8']));
    await once(command.process.stdout, 'readable');
    await standstill(() => command.process.stdout.readableLength);
    const output = command.output();
    expect(await command.ended).toBe(8);
    expect((await output).length).toBe(5_000_000);
  });
});

describe('a command that cannot be started', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mcpspan-stdio-'));
    writeFileSync(join(folder, 'not-executable'), '#!/bin/sh\n', { mode: 0o644 });
    writeFileSync(join(folder, 'no-interpreter'), '#!/no/such/interpreter\n', { mode: 0o755 });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each([
    [
      'a name that is not there',
      'no-such-server',
      127,
      "'no-such-server' is not found; install it, or give its full path",
    ],
    ['a path that is not there', './no/such/server', 127, "'./no/such/server' is not found"],
    ['no name', '', 127, "'' is not found"],
    ['a file that is not executable', './not-executable', 126, 'is not executable; chmod +x it, or name what runs it'],
    ['a folder', '/tmp', 126, "'/tmp' is not executable"],
    [
      'a script without its interpreter',
      './no-interpreter',
      126,
      'the interpreter that its first line names is not there',
    ],
  ])('(%s) ends as in a shell, with one line that says what to do', async (_, program, exitCode, line) => {
    await using command = run(through([program, 'arg']), { cwd: folder });
    const output = command.output();
    expect(await command.ended).toBe(exitCode);
    expect(String(await output)).toBe('');
    await command.untilSaid((stderr) => stderr.endsWith('\n'));
    expect(command.stderr()).toMatch(/^mcpspan: .*\n$/);
    expect(command.stderr()).toContain(line);
  });
});

describe('what stands after --', () => {
  it('reaches the command as it is, also what looks like options of ours', async () => {
    const args = [
      '--',
      '--help',
      '--version',
      '-h',
      '--name=x',
      '--upstream',
      '',
      ' ',
      '\'"$HOME`\\',
      '*',
      'é\u{1f600}\n',
      '--listen',
    ];
    await using command = run(through([...code('console.log(JSON.stringify(process.argv.slice(1)))'), '--', ...args]));
    expect(JSON.parse(String(await command.output()))).toEqual(args);
  });

  it('runs where we do, with our environment', async () => {
    const show = code('console.log(JSON.stringify([process.cwd(), process.env.ASKED, process.env.OTEL_SERVICE_NAME]))');
    const circumstances = { cwd: tmpdir(), env: { ASKED: 'a b', OTEL_SERVICE_NAME: 'mine' } };
    await using direct = run(show, circumstances);
    await using wrapped = run(through(show), circumstances);
    const [there, here] = await Promise.all([direct.output(), wrapped.output()]);
    expect(String(here)).toBe(String(there));
    expect(String(here)).toContain('mine');
  });
});
