import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { jsonFormat } from '../../../src/commands/install/json-format.ts';
import type { ClientFile } from '../../../src/commands/install/client-files.ts';
import { planFile, type FilePlan, type Means } from '../../../src/commands/install/plan.ts';
import { TOML_FORMAT } from '../../../src/commands/install/toml-format.ts';

const WORDS = ['/opt/node', '/opt/mcpspan/dist/cli.js'];
const INSTALL: Means = {
  wrapper: { words: WORDS, byPath: false, said: WORDS.join(' ') },
  scripts: new Set(['/opt/mcpspan/dist/cli.js']),
  platform: 'linux',
};
const UNINSTALL: Means = { ...INSTALL, wrapper: undefined };

const file = (name: string): string => readFileSync(join(import.meta.dirname, 'files', name), 'utf8');

const strict: Pick<ClientFile, 'format' | 'tables'> = { format: jsonFormat(false), tables: { servers: 'mcpServers' } };
const lenient = { ...strict, format: jsonFormat(true) };
const toml = { format: TOML_FORMAT, tables: { servers: 'mcp_servers' } };
const clientFile = (kind: Pick<ClientFile, 'format' | 'tables'>): ClientFile => ({
  client: 'cursor',
  title: 'Client',
  path: '/file',
  ...kind,
});

function planned(kind: Pick<ClientFile, 'format' | 'tables'>, text: string, means: Means): FilePlan {
  const plan = planFile(clientFile(kind), text, means);
  if (typeof plan === 'string') throw new Error(plan);
  return plan;
}

/** The servers and what becomes of them, with the reasons why some are left. */
const outcomes = ({ servers }: FilePlan): string[] =>
  servers.map(({ name, action, reason }) => `${name}: ${action}${reason === undefined ? '' : ` (${reason})`}`);

const FILES = [
  { name: 'claude-desktop', ending: 'json', kind: strict, platform: 'darwin', wrapped: 5 },
  { name: 'claude-desktop-windows', ending: 'json', kind: strict, platform: 'win32', wrapped: 3 },
  {
    name: 'claude-code',
    ending: 'json',
    kind: { ...strict, tables: { servers: 'mcpServers', projects: 'projects' } },
    platform: 'linux',
    wrapped: 2,
  },
  { name: 'cursor', ending: 'json', kind: lenient, platform: 'linux', wrapped: 2 },
  {
    name: 'vscode',
    ending: 'json',
    kind: { ...lenient, tables: { servers: 'servers' } },
    platform: 'linux',
    wrapped: 2,
  },
  { name: 'codex', ending: 'toml', kind: toml, platform: 'linux', wrapped: 4 },
  { name: 'codex-inline', ending: 'toml', kind: toml, platform: 'linux', wrapped: 3 },
  { name: 'gemini', ending: 'json', kind: lenient, platform: 'linux', wrapped: 1 },
  { name: 'one-line', ending: 'json', kind: strict, platform: 'linux', wrapped: 3 },
] as const;

describe.each(FILES)('the file $name.$ending', ({ name, ending, kind, platform, wrapped }) => {
  const before = file(`${name}.${ending}`);
  const installed = file(`${name}.installed.${ending}`);
  const means = { ...INSTALL, platform };

  it('becomes, to the byte, what it should', () => {
    const plan = planned(kind, before, means);
    expect(plan.after).toBe(installed);
    expect(plan.servers.filter(({ action }) => action === 'wrap')).toHaveLength(wrapped);
  });

  it('stays as it is the second time', () => {
    const plan = planned(kind, installed, means);
    expect(plan.after).toBe(installed);
    expect(plan.edits).toEqual([]);
    expect(outcomes(plan).filter((text) => text.endsWith('it is wrapped already)'))).toHaveLength(wrapped);
  });

  it('becomes, to the byte, what it was, by the shape of what is wrapped', () => {
    const plan = planned(kind, installed, { ...UNINSTALL, platform });
    expect(plan.after).toBe(before);
    expect(plan.servers.filter(({ action }) => action === 'unwrap')).toHaveLength(wrapped);
  });
});

/** What a client makes of a file that it reads and writes: its own order, indent and endings. */
function rewritten(text: string): string {
  const turned = (value: unknown): unknown =>
    typeof value !== 'object' || value === null || Array.isArray(value)
      ? value
      : Object.fromEntries(
          Object.entries(value)
            .toReversed()
            .map(([key, inside]) => [key, turned(inside)]),
        );
  return `${JSON.stringify(turned(JSON.parse(text)), null, 8)}\r\n`;
}

describe('uninstall', () => {
  it.each(['claude-desktop', 'claude-code', 'gemini', 'one-line'])(
    'finds what is wrapped in %s by its shape, after the client has written it anew',
    (name) => {
      const kind = FILES.find((one) => one.name === name)?.kind ?? strict;
      const plan = planned(kind, rewritten(file(`${name}.installed.json`)), UNINSTALL);
      expect(JSON.parse(plan.after)).toEqual(JSON.parse(file(`${name}.json`)));
      expect(plan.after).not.toContain('mcpspan');
    },
  );

  it('keeps what was added meanwhile', () => {
    const installed = file('claude-desktop.installed.json');
    const added = '    "new": { "command": "new", "args": ["--", "x"] },\n';
    const before = '    "filesystem"';
    const plan = planned(strict, installed.replace(before, added + before), UNINSTALL);
    expect(plan.after).toBe(file('claude-desktop.json').replace(before, added + before));
  });

  it.each([
    ['mcpspan', ['--capture', 'errors', '--', 'server', 'a']],
    ['/usr/local/bin/mcpspan', ['--', 'server', 'a']],
    ['C:\\npm\\mcpspan.cmd', ['--', 'server', 'a']],
    ['npx', ['-y', 'mcpspan', '--', 'server', 'a']],
    ['npx', ['--yes', 'mcpspan@0.1.0', '--name', 'n', '--', 'server', 'a']],
    ['cmd', ['/c', 'npx', '-y', 'mcpspan', '--', 'server', 'a']],
    ['/old/node', ['/old/node_modules/mcpspan/dist/cli.js', '--name', 'n', '--', 'server', 'a']],
    ['/old/node', ['/home/me/mcpspan/src/cli.ts', '--', 'server', 'a']],
    ['/old/node', ['/old/node_modules/mcpspan/dist/mcpspan.cjs', '--', 'server', 'a']],
    ['/old/node', ['/usr/local/bin/mcpspan', '--', 'server', 'a']],
    ['cmd', ['/c', 'npx', '-y', 'mcpspan', '--', 'cmd.exe', '/d', '/c', 'server', 'a']],
  ])('takes %s %j away, which install leaves', (command, args) => {
    const text = JSON.stringify({ mcpServers: { one: { command, args } } });
    expect(JSON.parse(planned(strict, text, UNINSTALL).after)).toEqual({
      mcpServers: { one: { command: 'server', args: ['a'] } },
    });
    expect(outcomes(planned(strict, text, INSTALL))).toEqual(['one: leave (it is wrapped already)']);
  });

  it.each([
    ['mcpspan', ['mcp']],
    ['npx', ['-y', 'mcpspan', 'mcp']],
    ['/usr/bin/node', ['/home/me/mcpspan/dist/mcpspan.cjs', 'mcp', '--store', 's.db']],
  ])('leaves %s %j, which reads the record', (command, args) => {
    const text = JSON.stringify({ mcpServers: { one: { command, args } } });
    expect(outcomes(planned(strict, text, INSTALL))).toEqual(['one: leave (it is mcpspan mcp, which is not recorded)']);
  });

  it.each([
    ['npx', ['-y', 'mcpspan-other', '--', 'server']],
    ['npx', ['-y', 'other', 'mcpspan', '--', 'server']],
    ['node', ['/srv/other/dist/cli.js', '--name', 'n', '--', 'server']],
    ['mcpspan', ['--upstream', 'http://localhost:1']],
    ['mcpspan', ['--']],
  ])('leaves %s %j, which is not ours', (command, args) => {
    const text = JSON.stringify({ mcpServers: { one: { command, args } } });
    expect(outcomes(planned(strict, text, UNINSTALL))).toEqual(['one: leave (it is not wrapped)']);
  });
});

describe('install leaves', () => {
  it.each([
    [
      '{"url":"https://h:8/a/mcp?key=secret"}',
      'it is reached by URL; run mcpspan --upstream https://h:8/a/mcp and give',
    ],
    ['{"url":5}', 'it has a URL, not a command'],
    ['{"url":"http://h","command":"x"}', 'both a command and a URL'],
    ['{}', 'it has no command'],
    ['[]', 'it is no table'],
    ['{"command":5}', 'its command is no text'],
    ['{"command":" "}', 'its command is empty'],
    ['{"command":"x","args":"y"}', "'args' are no list"],
    ['{"command":"x","args":["y",1]}', "not all of its 'args' are texts"],
    ['{"command":"x","command":"y"}', "it has 'command' twice"],
    ['{"command":"cmd.exe","args":["/d","/c","x"]}', 'which mcpspan writes itself'],
  ])('a server %s, and says why', (server, reason) => {
    const plan = planned(strict, `{"mcpServers":{"one":${server}}}`, INSTALL);
    expect(outcomes(plan).join()).toContain(reason);
    expect(outcomes(plan).join()).not.toContain('secret');
    expect(plan.edits).toEqual([]);
  });

  it('two servers of one name', () => {
    const plan = planned(
      strict,
      '{"mcpServers":{"one":{"command":"x"},"one":{"command":"y"},"two":{"command":"z"}}}',
      INSTALL,
    );
    expect(plan.servers.map(({ action }) => action)).toEqual(['leave', 'leave', 'wrap']);
  });

  it('through npx, what the client starts in another way: it may not find npx', () => {
    const wrapper = { words: ['npx', '-y', 'mcpspan@1'], byPath: true, said: '' };
    const text =
      '{"mcpServers":{"one":{"command":"/opt/x"},"two":{"command":"npx","args":["y"]},"npxx":{"command":"npxx"}}}';
    const plan = planned(strict, text, { ...INSTALL, wrapper });
    expect(plan.servers.map(({ action }) => action)).toEqual(['leave', 'wrap', 'leave']);
  });

  it.each([
    ['{"mcpServers":', 'is not valid JSON'],
    ['{"mcpServers":{}} // comment', 'is not valid JSON: invalid comment token in line 1'],
    ['[]', 'holds no JSON object'],
    ['{"mcpServers":[]}', "has 'mcpServers', but it is no table of servers"],
    ['{"mcpServers":{},"mcpServers":{}}', "has 'mcpServers' twice"],
    [`{"a":${'['.repeat(100_000)}`, 'is nested too deeply'],
  ])('a file %.40s', (text, why) => {
    expect(planFile(clientFile(strict), text, INSTALL)).toContain(why);
  });

  it.each([
    ['[mcp_servers.a]\ncommand = "x"\ncommand = "y"\n', 'is not valid TOML'],
    ['[[mcp_servers]]\ncommand = "x"\n', 'is not valid'],
    ['mcp_servers = 5\n', "has 'mcp_servers', but it is no table of servers"],
  ])('a file %j of Codex', (text, why) => {
    const plan = planFile(clientFile(toml), text, INSTALL);
    if (text.startsWith('[[')) expect(plan).toMatchObject({ servers: [], edits: [] });
    else expect(plan).toContain(why);
  });
});

describe('the name that a server gets', () => {
  it.each([
    ['one', ['--name', 'one', '--'], ['--name=one', '--']],
    ['-x', ['--name=-x', '--'], ['--name=-x', '--']],
    ['--', ['--name=--', '--'], ['--name=--', '--']],
    [' ', ['--'], ['--name=server', '--']],
    ['a"b\u001B[31m\u202E', ['--name', 'a"b\u001B[31m\u202E', '--'], ['--name=a"b\u001B[31m\u202E', '--']],
  ])('is that of the file, and says whether it had arguments: %j', (name, words, bareWords) => {
    for (const [server, expected] of [
      [{ command: 'x', args: ['y'] }, [...words, 'x', 'y']],
      [{ command: 'x' }, [...bareWords, 'x']],
    ] as const) {
      const text = JSON.stringify({ mcpServers: { [name]: server } });
      const plan = planned(strict, text, INSTALL);
      const [program, script] = WORDS;
      expect(JSON.parse(plan.after)).toEqual({
        mcpServers: { [name]: { command: program, args: [script, ...expected] } },
      });
      expect(planned(strict, plan.after, UNINSTALL).after).toBe(text);
    }
  });
});
