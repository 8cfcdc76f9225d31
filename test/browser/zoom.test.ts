import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { barriersIn } from './axe.ts';
import { PHONE, type Look } from './browser.ts';
import { playAll, playChatgpt, setStage, type Stage } from './stage.ts';

const stack = new AsyncDisposableStack();
let stage: Stage;
let sessionId: string;
beforeAll(async () => {
  stage = stack.use(await setStage());
  const cursor = await playAll(stage.shown.url);
  stack.defer(() => cursor.close());
  ({ sessionId } = cursor);
  await playChatgpt(stage.shown.url, 3);
  await stage.shown.untilCalled(20);
});
afterAll(() => stack.disposeAsync());

const main = ({ page }: Look) => page.getByRole('main');
const hashOf = ({ page }: Look): string => new URL(page.url()).hash;

describe('a stretch of time', () => {
  it('chosen in a chart is the period of the whole page, in the address, and can be moved and left by keyboard', async () => {
    await using look = await stage.browser.look(stage.shown.page, 'now?seconds=900', { bypassCSP: true });
    const plot = main(look).locator('.chart .u-over').first();
    await plot.waitFor();
    const box = await plot.boundingBox();
    if (box === null) throw new Error('the chart is not there');
    await look.page.mouse.move(box.x + box.width * 0.5, box.y + 20);
    await look.page.mouse.down();
    await look.page.mouse.move(box.x + box.width * 0.9, box.y + 20, { steps: 5 });
    await look.page.mouse.up();
    await look.page.waitForURL(/until=\d+/);
    const chosen = new URLSearchParams(hashOf(look).split('?')[1]);
    expect(Number(chosen.get('seconds'))).toBeGreaterThan(200);
    expect(Number(chosen.get('seconds'))).toBeLessThan(600);
    const period = look.page.getByRole('combobox', { name: 'Period' });
    expect(await period.locator('option:checked').innerText()).toMatch(/^\d\d:\d\d:\d\d to \d\d:\d\d:\d\d$/);
    expect(await barriersIn(look.page)).toEqual([]);
    await look.page.getByRole('button', { name: 'Earlier' }).press('Enter');
    await look.page.waitForURL((url) =>
      url.hash.includes(`until=${Number(chosen.get('until')) - Number(chosen.get('seconds'))}`),
    );
    await main(look).getByText('Nothing happened in this period').waitFor();
    await look.page.getByRole('button', { name: 'Back to now' }).press('Enter');
    await look.page.waitForURL((url) => !url.hash.includes('until'));
    await main(look).getByText('calls in all').waitFor();
    expect(look.troubles()).toEqual([]);
  });

  it('in the address is what every view is about', async () => {
    const until = Math.floor(Date.now() / 1_000) - 86_400;
    await using look = await stage.browser.look(stage.shown.page, `sessions?seconds=60&until=${until}`);
    await main(look).getByText('No session in this period.').waitFor();
    await look.show(`calls?seconds=60&until=${until}`);
    expect(await main(look).innerText()).not.toContain('test_simple_text');
    await look.show(`calls?seconds=900&until=${Math.ceil(Date.now() / 1_000)}`);
    await main(look).getByText('test_simple_text').first().waitFor();
  });

  it('of which a chart would show one dot has no chart', async () => {
    await using look = await stage.browser.look(stage.shown.page, 'now?seconds=86400');
    await main(look).getByText('Too few points for a chart.').first().waitFor();
    expect(look.troubles()).toEqual([]);
  });
});

describe('the timeline of a session', () => {
  it('has an axis, and shows silences at full length on demand', async () => {
    await using look = await stage.browser.look(stage.shown.page, `sessions?session=${sessionId}`);
    await main(look).locator('.axis').getByText('+0 ms').waitFor();
    await main(look).getByRole('button', { name: 'Show silences at full length' }).click();
    await look.page.waitForURL(/scale=linear/);
    expect(await main(look).getByRole('button', { name: 'Cut silences short' }).getAttribute('aria-pressed')).toBe(
      'true',
    );
    expect(look.troubles()).toEqual([]);
  });

  it.each([undefined, PHONE])('stands beside that of another session on one scale (screen %o)', async (viewport) => {
    const screen = viewport === undefined ? {} : { viewport };
    await using look = await stage.browser.look(stage.shown.page, `sessions?session=${sessionId}`, {
      ...screen,
      bypassCSP: true,
    });
    const choice = main(look).getByRole('combobox', { name: 'Compare with another session' });
    const other = await choice.locator('option', { hasText: 'chatgpt' }).first().getAttribute('value');
    await choice.selectOption(other);
    await look.page.waitForURL(/beside=/);
    await main(look).getByRole('region', { name: 'Session of chatgpt' }).waitFor();
    await main(look).getByRole('region', { name: 'Session of cursor' }).getByText('tools/list').waitFor();
    const scales = await main(look).locator('.beside .waterfall').count();
    expect(scales).toBe(2);
    if (viewport === undefined) expect(await barriersIn(look.page)).toEqual([]);
    if (viewport !== undefined)
      expect(await look.page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
        viewport.width,
      );
    await choice.selectOption('');
    await main(look).getByRole('region', { name: 'Session of chatgpt' }).waitFor({ state: 'detached' });
    expect(look.troubles()).toEqual([]);
  });
});
