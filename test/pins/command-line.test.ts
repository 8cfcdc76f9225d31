import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Option } from '../../src/settings/option-kinds.ts';
import { OPTIONS } from '../../src/settings/options.ts';

const CLI = join(import.meta.dirname, '../../src/cli.ts');

// Literals on purpose: people's scripts and manifests contain these flags, their values and their defaults.
const READING = 'sessions session clients tools slow errors tail journeys ready report';
const INSTALLING = 'install uninstall';
const FILTERED = 'sessions clients tools slow errors tail journeys ready report';
const OF_CLIENTS = 'sessions clients tools slow errors tail journeys report';
const NARROWED = 'sessions tools slow errors tail journeys report';
const OF_CALLS = 'sessions tools slow errors tail report';
const FLAGS: readonly (readonly [string, string | undefined, string | undefined, string])[] = [
  ['--upstream', 'URL', undefined, 'http'],
  ['--config', 'FILE', undefined, 'http'],
  ['--upstream-ca', 'FILE', undefined, 'http'],
  ['--upstream-cert', 'FILE', undefined, 'http'],
  ['--upstream-key', 'FILE', undefined, 'http'],
  ['--name', 'NAME', undefined, 'both'],
  ['--listen', 'HOST:PORT', '127.0.0.1:4100', 'http'],
  ['--tls-cert', 'FILE', undefined, 'http'],
  ['--tls-key', 'FILE', undefined, 'http'],
  ['--page', 'HOST:PORT|off', '127.0.0.1:4101', 'both'],
  ['--page-token', 'TOKEN', undefined, 'both'],
  ['--trace-link', 'URL', undefined, 'both'],
  ['--health', 'HOST:PORT|off', 'off', 'http'],
  ['--health-file', 'FILE', undefined, 'http'],
  ['--trace-parent', 'meta|caller|session', 'meta', 'both'],
  ['--propagate', 'auto|headers|meta|off', 'auto', 'http'],
  ['--spans', 'server|server+client', 'server', 'http'],
  ['--server-spans', 'on|off', 'on', 'both'],
  ['--group', 'LIST', 'conversation,principal,peer', 'http'],
  ['--conversation-key', 'PATH', undefined, 'both'],
  ['--tools', 'LIST', undefined, 'both'],
  ['--capture', 'LIST', 'none', 'both'],
  ['--hash-ids', undefined, undefined, 'both'],
  ['--upstream-host', 'auto|keep|upstream', 'auto', 'http'],
  ['--allow-host', 'NAME', undefined, 'http'],
  ['--allow-origin', 'ORIGIN', undefined, 'http'],
  ['--connect-timeout', 'SECONDS', '5', 'http'],
  ['--idle-seconds', 'SECONDS', '600', 'http'],
  ['--drain-delay', 'SECONDS', '0', 'http'],
  ['--drain-seconds', 'SECONDS', '10', 'http'],
  ['--spool', 'PATH|memory|off', 'memory', 'both'],
  ['--spool-max-mb', 'N', '256, in memory 64', 'both'],
  ['--store', 'PATH|off', "the user's state folder", 'both'],
  ['--store-max-mb', 'N', '512', 'both'],
  ['--store-days', 'N', '7', 'both'],
  ['--threads', 'N', '1', 'http'],
  ['--otlp', 'HOST:PORT', '127.0.0.1:4319', 'collect'],
  ['--otlp-token', 'TOKEN', undefined, 'collect'],
  ['--once', undefined, undefined, 'demo'],
  ['--speed', 'N', '20', 'demo'],
  ['--seed', 'N', '1', 'demo'],
  ['--profile', 'LIST', 'six of them', 'demo'],
  ['--clients', 'N', undefined, 'demo'],
  ['--rate', 'N', undefined, 'demo'],
  ['--export', undefined, undefined, 'demo'],
  ['--since', 'TIME', undefined, FILTERED],
  ['--server', 'NAME', undefined, FILTERED],
  ['--client', 'NAME', undefined, OF_CLIENTS],
  ['--tool', 'NAME', undefined, OF_CALLS],
  ['--status', 'STATUS', undefined, NARROWED],
  ['--method', 'METHOD', undefined, 'slow errors tail'],
  ['--code', 'CODE', undefined, 'slow errors tail'],
  ['--limit', 'N', undefined, 'sessions session clients tools slow errors tail journeys'],
  ['--history', undefined, undefined, 'clients'],
  ['--changes', undefined, undefined, 'tools'],
  ['--follow', undefined, undefined, 'tail'],
  ['--journey', 'ID', undefined, 'report'],
  ['--price', 'N', undefined, 'report'],
  ['--as', 'PROFILE', undefined, 'probe'],
  ['--calls', 'FILE', undefined, 'probe'],
  ['--session', 'ID', undefined, 'probe'],
  ['--allow-writes', undefined, undefined, 'probe'],
  ['--handshakes', 'N', '20', 'probe'],
  ['--header', 'NAME:VALUE', undefined, 'probe doctor'],
  ['--timeout', 'SECONDS', '30', 'probe doctor'],
  ['--print', undefined, undefined, INSTALLING],
  ['--yes', undefined, undefined, INSTALLING],
  ['--project', undefined, undefined, INSTALLING],
  ['--json', undefined, undefined, `demo probe doctor config ${READING} ${INSTALLING}`],
  ['--max-clients', 'N', '50', 'internal'],
  ['--max-tools', 'N', '200', 'internal'],
  ['--max-sessions', 'N', '10 000', 'internal'],
  ['--max-message-bytes', 'N', '1 048 576', 'internal'],
  ['--observe-credit-bytes', 'N', '16 777 216', 'internal'],
  ['--segment-operations', 'N', '1 000', 'internal'],
  ['--segment-seconds', 'SECONDS', '3600', 'internal'],
];

const run = (args: readonly string[], env: Record<string, string> = {}) =>
  spawnSync(process.execPath, [CLI, ...args], {
    env: { PATH: process.env['PATH'], MCPSPAN_STORE: 'off', ...env },
    encoding: 'utf8',
    timeout: 20_000,
  });

describe('the command line that others build on', () => {
  it('has these flags, arguments and defaults', () => {
    const present = Object.entries<Pick<Option<never>, 'argument' | 'shown' | 'internal' | 'only'>>(OPTIONS).map(
      ([name, option]) => [
        `--${name}`,
        option.argument,
        option.shown,
        option.internal === true ? 'internal' : [option.only ?? 'both'].flat().join(' '),
      ],
    );
    expect(present).toEqual(FLAGS);
  });

  it.each([
    ['--help', [], 0],
    ['--help-all', [], 0],
    ['--version', [], 0],
    ['-h', [], 0],
    ['-v', [], 0],
    ['help', [], 0],
    ['help', ['probe'], 0],
    ['probe', ['--help'], 0],
    ['version', [], 0],
    ['completions', ['bash'], 0],
    ['completions', ['zsh'], 0],
    ['completions', ['fish'], 0],
    ['help', ['nonsense'], 2],
    ['completions', [], 2],
    ['config', [], 2],
    ['config', ['check', 'no-such-file.yaml'], 2],
    ['--config', ['no-such-file.yaml'], 2],
    ['--upstreem', ['http://localhost:1'], 2],
    ['--upstream', ['ftp://localhost:1'], 2],
    ['nonsense', [], 2],
    ['--', [], 2],
    ['--listen', ['4100', '--', 'true'], 2],
    ['--name', ['n', '--', 'true'], 0],
    ['--', ['sh', '-c', 'exit 9'], 9],
    ['--', ['no-such-command'], 127],
    ['--', ['/'], 126],
  ])('%s %j ends with %i', (flag, rest, code) => {
    const { status, stdout, stderr } = run([flag, ...rest]);
    expect(status).toBe(code);
    expect(code === 0 || code === 9 ? stderr : stdout).toBe('');
  });

  it('ends with 0 for a configuration file without mistakes, and has no use for an upstream beside it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mcpspan-pins-'));
    const file = join(folder, 'mcpspan.yaml');
    try {
      writeFileSync(
        file,
        'page: off\nservers:\n  - { name: quiz, upstream: http://localhost:3000/mcp, path: /quiz }\n',
      );
      expect(run(['config', 'check', file])).toMatchObject({ status: 0, stderr: '' });
      expect(run(['config', 'check'], { MCPSPAN_CONFIG: file })).toMatchObject({ status: 0, stderr: '' });
      const { status, stderr } = run(['--upstream', 'http://localhost:1'], { MCPSPAN_CONFIG: file });
      expect(status).toBe(2);
      expect(stderr).toBe(
        `mcpspan: --upstream names one server, and ${file} names its own: write it under servers there, or leave one of the two out\n`,
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('prints the version alone in the first line, and that it runs from source', () => {
    expect(run(['--version']).stdout).toMatch(/^\d+\.\d+\.\d+\nfrom source, not built\nNode v\S+, \S+ \S+\n$/);
    const { version, source, node } = JSON.parse(run(['version', '--json']).stdout) as Record<string, unknown>;
    expect({ version, source, node }).toEqual({
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      source: true,
      node: process.versions.node,
    });
  });

  it('ends with 2 without an upstream, and for a wrong variable, each problem with its cure', () => {
    const { status, stderr } = run([], { MCPSPAN_THREADS: 'many', MCPSPAN_LISTEN: 'here' });
    expect(status).toBe(2);
    expect(stderr).toContain('MCPSPAN_THREADS');
    expect(stderr).toContain('MCPSPAN_LISTEN');
    expect(stderr).toContain('--upstream is missing: mcpspan --upstream http://localhost:3000/mcp');
  });

  it('ends with 2 where the address is taken', async () => {
    const { listen } = await import('../support/listen.ts');
    const { createServer } = await import('node:net');
    await using taken = await listen(createServer());
    const { status, stderr } = run([
      '--upstream',
      'http://localhost:1',
      '--listen',
      `127.0.0.1:${taken.port}`,
      '--page',
      'off',
      '--store',
      'off',
    ]);
    expect(status).toBe(2);
    expect(stderr).toContain('is in use; choose another with --listen HOST:PORT');
  });
});
