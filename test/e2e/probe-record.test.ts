import { afterEach, beforeEach, expect, it } from 'vitest';
import { temporaryFolder } from '../store/store-rig.ts';
import { startQuizServer } from '../support/quiz-server.ts';
import { runCli, startCli } from './cli.ts';
import { speakTo } from './speaker.ts';

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

it.each([[[]], [['--as', 'chatgpt-2025']]])('a probe %j is recorded as what it is, and is no client', async (as) => {
  await using upstream = await startQuizServer();
  const store = folder.in('store.db');
  await using cli = await startCli(upstream.url, ['--store', store, '--name', 'quiz']);
  const client = speakTo(cli.url, { name: 'openai-mcp', version: '1.0.0' });
  await client.open();
  await client.call('get_latest_answer');
  const probed = runCli(['probe', cli.url, ...as, '--handshakes', '3', '--store', 'off']);
  expect([0, 1]).toContain(await probed.ended);
  await cli.stop();
  const ask = async (...args: string[]): Promise<Record<string, unknown>[]> => {
    const command = runCli([...args, '--json', '--store', store]);
    await command.ended;
    return JSON.parse(command.stdout());
  };
  expect(await ask('clients')).toMatchObject([{ client: 'chatgpt', sessions: 1, toolCalls: 1, handshakes: 1 }]);
  const operations = await ask('slow', '--limit', '10000');
  expect(new Set(operations.map((operation) => operation['client']))).toEqual(new Set(['chatgpt', 'mcpspan-probe']));
  expect(await ask('sessions')).toMatchObject([{ client: 'chatgpt' }]);
  expect(await ask('clients', '--client', 'mcpspan-probe')).toMatchObject([{ toolCalls: 0, handshakes: 0 }]);
});
