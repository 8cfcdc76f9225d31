import { afterAll, beforeAll, expect, it } from 'vitest';
import { PHONE, VIEWS, type Look } from './browser.ts';
import { overflowOf } from './layout.ts';
import { playAll, setStage, type Stage } from './stage.ts';

let stage: Stage;
let look: Look;
let cursor: Awaited<ReturnType<typeof playAll>>;
beforeAll(async () => {
  stage = await setStage(['--name', 'quiz', '--trace-link', 'http://jaeger.test:16686']);
  cursor = await playAll(stage.shown.url);
  await stage.shown.untilCalled(18);
  look = await stage.browser.look(stage.shown.page, 'now', { viewport: PHONE, hasTouch: true, isMobile: true });
});
afterAll(async () => {
  await cursor.close();
  await look[Symbol.asyncDispose]();
  await stage[Symbol.asyncDispose]();
});

it.each(VIEWS)('%s fits a phone without being pushed sideways', async (view) => {
  await look.show(view);
  expect(await overflowOf(look.page)).toEqual([]);
  expect(await look.page.evaluate('document.scrollingElement.scrollWidth')).toBe(PHONE.width);
});

it('so does an open session with an open operation', async () => {
  await look.show('sessions');
  const main = look.page.getByRole('main');
  await main.getByRole('button', { name: 'cursor' }).tap();
  await main.locator('summary').filter({ hasText: 'test_tool_with_progress' }).tap();
  await main.getByText('50 of 100').waitFor();
  expect(await overflowOf(look.page)).toEqual([]);
});

it('what happened in a session can be read without being pushed sideways', async () => {
  await look.show('sessions');
  const main = look.page.getByRole('main');
  await main.getByRole('button', { name: 'cursor' }).tap();
  const box = await main.getByLabel('What happened, in order').boundingBox();
  expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(PHONE.width);
});

it('every view can be reached, and every filter chosen', async () => {
  await look.show('now');
  for (const part of ['link', 'combobox'] as const)
    for (const element of await look.page.locator('header').getByRole(part).all()) {
      const box = await element.boundingBox();
      expect((box?.x ?? 0) + (box?.width ?? 0), await element.innerText()).toBeLessThanOrEqual(PHONE.width);
    }
  await look.page.getByRole('navigation').getByRole('link', { name: 'Tools' }).tap();
  await look.page.getByRole('main').getByText('test_simple_text').first().waitFor();
});

it('nothing went wrong meanwhile', () => {
  expect(look.troubles()).toEqual([]);
});
