import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli, startCli, type Cli } from './cli.ts';
import { startPlainServer, type PlainServer } from './plain-server.ts';
import { speakTo } from './speaker.ts';

const ENTRY = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'mcpspan-store-'));
const store = join(folder, 'record.db');

let upstream: PlainServer;
let cli: Cli;
beforeAll(async () => {
  upstream = await startPlainServer();
  cli = await startCli(upstream.url, ['--store', store, '--name', 'quiz']);
});
afterAll(async () => {
  await cli[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

const ask = (...args: string[]): unknown =>
  JSON.parse(execFileSync(process.execPath, [ENTRY, ...args, '--store', store, '--json'], { encoding: 'utf8' }));

it('what comes is followed until it is stopped', async () => {
  const speaker = speakTo(cli.url, { name: 'goose', version: '1.0.0' });
  await speaker.open();
  await speaker.call('echo');
  await expect.poll(() => JSON.stringify(ask('slow'))).toContain('goose');
  await using tail = runCli(['tail', '--follow', '--client', 'goose', '--store', store], {});
  await expect.poll(tail.stdout).toContain('tools/call echo');
  await speaker.call('add');
  await expect.poll(tail.stdout).toContain('tools/call add');
  tail.kill();
  expect(await tail.ended).toBe(0);
  expect(tail.stderr()).toBe('');
  await speaker.end();
});

it('what passes is in the store, with no signal on, and the commands tell of it', async () => {
  const speaker = speakTo(cli.url, { name: 'cursor-vscode', version: '1.0.0' });
  await speaker.open();
  await speaker.call('echo');
  await speaker.call('add');
  await speaker.end();
  expect(await cli.stop()).toBe(0);
  expect(ask('sessions', '--client', 'cursor')).toMatchObject([
    { kind: 'session', id: speaker.sessionId, server: 'quiz', client: 'cursor', endReason: 'deleted' },
  ]);
  expect(ask('clients', '--client', 'cursor')).toMatchObject([{ client: 'cursor', server: 'quiz', sessions: 1 }]);
  expect(ask('slow', '--tool', 'echo', '--client', 'cursor')).toHaveLength(1);
  expect(JSON.stringify(ask('session', speaker.sessionId?.slice(0, 8) ?? ''))).toContain('echo');
});
