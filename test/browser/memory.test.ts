import { existsSync, readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { speakTo } from '../e2e/speaker.ts';
import { temporaryFolder } from '../store/store-rig.ts';
import { startFullServer } from '../support/full-server.ts';
import { NOTHING, openBrowser, VIEWS } from './browser.ts';
import { startShown } from './shown.ts';
import { playAll, playChatgpt } from './stage.ts';
import { rowsOf, tableWith } from './table.ts';

it('with --store off the page works from memory, and writes no file', async () => {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(temporaryFolder());
  const upstream = stack.use(await startFullServer());
  const shown = stack.use(await startShown(upstream.url, 'off', ['--name', 'quiz']));
  const look = stack.use(await stack.use(await openBrowser()).look(shown.page));
  const main = look.page.getByRole('main');
  const cursor = await playAll(shown.url);
  stack.defer(() => cursor.close());
  await main.getByText('18 calls in all').waitFor();
  await main.getByText('per-call', { exact: true }).first().waitFor();
  await main.getByText('tools/call test_simple_text').first().waitFor();

  await look.show('sessions');
  await main.getByRole('button', { name: 'cursor' }).click();
  await main.locator('summary').filter({ hasText: 'elicitation/create' }).waitFor();
  await look.show('tools');
  const tools = await rowsOf(tableWith(main, 'Tool', 'p99'));
  expect(tools).toContainEqual(expect.objectContaining({ Tool: 'test_simple_text', Calls: '14' }));
  await look.show('clients');
  await main.getByText('made 6 tool calls in 6 sessions').waitFor();
  await look.show('health');
  await main.getByText('in memory: lost when mcpspan ends').waitFor();
  const [row] = await rowsOf(tableWith(main, 'Server', 'State'));
  expect(row).toMatchObject({ Server: 'quiz', State: expect.stringMatching(/^running for /) });
  expect(look.troubles()).toEqual([]);
  expect(readdirSync(folder.path)).toEqual([]);
  expect(existsSync('off')).toBe(false);
});

it('what was kept in memory is gone after a restart, and the page says what to do', async () => {
  await using stack = new AsyncDisposableStack();
  const upstream = stack.use(await startFullServer());
  const first = await startShown(upstream.url, 'off');
  const cursor = await playAll(first.url);
  await first.untilCalled(18);
  const look = stack.use(await stack.use(await openBrowser()).look(first.page));
  await cursor.close();
  expect(await first.stop()).toBe(0);
  stack.use(await startShown(upstream.url, 'off', ['--page', new URL(first.page).host]));
  for (const view of VIEWS.filter((each) => each !== 'health')) {
    await look.page.goto(`${first.page}/#${view}`);
    await look.page.reload();
    await look.page.getByRole('main').getByText(NOTHING).first().waitFor();
  }
});

it('a page that stays open over such a restart shows only what comes after it', async () => {
  await using stack = new AsyncDisposableStack();
  const upstream = stack.use(await startFullServer());
  const first = await startShown(upstream.url, 'off');
  const look = stack.use(await stack.use(await openBrowser()).look(first.page));
  const calls = look.page.getByRole('main').getByRole('list').last();
  await playChatgpt(first.url, 3);
  await expect.poll(() => calls.getByText('tools/call test_simple_text').count()).toBe(3);
  expect(await first.stop()).toBe(0);
  const second = stack.use(await startShown(upstream.url, 'off', ['--page', new URL(first.page).host]));
  const speaker = speakTo(second.url, { name: 'zed', version: '1.0.0' });
  await speaker.open();
  await speaker.call('test_image_content');
  await calls.getByText('tools/call test_image_content').waitFor({ timeout: 8_000 });
  expect(await calls.getByRole('listitem').first().innerText()).toContain('test_image_content');
  expect(await calls.getByRole('listitem').count()).toBe(3);
});
