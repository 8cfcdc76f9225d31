import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const FILES = join(import.meta.dirname, 'files');
const EVERYTHING = fileURLToPath(
  new URL('../../../node_modules/@modelcontextprotocol/server-everything/dist/index.js', import.meta.url),
);

/** Where each client keeps its servers on Linux. */
const PLACES = {
  'claude-desktop.json': '.config/Claude/claude_desktop_config.json',
  'claude-code.json': '.claude.json',
  'cursor.json': '.cursor/mcp.json',
  'vscode.json': '.config/Code/User/mcp.json',
  'codex.toml': '.codex/config.toml',
  'gemini.json': '.gemini/settings.json',
};

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'mcpspan-install-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const at = (path: string): string => join(home, path);
function put(path: string, text: string): void {
  mkdirSync(dirname(at(path)), { recursive: true });
  writeFileSync(at(path), text);
}
function putAll(): void {
  for (const [sample, place] of Object.entries(PLACES)) {
    mkdirSync(dirname(at(place)), { recursive: true });
    cpSync(join(FILES, sample), at(place));
  }
}
const texts = (): Record<string, string> =>
  Object.fromEntries(
    Object.values(PLACES).flatMap((path) => (existsSync(at(path)) ? [[path, readFileSync(at(path), 'utf8')]] : [])),
  );

const CLI = fileURLToPath(new URL('../../../src/cli.ts', import.meta.url));

/** Runs `mcpspan ARGS` in a project's folder, with nobody at a terminal. */
function run(...args: string[]) {
  const project = at('project');
  mkdirSync(project, { recursive: true });
  const env = { HOME: home, PATH: '/usr/bin:/bin' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    cwd: project,
    env,
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
}

describe.runIf(process.platform === 'linux')('mcpspan install', () => {
  it('wraps the servers of every client, once, and uninstall restores each file to the byte', () => {
    putAll();
    const before = texts();
    const first = run('install', '--yes');
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const installed = texts();
    for (const [path, text] of Object.entries(installed)) expect(text, path).toContain('cli.ts');
    for (const title of ['Claude Desktop', 'Claude Code', 'Cursor', 'VS Code', 'Codex', 'Gemini CLI'])
      expect(first.stdout).toContain(title);
    expect(run('install', '--yes')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Nothing to change.'),
    });
    expect(texts()).toEqual(installed);
    expect(run('uninstall', '--yes')).toMatchObject({ code: 0, stderr: '' });
    expect(texts()).toEqual(before);
    expect(run('uninstall', '--yes')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Nothing to change.'),
    });
  });

  it('keeps a copy of each file, for the user alone, and says where', () => {
    putAll();
    const before = texts();
    const { stdout } = run('install', '--yes');
    const copies = globSync('.local/state/mcpspan/backups/*.backup', { cwd: home }).map(at);
    expect(copies.map((copy) => readFileSync(copy, 'utf8')).toSorted()).toEqual(Object.values(before).toSorted());
    for (const copy of copies) {
      expect(stdout).toContain(copy);
      expect(statSync(copy).mode & 0o777).toBe(0o600);
    }
  });

  it('restores what is not exactly what it would write itself, from its copy', () => {
    put('.cursor/mcp.json', '{"mcpServers":{"one":{"command":"x","args":[  ]}}}');
    const before = texts();
    run('install', '--yes');
    run('uninstall', '--yes');
    expect(texts()).toEqual(before);
  });

  it('unwraps all, also what was wrapped at another time, when the file is exactly what it wrote last', () => {
    put('.cursor/mcp.json', '{"mcpServers":{"one":{"command":"x"}}}');
    run('install', '--yes');
    const more = readFileSync(at('.cursor/mcp.json'), 'utf8').replace(
      '{"mcpServers":{',
      '{"mcpServers":{"two":{"command":"y"},',
    );
    writeFileSync(at('.cursor/mcp.json'), more);
    run('install', '--yes');
    expect(readFileSync(at('.cursor/mcp.json'), 'utf8').match(/cli\.ts/g)).toHaveLength(2);
    run('uninstall', '--yes');
    expect(readFileSync(at('.cursor/mcp.json'), 'utf8')).toBe(
      '{"mcpServers":{"two":{"command":"y"},"one":{"command":"x"}}}',
    );
  });

  it('only shows with --print: servers, reasons and lines', () => {
    putAll();
    const before = texts();
    const { code, stdout } = run('install', '--print');
    expect(code).toBe(0);
    expect(texts()).toEqual(before);
    expect(existsSync(at('.local'))).toBe(false);
    expect(stdout).toMatch(/^ {2}playwright: will be wrapped$/m);
    expect(stdout).toMatch(/^ {2}mine: left as it is: VS Code watches/m);
    expect(stdout).toMatch(/^ {2}shop-db \(in \/home\/me\/work\/shop\): will be wrapped$/m);
    expect(stdout).toMatch(/^ {2}- \s*"command": "uvx",$/m);
    expect(stdout).toMatch(/^ {2}\+ \s*"command": ".*node",$/m);
    expect(stdout).toContain('--print only shows');
  });

  it('changes nothing where there is nobody to ask, and names the cure', () => {
    putAll();
    const before = texts();
    const { code, stderr } = run('install');
    expect(code).toBe(2);
    expect(stderr).toContain('give --yes, or --print');
    expect(texts()).toEqual(before);
  });

  it('changes only the clients that are named, and refuses a wrong name', () => {
    putAll();
    const before = texts();
    expect(run('install', '--yes', 'cursor', 'codex')).toMatchObject({ code: 0 });
    const changed = Object.entries(texts()).filter(([path, text]) => before[path] !== text);
    expect(changed.map(([path]) => path).toSorted()).toEqual(['.codex/config.toml', '.cursor/mcp.json']);
    expect(run('install', 'cursr')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('did you mean cursor?'),
    });
    expect(run('install', 'emacs')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('one of claude-desktop,'),
    });
  });

  it('says where it looked if a client is not here', () => {
    expect(run('install', 'codex', '--yes')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`codex has no configuration here: looked at ${at('.codex/config.toml')}`),
    });
    const none = run('install', '--yes');
    expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining('no client has a configuration here') });
    expect(none.stdout).toContain('Nothing to change.');
  });

  it('leaves a broken file as it is, changes the others, and ends with 1', () => {
    putAll();
    for (const [path, text, why] of [
      ['.config/Code/User/mcp.json', '{"servers": {', 'is not valid JSON'],
      ['.codex/config.toml', '[mcp_servers.a\n', 'is not valid TOML'],
      ['.gemini/settings.json', '\u{FFFD}', 'is not valid JSON'],
    ] as const) {
      put(path, text);
      const { code, stdout } = run('install', '--yes');
      expect(code).toBe(1);
      expect(stdout).toContain(why);
      expect(readFileSync(at(path), 'utf8')).toBe(text);
    }
    writeFileSync(at('.cursor/mcp.json'), Buffer.from([0x7b, 0xff, 0x7d]));
    expect(run('install', '--yes').stdout).toContain('it is no UTF-8 text');
    expect(readFileSync(at('.claude.json'), 'utf8')).toContain('cli.ts');
  });

  it('keeps the mode of a file, and a symbolic link to it', () => {
    put('dotfiles/cursor.json', '{"mcpServers":{"one":{"command":"x"}}}');
    chmodSync(at('dotfiles/cursor.json'), 0o640);
    mkdirSync(at('.cursor'));
    symlinkSync('../dotfiles/cursor.json', at('.cursor/mcp.json'));
    expect(run('install', '--yes')).toMatchObject({ code: 0 });
    expect(lstatSync(at('.cursor/mcp.json')).isSymbolicLink()).toBe(true);
    expect(readFileSync(at('dotfiles/cursor.json'), 'utf8')).toContain('cli.ts');
    expect(statSync(at('dotfiles/cursor.json')).mode & 0o777).toBe(0o640);
    expect(globSync('dotfiles/*', { cwd: home })).toEqual(['dotfiles/cursor.json']);
  });

  it("leaves a project's files, and says so, unless --project is given", () => {
    put('project/.mcp.json', '{"mcpServers":{"one":{"command":"x"}}}');
    put('.cursor/mcp.json', '{"mcpServers":{}}');
    const without = run('install', '--yes');
    expect(without.stdout).toContain(
      'Not touched, as it may be shared with others: ~/project/.mcp.json; --project includes it.',
    );
    expect(readFileSync(at('project/.mcp.json'), 'utf8')).not.toContain('cli.ts');
    const included = run('install', '--yes', '--project');
    expect(included.stdout).toContain('may be shared with others, who have no mcpspan');
    expect(readFileSync(at('project/.mcp.json'), 'utf8')).toContain('cli.ts');
  });

  it('prints the plan as JSON, without commands or arguments, and changes nothing unless --yes is given', () => {
    putAll();
    const before = texts();
    const { code, stdout, stderr } = run('install', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(texts()).toEqual(before);
    const plan: unknown = JSON.parse(stdout);
    expect(plan).toMatchObject({
      done: false,
      files: expect.arrayContaining([
        {
          client: 'gemini',
          path: at('.gemini/settings.json'),
          changes: true,
          servers: [
            { name: 'python-tools', action: 'wrap' },
            { name: 'remote', action: 'leave', reason: expect.stringContaining('it is reached by URL') },
            { name: 'events', action: 'leave', reason: expect.stringContaining('it is reached by URL') },
          ],
        },
      ]),
    });
    expect(stdout).not.toContain('my_mcp_server');
    const done = run('install', '--json', '--yes');
    expect(JSON.parse(done.stdout)).toMatchObject({ done: true });
    expect(texts()).not.toEqual(before);
  });

  it('shows hostile names harmlessly', () => {
    const name = 'a\u001B]0;owned\u0007\u202Eb';
    put(
      '.cursor/mcp.json',
      JSON.stringify({ mcpServers: { [name]: { command: `x${name}` }, [`${name}2`]: { command: 5 } } }),
    );
    put('.claude.json', JSON.stringify({ projects: { [`/p${name}`]: { mcpServers: { c: { command: 'x' } } } } }));
    put('.gemini/settings.json', '\u001B[31m');
    const { stdout, stderr } = run('install', '--yes');
    for (const character of ['\u001B', '\u0007', '\u202E']) expect(stdout + stderr).not.toContain(character);
    expect(stdout).toContain('will be wrapped');
    expect(JSON.parse(readFileSync(at('.cursor/mcp.json'), 'utf8'))).toMatchObject({
      mcpServers: { [name]: { args: [expect.any(String), `--name=${name}`, '--', `x${name}`] } },
    });
  });

  it.runIf(existsSync('/usr/bin/script')).each([
    { answer: 'n', code: 2, changes: false },
    { answer: '', code: 2, changes: false },
    { answer: 'y', code: 0, changes: true },
  ])('asks on a terminal, in colour, and goes on for yes alone: $answer', ({ answer, code, changes }) => {
    put('.cursor/mcp.json', '{"mcpServers":{"one":{"command":"x"}}}');
    const command = `${process.execPath} ${CLI} install`;
    const { status, stdout } = spawnSync('/usr/bin/script', ['-qec', command, '/dev/null'], {
      env: { HOME: home, PATH: '/usr/bin:/bin', TERM: 'xterm' },
      input: `${answer}\n`,
      encoding: 'utf8',
    });
    expect(stdout).toContain('Change this file? [y/N]');
    expect(stdout).toContain('\u001B[32m  + {"mcpServers"');
    expect(status).toBe(code);
    expect(readFileSync(at('.cursor/mcp.json'), 'utf8').includes('cli.ts')).toBe(changes);
  });

  it('has a client start the server as before, and records it under its name', async () => {
    const server = { command: process.execPath, args: [EVERYTHING, 'stdio'], env: { GREETING: 'hello' } };
    put('.cursor/mcp.json', JSON.stringify({ mcpServers: { everything: server } }, null, 2));
    run('install', '--yes');
    const { mcpServers }: { mcpServers: Record<string, typeof server> } = JSON.parse(
      readFileSync(at('.cursor/mcp.json'), 'utf8'),
    );
    const { command, args, env } = mcpServers['everything'] ?? server;
    expect(args).toContain('--name');
    const client = new Client({ name: 'installed', version: '1.0.0' });
    await client.connect(new StdioClientTransport({ command, args, env: { ...env, HOME: home }, stderr: 'ignore' }));
    expect(await client.callTool({ name: 'get-sum', arguments: { a: 2, b: 3 } })).toMatchObject({
      content: [{ type: 'text', text: expect.stringContaining('5') }],
    });
    expect(JSON.stringify(await client.callTool({ name: 'get-env', arguments: {} }))).toContain('hello');
    await client.close();
    const recorded = run('clients', '--json');
    expect(recorded.stdout).toContain('"everything"');
    expect(recorded.stdout).toContain('installed');
  });
});
