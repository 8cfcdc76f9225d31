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
    [['config', 'c'], ['check']],
    [['config', '--js'], ['--json']],
    [['--', '--prop'], []],
    [['--store', ''], []],
    [['--propagate', '=', 'h'], ['headers']],
    [
      ['--propagate', '='],
      ['auto', 'headers', 'meta', 'off'],
    ],
    [['errors', '--meth'], ['--method']],
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

/** Lines, and what becomes of the last word. Where only one thing fits, a shell writes it out. */
const ONE_FITS: readonly (readonly [line: string, completed: string])[] = [
  ['mcpspan cl', 'clients'],
  ['mcpspan err', 'errors'],
  ['mcpspan probe --al', '--allow-writes'],
  ['mcpspan errors --meth', '--method'],
  ['mcpspan --upstream-c', '--upstream-c'],
  ['mcpspan tail --hist', '--hist'],
  ['mcpspan --propagate h', 'headers'],
  ['mcpspan --propagate=h', '--propagate=headers'],
  ['mcpspan --upstream http://h --trace-parent c', 'caller'],
  ['mcpspan install cu', 'cursor'],
  ['mcpspan completions z', 'zsh'],
  ['mcpspan config ch', 'check'],
  ['mcpspan config check zs', 'zsh'],
  ['mcpspan -- mcpspan cl', 'clients'],
];

// A real zsh in a terminal of its own: its completion needs a line that is being edited.
describe.runIf(found('zsh') !== undefined)('in zsh', () => {
  beforeAll(() => {
    writeFileSync(
      join(folder, 'setup'),
      `PS1=
autoload -Uz compinit; compinit -D -u
source ${folder}/zsh
ask() { zle complete-word; print -r -- "[[$BUFFER]]"; zle kill-whole-line }
zle -N ask; bindkey '^I' ask
print REA''DY
`,
    );
    writeFileSync(
      join(folder, 'drive'),
      `zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "source ${folder}/setup"
zpty -r -m shell seen '*READY*'
zpty -w -n shell "$1"$'\\t'
zpty -r -m shell seen '*\\]\\]*'
print -r -- "\${\${seen##*\\[\\[}%%\\]\\]*}"
zpty -d shell
`,
    );
  });

  it.each(ONE_FITS)('%s becomes %s', (line, completed) => {
    const { stdout, stderr } = spawnSync(found('zsh') ?? '', ['-f', join(folder, 'drive'), line], {
      encoding: 'utf8',
      cwd: folder,
    });
    expect(stderr).toBe('');
    expect(stdout.trimEnd().split(' ').at(-1)).toBe(completed);
  });
});

describe.runIf(found('fish') !== undefined)('in fish', () => {
  it.each(ONE_FITS)('%s becomes %s', (line, completed) => {
    const script = `source ${folder}/fish; complete -C '${line}'`;
    const { stdout, stderr } = spawnSync(found('fish') ?? '', ['--no-config', '-c', script], {
      encoding: 'utf8',
      cwd: folder,
    });
    expect(stderr).toBe('');
    const offered = stdout.split('\n').flatMap((each) => each.split('\t')[0] || []);
    const last = line.split(' ').at(-1) ?? '';
    // What fits nothing stays as it is; of what fits several, all are offered.
    if (completed === last) expect(offered).toHaveLength(completed === '--hist' ? 0 : 2);
    else expect(offered).toEqual([completed]);
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
