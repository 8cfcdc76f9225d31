import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { PAGE_LINE, runCli, startCli } from './cli.ts';
import { speakTo } from './speaker.ts';
import { startPlainServer } from './plain-server.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'mcpspan-home-'));
});
afterEach(() => rmSync(home, { recursive: true }));

it('commands find the demo that runs, and say so, until there is a record of real clients', async () => {
  const env = { HOME: home, TMPDIR: home };
  const ask = async (...args: string[]) => {
    const command = runCli(args, env);
    const code = await command.ended;
    return { code, stdout: command.stdout(), stderr: command.stderr() };
  };
  expect(await ask('clients')).toMatchObject({ code: 2, stderr: expect.stringContaining('is not there yet') });

  await using demo = runCli(['demo', '--listen', '127.0.0.1:0', '--page', 'off', '--profile', 'cursor'], env);
  await demo.untilSaid((stderr) => stderr.includes('The clients play on'));
  const found = await ask('clients');
  expect(found).toMatchObject({ code: 0, stdout: expect.stringContaining('cursor') });
  expect(found.stderr).toMatch(
    /^mcpspan: there is no record of your own yet; this is the demo that runs \(--store .*store\.db\)$/m,
  );
  await using page = runCli(['page', '--page', '127.0.0.1:0'], env);
  await page.untilSaid((stderr) => PAGE_LINE.test(stderr));
  expect(page.stderr()).toContain('this is the demo that runs');
  page.kill();
  await page.ended;
  const named = await ask('clients', '--store', join(home, 'none.db'));
  expect(named).toMatchObject({ code: 2, stderr: expect.stringContaining('is not there yet') });

  await using upstream = await startPlainServer();
  const store = join(home, '.local/state/mcpspan/store.db');
  await using cli = await startCli(upstream.url, ['--store', store], env);
  await speakTo(cli.url, { name: 'real', version: '1.0.0' }).open();
  await cli.stop();
  expect(await ask('clients')).toMatchObject({ code: 0, stdout: expect.stringContaining('real'), stderr: '' });
  demo.kill();
  await demo.ended;
});
