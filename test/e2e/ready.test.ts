import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { writeHistory } from '../../src/commands/demo/history.ts';
import { modernStateless } from '../../src/simulator/framework-profiles.ts';
import { claude202603 } from '../../src/simulator/anthropic-profiles.ts';
import { QUIZ_CALLS } from '../commands/probe/probe-run.ts';
import { temporaryFolder } from '../store/store-rig.ts';
import { startQuizServer } from '../support/quiz-server.ts';
import { runCli, startCli } from './cli.ts';
import { speakTo } from './speaker.ts';

interface Told {
  server: string;
  answer: string;
  obstacles: { text: string; todo: string }[];
  clients: { client: string; needs: string }[];
}

async function ready(store: string, ...args: string[]): Promise<{ code: unknown; told: Told[] }> {
  const command = runCli(['ready', '--json', '--store', store, ...args]);
  const code = await command.ended;
  return { code, told: JSON.parse(command.stdout()) };
}

const DAY_MS = 86_400_000;

it('a day and a half with modern clients alone end with yes, and one older client makes it a no', async () => {
  using folder = temporaryFolder();
  const path = folder.in('store.db');
  const servers = [
    { name: 'new', profiles: [modernStateless] },
    { name: 'old', profiles: [modernStateless, claude202603] },
  ];
  for (const now of [Date.now() - 1.5 * DAY_MS, Date.now()])
    await writeHistory({ path, seed: 1, now, minutes: 20, servers, say: () => undefined });
  expect(await ready(path, '--server', 'new')).toMatchObject({
    code: 0,
    told: [{ server: 'new', answer: 'yes', obstacles: [], clients: [{ needs: 'nothing' }] }],
  });
  const both = await ready(path);
  expect([both.code, both.told.map(({ answer }) => answer)]).toEqual([1, ['yes', 'no']]);
  expect(both.told[1]?.obstacles).toMatchObject([{ text: expect.stringContaining('claude.ai') }]);
  expect((await ready(path, '--server', 'nobody')).code).toBe(2);
});

it('a few calls are too few, a probe that finds state is remembered, and is no client', async () => {
  await using upstream = await startQuizServer();
  using folder = temporaryFolder();
  const store = folder.in('store.db');
  await using cli = await startCli(upstream.url, ['--store', store, '--name', 'quiz']);
  const client = speakTo(cli.url, { name: 'openai-mcp', version: '1.0.0' });
  await client.open();
  await client.call('get_latest_answer');
  const calls = folder.in('calls.json');
  writeFileSync(calls, JSON.stringify(QUIZ_CALLS));
  const probed = runCli(['probe', cli.url, '--allow-writes', '--calls', calls, '--handshakes', '3', '--store', store]);
  expect(await probed.ended).toBe(1);
  expect(probed.stderr()).toContain("remembered for 'mcpspan ready', as server quiz");
  await cli.stop();
  const { code, told } = await ready(store);
  expect([code, told[0]?.answer, told[0]?.clients.map((each) => each.client)]).toEqual([3, 'unknown', ['chatgpt']]);
  expect(told[0]?.obstacles.map(({ text }) => text)).toContainEqual(
    expect.stringMatching(/^get_latest_answer answers differently /),
  );
});
