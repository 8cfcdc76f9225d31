import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { oldNode } from './support/old-node.ts';

const ENTRY = join(import.meta.dirname, '../src/mcpspan.cjs');

const old = oldNode();

let folder: string;
let pretence: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcpspan-entry-'));
  pretence = join(folder, 'old.cjs');
  // What a program can see of an old Node: its version.
  writeFileSync(pretence, "Object.defineProperty(process, 'versions', { value: { node: '12.22.9' } });");
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each([
  { node: 'a Node that says it is old', words: () => [process.execPath, '--require', pretence, ENTRY] },
  ...(old === undefined ? [] : [{ node: `${old}, which is old`, words: () => [old, ENTRY] }]),
])('mcpspan on $node', ({ words }) => {
  const run = (...args: string[]) => {
    const [program = '', ...others] = words();
    const { status, signal, stdout, stderr } = spawnSync(program, [...others, ...args], {
      encoding: 'utf8',
      input: 'in\n',
      env: { PATH: process.env['PATH'], KEY: 'value' },
    });
    return { status, signal, stdout, lines: stderr.trimEnd().split('\n') };
  };

  it('runs a wrapped command without it: streams, environment, exit code; and says so in one line', () => {
    const { status, stdout, lines } = run('--name', 'x', '--', 'sh', '-c', 'cat; echo $KEY; exit 7', '--', 'more');
    expect({ status, stdout }).toEqual({ status: 7, stdout: 'in\nvalue\n' });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      /^mcpspan: Node [\d.]+ \(.*\) is too old: mcpspan needs 22\.19 or newer.*runs without it$/,
    );
  });

  it('ends by the signal that ended the command', () => {
    expect(run('--', 'sh', '-c', 'kill -KILL $$')).toMatchObject({ status: null, signal: 'SIGKILL' });
    expect(run('--', 'sh', '-c', 'kill -TERM $$')).toMatchObject({ status: null, signal: 'SIGTERM' });
  });

  it('passes a signal on to the command', async () => {
    const [program = '', ...others] = words();
    const script = "trap 'exit 5' TERM; echo ready; while :; do sleep 0.1; done";
    const child = spawn(program, [...others, '--', 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([5, null]);
  });

  it('ends as a shell does when the command is not there or cannot run', () => {
    const missing = run('--', 'no-such-command');
    expect(missing.status).toBe(127);
    expect(missing.lines.at(-1)).toBe("mcpspan: 'no-such-command' cannot be started (ENOENT)");
    expect(run('--', '/').status).toBe(126);
  });

  it.each([[[]], [['--help']], [['demo', '--once']], [['--']]])('refuses %j in one line, with its cure', (args) => {
    const { status, stdout, lines } = run(...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/is too old: mcpspan needs 22\.19 or newer, from https:\/\/nodejs\.org$/);
  });
});

describe('src/mcpspan.cjs', () => {
  const text = readFileSync(ENTRY, 'utf8');

  it('asks for the version that package.json does', () => {
    const { engines }: { engines: { node: string } } = JSON.parse(
      readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'),
    );
    const [, major, minor] = /^var NEEDED = \[(\d+), (\d+)\];$/m.exec(text) ?? [];
    expect(engines.node).toBe(`>=${major}.${minor}`);
  });

  it('has only syntax that old versions know: ECMAScript 5, and `import()` where the version is new', () => {
    const code = text.replaceAll(/^\s*(\/\/|\/\*\*).*$/gm, '').replaceAll(/'[^']*'|"[^"]*"/g, "''");
    expect(code.match(/\b(const|let|class|async|await|of)\b|=>|`|\?\.|\?\?|\.\.\.|\*\*/g)).toBeNull();
    expect(code.match(/\bimport\b/g)).toHaveLength(1);
  });
});
