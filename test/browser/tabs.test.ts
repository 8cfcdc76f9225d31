import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { playChatgpt, setStage, type Stage } from './stage.ts';

/** A browser opens no more connections to one host, however many tabs it has. */
const MAX_CONNECTIONS = 6;

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
  await playChatgpt(stage.shown.url, 1);
  await stage.shown.untilCalled(1);
});
afterAll(() => stage[Symbol.asyncDispose]());

/** As a tab behind another one is. */
const hide = (page: Page): Promise<unknown> =>
  page.evaluate(`(() => {
    for (const [name, value] of [['hidden', true], ['visibilityState', 'hidden']])
      Object.defineProperty(document, name, { value, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  })()`);

it('the page works in one more tab than a browser has connections', async () => {
  await using look = await stage.browser.look(stage.shown.page);
  await hide(look.page);
  for (let tabs = 1; tabs < MAX_CONNECTIONS; tabs++) {
    const page = await look.page.context().newPage();
    await page.goto(stage.shown.page);
    await page.getByRole('status').getByText('live', { exact: true }).waitFor();
    await hide(page);
  }
  const page = await look.page.context().newPage();
  await page.goto(stage.shown.page, { waitUntil: 'commit', timeout: 10_000 });
  await page.getByRole('main').getByText('1 call in all').waitFor({ timeout: 10_000 });
});

it('a few tabs at once are all live', async () => {
  await using look = await stage.browser.look(stage.shown.page);
  const other = await look.page.context().newPage();
  await other.goto(`${stage.shown.page}/#now`);
  await other.getByRole('status').getByText('live', { exact: true }).waitFor();
  await playChatgpt(stage.shown.url, 1);
  for (const page of [look.page, other]) await page.getByRole('main').getByText('2 calls in all').waitFor();
  expect(look.troubles().filter((trouble) => !trouble.startsWith('another page'))).toEqual([]);
});
