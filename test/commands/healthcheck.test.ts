import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { healthcheck } from '../../src/commands/healthcheck.ts';
import { startHealth } from '../../src/transport/http/health.ts';
import { listen } from '../support/listen.ts';
import { manualTimers } from '../support/timers.ts';

const CLI = join(import.meta.dirname, '../../src/cli.ts');
/** A port on which nobody listens. */
const NOBODY = '127.0.0.1:1';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'mcpspan-healthcheck-'))));
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  code: unknown;
  stdout: string;
  stderr: string;
}

async function check(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const child = spawn(process.execPath, [CLI, 'healthcheck', ...args], { env: { PATH: process.env['PATH'], ...env } });
  const [[code], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}

const fileSaying = (words: string): string => {
  const path = join(folder, 'health');
  writeFileSync(path, `${words}\n`);
  return path;
};

describe('mcpspan healthcheck', () => {
  it('ends with 0 and without a word where the proxy answers, also when it drains', async () => {
    const health = await startHealth({ host: '127.0.0.1', port: 0 }, () => false);
    const quiet = { code: 0, stdout: '', stderr: '' };
    expect(await check(['--health', `127.0.0.1:${health.port}`])).toEqual(quiet);
    // The address that a container listens on.
    expect(await check([], { MCPSPAN_HEALTH: `0.0.0.0:${health.port}` })).toEqual(quiet);
    health.close();
  });

  it('ends with 1 where nothing answers, and says so', async () => {
    expect(await check([], { MCPSPAN_HEALTH: NOBODY })).toEqual({
      code: 1,
      stdout: '',
      stderr: `mcpspan: not healthy: ${NOBODY} cannot be reached (ECONNREFUSED)\n`,
    });
  });

  it('believes the file of the running proxy more than the variable, as flags of the proxy do', async () => {
    const health = await startHealth({ host: '127.0.0.1', port: 0 }, () => true);
    const file = fileSaying(`127.0.0.1:${health.port}`);
    expect(await check([], { MCPSPAN_HEALTH: NOBODY, MCPSPAN_HEALTH_FILE: file })).toMatchObject({ code: 0 });
    health.close();
    expect(await check([], { MCPSPAN_HEALTH: NOBODY, MCPSPAN_HEALTH_FILE: file })).toMatchObject({ code: 1 });
  });

  it('believes its own flag more than the file', async () => {
    const health = await startHealth({ host: '127.0.0.1', port: 0 }, () => true);
    const file = fileSaying(NOBODY);
    expect(await check(['--health', `127.0.0.1:${health.port}`, '--health-file', file])).toMatchObject({ code: 0 });
    health.close();
  });

  it.each([
    ['in the file', (): Record<string, string> => ({ MCPSPAN_HEALTH: NOBODY, MCPSPAN_HEALTH_FILE: fileSaying('off') })],
    ['in the variable', (): Record<string, string> => ({ MCPSPAN_HEALTH: 'off' })],
    ['because nothing is set', (): Record<string, string> => ({})],
  ])('ends with 0 where there is no health address, %s, and says how to name one', async (_, env) => {
    const { code, stderr } = await check([], env());
    expect(code).toBe(0);
    expect(stderr).toMatch(/^mcpspan: --health is off: .*mcpspan healthcheck --health HOST:PORT.*\n$/);
  });

  it('cares for no other setting: a fault in those is the proxy’s to tell', async () => {
    const other = { MCPSPAN_LISTEN: 'nonsense', MCPSPAN_HEALTH: NOBODY };
    expect(await check([], other)).toMatchObject({ code: 1 });
    expect(await check([], { MCPSPAN_HEALTH: 'nonsense' })).toMatchObject({
      code: 2,
      stderr: "mcpspan: MCPSPAN_HEALTH: 'nonsense' is not HOST:PORT, for example 127.0.0.1:4100\n",
    });
    expect(await check(['--listen', '127.0.0.1:4100'])).toMatchObject({ code: 2 });
  });
});

describe('what answers otherwise', () => {
  const sayingTo = async (answer: (socket: Socket) => void): Promise<string[]> => {
    await using server = await listen(createServer((socket) => socket.once('data', () => answer(socket))));
    const said: string[] = [];
    const health = { host: '127.0.0.1', port: server.port };
    const timers = manualTimers();
    const code = await healthcheck({ health, 'health-file': undefined }, { tell: (line) => said.push(line), timers });
    expect(code).toBe(1);
    return said.map((line) => line.replace(/:\d+ /, ':PORT '));
  };

  it.each([
    ['another status', 'HTTP/1.1 503 Service Unavailable\r\n\r\n', "answers 'HTTP/1.1 503 Service Unavailable'"],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n', "answers 'SSH-2.0-OpenSSH_9.2'"],
    ['a line without an end', 'x'.repeat(5_000), 'answers something else than HTTP'],
  ])('%s', async (_, answer, words) => {
    expect(await sayingTo((socket) => socket.write(answer))).toEqual([`mcpspan: not healthy: 127.0.0.1:PORT ${words}`]);
  });

  it('a connection that is closed', async () => {
    expect(await sayingTo((socket) => socket.end())).toEqual([
      'mcpspan: not healthy: 127.0.0.1:PORT closes the connection without an answer',
    ]);
  });

  it('a process that hangs, after less than the 3 s that Docker gives it', async () => {
    const timers = manualTimers();
    let asked = (): void => undefined;
    const heard = new Promise<void>((resolve) => (asked = resolve));
    await using server = await listen(createServer((socket) => socket.once('data', () => asked())));
    const said: string[] = [];
    const health = { host: '127.0.0.1', port: server.port };
    const code = healthcheck({ health, 'health-file': undefined }, { tell: (line) => said.push(line), timers });
    await heard;
    await timers.advance(2_900);
    expect(await code).toBe(1);
    expect(said).toEqual([`mcpspan: not healthy: 127.0.0.1:${server.port} does not answer within 2.5 s`]);
  });
});
