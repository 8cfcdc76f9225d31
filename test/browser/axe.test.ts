import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { barriersIn } from './axe.ts';
import { PHONE, VIEWS, type Look } from './browser.ts';
import { startShown } from './shown.ts';
import { playAll, setStage, type Stage } from './stage.ts';

const SCREENS = { 'a desktop': {}, 'a phone': { viewport: PHONE, hasTouch: true } };
let stage: Stage;
beforeAll(async () => {
  stage = await setStage(['--name', 'quiz', '--trace-link', 'http://jaeger.test:16686']);
});
afterAll(() => stage[Symbol.asyncDispose]());

async function showAll(look: Look, view: string): Promise<void> {
  await look.show(view);
  if (view !== 'sessions') return;
  const { page } = look;
  const opener = page.getByRole('button', { name: 'cursor' }).first();
  if ((await opener.count()) === 0) return;
  if ((await opener.getAttribute('aria-expanded')) === 'false') await opener.click();
  await page.getByRole('main').locator('summary').filter({ hasText: 'test_elicitation' }).click();
}

describe.each(['empty', 'with data'] as const)('the page, %s,', (state) => {
  let cursor: Awaited<ReturnType<typeof playAll>> | undefined;
  beforeAll(async () => {
    if (state === 'empty') return;
    cursor = await playAll(stage.shown.url);
    await stage.shown.untilCalled(18);
  });
  afterAll(() => cursor?.close());

  describe.each(Object.entries(SCREENS))('on %s', (_, screen) => {
    let look: Look;
    beforeAll(async () => {
      look = await stage.browser.look(stage.shown.page, 'now', { ...screen, bypassCSP: true });
    });
    afterAll(() => look[Symbol.asyncDispose]());

    describe.each(['light', 'dark'] as const)('in %s', (colorScheme) => {
      it.each(VIEWS)('%s keeps nobody out', async (view) => {
        await look.page.emulateMedia({ colorScheme });
        await showAll(look, view);
        expect(await barriersIn(look.page)).toEqual([]);
      });
    });
  });
});

it('who has no token is let in by a form that everybody can use', async () => {
  await using shown = await startShown(stage.upstream, stage.folder.in('other.db'), ['--page-token', 'sesame']);
  await using look = await stage.browser.look(stage.shown.page, 'now', { bypassCSP: true });
  await look.page.goto(shown.page);
  await look.page.getByLabel('Token').waitFor();
  expect(await barriersIn(look.page)).toEqual([]);
});
