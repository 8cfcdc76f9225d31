import { afterAll, beforeAll, expect, it } from 'vitest';
import { VIEWS, type Look } from './browser.ts';
import { playAll, setStage, type Stage } from './stage.ts';

const stack = new AsyncDisposableStack();
let stage: Stage;
let look: Look;
beforeAll(async () => {
  stage = stack.use(await setStage(['--name', 'quiz-of-2026']));
  const cursor = await playAll(stage.shown.url);
  stack.defer(() => cursor.close());
  await stage.shown.untilCalled(18);
  look = stack.use(await stage.browser.look(stage.shown.page, 'now', { viewport: { width: 1280, height: 800 } }));
});
afterAll(() => stack.disposeAsync());

it.each(VIEWS)('at 1280 pixels, %s has a header of one row, and no table whose columns are cut off', async (view) => {
  await look.show(view);
  const { header, cut } = await look.page.evaluate<{ header: number; cut: string[] }>(`({
    header: document.querySelector('header').offsetHeight,
    cut: [...document.querySelectorAll('.scroll')]
      .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
      .map((table) => table.getAttribute('aria-label') + ' by ' + (table.scrollWidth - table.clientWidth)),
  })`);
  expect(cut).toEqual([]);
  expect(header).toBeLessThan(60);
  expect(look.troubles()).toEqual([]);
});

it('a stretch of time that was chosen leaves the header its one row', async () => {
  await look.show(`calls?seconds=60&until=${Math.ceil(Date.now() / 1_000)}`);
  await look.page.getByRole('button', { name: 'Back to now' }).waitFor();
  expect(await look.page.evaluate<number>(`document.querySelector('header').offsetHeight`)).toBeLessThan(60);
});
