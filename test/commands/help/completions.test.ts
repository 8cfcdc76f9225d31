import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { completions } from '../../../src/commands/help/completions.ts';
import { COMMAND_HELP } from '../../../src/settings/command-help.ts';
import { OPTIONS } from '../../../src/settings/options.ts';

function scriptFor(shell: string | undefined): { code: number; text: string; told: string[] } {
  let text = '';
  const told: string[] = [];
  const code = completions(shell, { print: (more) => void (text += more), tell: (line) => void told.push(line) });
  return { code, text, told };
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcpspan-completions-'));
  for (const shell of ['bash', 'zsh', 'fish']) writeFileSync(join(folder, shell), scriptFor(shell).text);
});
afterAll(() => rmSync(folder, { recursive: true }));

const found = (shell: string): string | undefined =>
  ['/bin', '/usr/bin', '/usr/local/bin'].map((place) => join(place, shell)).find((path) => existsSync(path));

describe.runIf(found('bash') !== undefined)('in bash', () => {
  /** What bash offers for the last of these words. */
  function offered(...words: string[]): string[] {
    const script = `source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1)); _mcpspan; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync(
      'bash',
      ['--norc', '-c', script, 'bash', join(folder, 'bash'), 'mcpspan', ...words],
      {
        encoding: 'utf8',
        cwd: folder,
      },
    );
    expect(stderr).toBe('');
    return stdout.split('\n').filter((line) => line !== '');
  }

  it.each([
    [['cl'], ['clients']],
    [['in'], ['install']],
    [['probe', '--al'], ['--allow-writes']],
    [['clients', '--hist'], ['--history']],
    [['tail', '--hist'], []],
    [['--prop'], ['--propagate']],
    [
      ['--propagate', ''],
      ['auto', 'headers', 'meta', 'off'],
    ],
    [['--upstream', 'http://h', '--trace-parent', 'c'], ['caller']],
    [['demo', '--tls-k'], ['--tls-key']],
    [
      ['install', 'c'],
      ['claude-desktop', 'claude-code', 'cursor', 'codex'],
    ],
    [
      ['completions', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['help', 'prob'], ['probe']],
    [['--', '--prop'], []],
    [['--store', ''], []],
  ])('%j can be %j', (words, expected) => {
    expect(offered(...words)).toEqual(expected);
  });

  it('offers every command', () => {
    const commands = Object.keys(COMMAND_HELP).filter((name) => name !== 'http' && name !== 'stdio');
    expect(offered('')).toEqual([...commands, 'help', 'version']);
  });

  it('is offered by a shell that has read the script', () => {
    const { stdout } = spawnSync('bash', ['--norc', '-c', `source ${folder}/bash; complete -p mcpspan`], {
      encoding: 'utf8',
    });
    expect(stdout).toBe('complete -o default -F _mcpspan mcpspan\n');
  });
});

describe.each(['zsh', 'fish'])('in %s', (shell) => {
  it.runIf(found(shell) !== undefined)('is a script that the shell can read', () => {
    const { status, stderr } = spawnSync(found(shell) ?? '', ['-n', join(folder, shell)], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('has every option that is no internal, and every command with what it does', () => {
    const { text } = scriptFor(shell);
    for (const [name, option] of Object.entries<{ internal?: true }>(OPTIONS)) {
      const said = new RegExp(shell === 'fish' ? ` -l ${name} ` : `'--${name}:`).test(text);
      expect(said, name).toBe(option.internal !== true);
    }
    for (const { summary } of Object.values(COMMAND_HELP).slice(2))
      expect(text).toContain(summary.replaceAll("'", "'\\''"));
  });

  it('has its quotes in pairs', () => {
    for (const line of scriptFor(shell)
      .text.split('\n')
      .filter((each) => !each.startsWith('#')))
      expect(line.replaceAll("'\\''", '').split("'").length % 2, line).toBe(1);
  });
});

it('refuses another shell, and names those that there are', () => {
  expect(scriptFor(undefined)).toMatchObject({ code: 2, text: '', told: [expect.stringContaining('bash|zsh|fish')] });
  expect(scriptFor('tcsh')).toMatchObject({ code: 2, text: '', told: [expect.stringContaining('bash|zsh|fish')] });
});
