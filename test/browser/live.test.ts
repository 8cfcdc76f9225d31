import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Look } from './browser.ts';
import { speakTo } from '../e2e/speaker.ts';
import { playChatgpt, setStage, type Stage } from './stage.ts';
import { rowsOf, tableWith } from './table.ts';

let stage: Stage;
let look: Look;
beforeAll(async () => {
  stage = await setStage();
  look = await stage.browser.look(stage.shown.page);
});
afterEach(() => expect(look.troubles()).toEqual([]));
afterAll(async () => {
  await look[Symbol.asyncDispose]();
  await stage[Symbol.asyncDispose]();
});

const latest = () => look.page.getByRole('main').getByRole('list').filter({ hasText: 'tools/call' });

it('a page that was open before anything happened shows what is called, without being loaded again', async () => {
  const main = look.page.getByRole('main');
  await main.getByText('Waiting for the first request').waitFor();
  await look.page.evaluate('window.loadedOnce = true');
  await playChatgpt(stage.shown.url, 1);
  await latest().getByText('tools/call test_simple_text').first().waitFor();
  await main.getByText('1 call in all').waitFor();
  expect(await look.page.evaluate('window.loadedOnce')).toBe(true);
});

it('a client is not judged by one call, and its verdict shows up once it has made enough', async () => {
  const row = look.page.getByRole('main').getByRole('row').filter({ hasText: 'chatgpt' });
  await row.getByText('not judged yet').waitFor();
  await playChatgpt(stage.shown.url, 5);
  await row.getByText('per-call').waitFor();
  await look.page.getByRole('main').getByText('chatgpt opens a session and handshakes for every call').waitFor();
  const table = tableWith(look.page.getByRole('main'), 'Client', 'Tool calls');
  await expect
    .poll(() => rowsOf(table))
    .toMatchObject([{ 'Tool calls': '6', 'Handshakes per call': '1.00', Client: expect.stringContaining('chatgpt') }]);
});

it('a new call is in the latest calls by the event stream, before any figure is asked for', async () => {
  let asked = 0;
  await look.page.route('**/api/now?*', () => {
    // Nobody answers.
    asked++;
  });
  const speaker = speakTo(stage.shown.url, { name: 'cursor-vscode', version: '1.0.0' });
  await speaker.open();
  await speaker.call('test_image_content');
  const item = latest().getByRole('listitem').filter({ hasText: 'tools/call test_image_content' });
  await item.waitFor();
  expect(await item.innerText()).toMatch(/cursor\s+[\d.]+ m?s/);
  await expect.poll(() => asked).toBeGreaterThan(0);
  await look.page.getByText('6 calls in all').waitFor();
  await look.page.unroute('**/api/now?*');
});

it('a client that was first seen after the page was opened can be chosen', async () => {
  await look.show('sessions');
  await expect
    .poll(() => look.page.getByRole('combobox', { name: 'Client' }).innerText(), { timeout: 8_000 })
    .toContain('chatgpt');
});
