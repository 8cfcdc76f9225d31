import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { Shelf } from '../../support/quiz-server.ts';

const run = promisify(execFile);

/** How long an installation may take, in milliseconds. */
export const INSTALL_TIMEOUT = 5 * 60_000;

const onPath = (program: string): string | undefined =>
  ['/usr/bin', ...(process.env['PATH'] ?? '').split(delimiter)]
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path));

/** Where redis-server is; Debian's is installed first where that is possible. Undefined: it is not to be had. */
export async function findRedis(): Promise<string | undefined> {
  const found = onPath('redis-server');
  if (found !== undefined || process.getuid?.() !== 0 || onPath('apt-get') === undefined) return found;
  // Installed is not started: the tests start their own.
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = () => run('apt-get', ['install', '-y', '-q', '--no-install-recommends', 'redis-server'], { env });
  try {
    await install().catch(async () => {
      await run('apt-get', ['update', '-q'], { env });
      await install();
    });
  } catch (error) {
    console.warn(`redis-server could not be installed: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  } finally {
    if (ours) rmSync(policy);
  }
  return onPath('redis-server');
}

export interface Redis extends AsyncDisposable {
  readonly shelf: Shelf;
}

/** A Redis of its own, in memory only, on a socket in a folder that goes with it. */
export async function startRedis(program: string): Promise<Redis> {
  const folder = mkdtempSync(join(tmpdir(), 'mcpspan-redis-'));
  const socket = join(folder, 'redis.sock');
  const args = ['--port', '0', '--unixsocket', socket, '--save', '', '--appendonly', 'no', '--dir', folder];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  await untilReady(child);
  const connection = net.connect(socket);
  await once(connection, 'connect');
  const ask = speakTo(connection);
  return {
    shelf: {
      get: (key) => ask(['GET', key]),
      set: async (key, value) => void (await ask(['SET', key, value])),
    },
    async [Symbol.asyncDispose]() {
      connection.destroy();
      child.kill('SIGKILL');
      await once(child, 'exit');
      rmSync(folder, { recursive: true });
    },
  };
}

async function untilReady({ stdout }: ChildProcess): Promise<void> {
  if (stdout === null) throw new Error('its output is a pipe');
  const said: string[] = [];
  for await (const line of createInterface({ input: stdout })) {
    said.push(line);
    if (line.includes('eady to accept connections')) {
      stdout.resume();
      return;
    }
  }
  throw new Error(`redis-server ended before it was ready:\n${said.join('\n')}`);
}

/** Redis' protocol, as far as GET and SET need it: one answer for each command, in their order. */
function speakTo(connection: net.Socket): (command: readonly string[]) => Promise<string | undefined> {
  const waiting: ((answer: string | undefined) => void)[] = [];
  let rest = Buffer.alloc(0);
  connection.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const line = rest.indexOf('\r\n');
      if (line < 0) return;
      const head = rest.subarray(0, line).toString();
      const length = head.startsWith('$') ? Number(head.slice(1)) : -1;
      const end = line + 2 + (length >= 0 ? length + 2 : 0);
      if (rest.length < end) return;
      waiting.shift()?.(length >= 0 ? rest.subarray(line + 2, end - 2).toString() : undefined);
      rest = rest.subarray(end);
    }
  });
  return (command) => {
    connection.write(
      `*${command.length}\r\n${command.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`,
    );
    return new Promise((resolve) => waiting.push(resolve));
  };
}
