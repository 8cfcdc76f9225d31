import { execFile, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPlainServer } from '../../e2e/plain-server.ts';
import { speakTo } from '../../e2e/speaker.ts';
import { startOtlpReceiver } from '../../support/otlp-receiver.ts';
import { INSTALL_TIMEOUT } from '../clients/cached.ts';
import { installNodes } from './nodes.ts';
import { startProgram } from './program.ts';

const root = join(import.meta.dirname, '../../..');
// npm wrote the file.
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const folder = mkdtempSync(join(tmpdir(), 'mcpspan-executable-'));
const mcpspan = join(folder, 'mcpspan-here');

beforeAll(async () => {
  const newest = (await installNodes()).at(-1);
  const words = [join(root, 'scripts/single-file.ts'), '--node', join(newest?.folder ?? '', 'node'), mcpspan];
  await promisify(execFile)(process.execPath, words);
}, INSTALL_TIMEOUT);
afterAll(() => rmSync(folder, { recursive: true }));

/** A home of its own, without any Node. */
const environment = (name: string): Record<string, string> => ({ PATH: '/usr/bin:/bin', HOME: join(folder, name) });
const run = (env: Readonly<Record<string, string>>, ...args: readonly string[]) =>
  spawnSync(mcpspan, args, { env, encoding: 'utf8' });
const unpackedIn = (env: Readonly<Record<string, string>>): string[] =>
  readdirSync(join(env['HOME'] ?? '', '.cache/mcpspan'));

describe('the single-file executable', () => {
  it('needs nothing but itself, and unpacks once', () => {
    const env = environment('once');
    for (let time = 0; time < 2; time++)
      expect(run(env, '--version').stdout).toMatch(new RegExp(`^${version}\n[^]*Node v`));
    expect(unpackedIn(env)).toHaveLength(1);
    expect(run(env, 'demo', '--once', '--page', '127.0.0.1:0').stdout).toMatch(/chatgpt.*per-call/);
  });

  it('wraps a command', () => {
    const { status, stdout, stderr } = run(
      environment('wraps'),
      '--store',
      'off',
      '--',
      'sh',
      '-c',
      'echo ran; exit 7',
    );
    expect({ status, stdout, stderr }).toEqual({ status: 7, stdout: 'ran\n', stderr: '' });
  });

  it('relays on two threads, observes on another, exports, and serves its page', async () => {
    await using upstream = await startPlainServer();
    await using receiver = await startOtlpReceiver();
    const args = ['--upstream', upstream.url, '--listen', '127.0.0.1:0', '--threads', '2', '--page', '127.0.0.1:0'];
    await using proxy = startProgram(mcpspan, args, {
      ...environment('relays'),
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    });
    const speaker = speakTo(await proxy.line(/^ {2}clients {3}(\S+)$/m), { name: 'alone', version: '1.0.0' });
    const page = await proxy.line(/^(?: {2}page {6}|mcpspan: the page is open now: )(http:\S+)$/m);
    await speaker.open();
    expect(await speaker.call('echo')).toBe(200);
    for (const path of ['/', '/viewer/page/main.js', '/uplot.js']) expect((await fetch(page + path)).status).toBe(200);
    expect(await proxy.stop()).toBe(0);
    expect(receiver.spans.map(({ name }) => name)).toContain('tools/call echo');
    expect(proxy.stderr()).not.toMatch(/Warning|Error/);
  });

  it('puts itself alone before the servers of a client, and takes itself away', () => {
    const env = environment('installs');
    const file = join(env['HOME'] ?? '', '.cursor/mcp.json');
    mkdirSync(join(file, '..'), { recursive: true });
    const before = JSON.stringify({ mcpServers: { notes: { command: 'notes', args: ['serve'] } } });
    writeFileSync(file, before);
    expect(run(env, 'install', 'cursor', '--yes').status).toBe(0);
    const { mcpServers } = JSON.parse(readFileSync(file, 'utf8')) as { mcpServers: Record<string, object> };
    expect(mcpServers['notes']).toMatchObject({
      command: mcpspan,
      args: expect.arrayContaining(['--', 'notes', 'serve']),
    });
    expect(run(env, 'uninstall', 'cursor', '--yes').status).toBe(0);
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it('mends what was damaged, and uses nothing that others can write', () => {
    const env = environment('damaged');
    expect(run(env, '--version').status).toBe(0);
    const [name = ''] = unpackedIn(env);
    const unpacked = join(env['HOME'] ?? '', '.cache/mcpspan', name);
    const file = join(unpacked, 'dist/cli-start.js');
    truncateSync(file, 10);
    expect(run(env, '--version')).toMatchObject({ status: 0, stderr: '' });
    chmodSync(unpacked, 0o777);
    expect(run(env, '--version')).toMatchObject({ status: 0, stderr: '' });
    expect(unpackedIn(env)).toEqual([name]);
    expect(existsSync(file)).toBe(true);
  });

  it('says what to do where it can unpack itself nowhere', () => {
    const { status, stderr } = run(
      { PATH: '/bin', HOME: '/dev/null', TMPDIR: '/dev/null', XDG_CACHE_HOME: '/dev/null' },
      '--version',
    );
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /^mcpspan: this executable has to unpack itself, .* set XDG_CACHE_HOME to a folder of this user\n$/,
    );
  });
});
