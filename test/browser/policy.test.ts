import { afterAll, beforeAll, expect, it } from 'vitest';
import { VIEWS } from './browser.ts';
import { playAll, setStage, type Stage } from './stage.ts';

let stage: Stage;
let cursor: Awaited<ReturnType<typeof playAll>>;
beforeAll(async () => {
  stage = await setStage();
  cursor = await playAll(stage.shown.url);
  await stage.shown.untilCalled(18);
});
afterAll(async () => {
  await cursor.close();
  await stage[Symbol.asyncDispose]();
});

it.each(VIEWS)('%s breaks no rule of its policy, logs no error and asks nobody else', async (view) => {
  await using look = await stage.browser.look(stage.shown.page, view);
  const { page } = look;
  // What only happens when somebody does something.
  for (const header of await page.getByRole('columnheader').getByRole('button').all()) await header.click();
  await page.getByRole('button', { name: 'Dark or light' }).click();
  await page.getByRole('combobox', { name: 'Period' }).selectOption({ index: 0 });
  const opener = page.getByRole('main').getByRole('button', { expanded: false }).first();
  if ((await opener.count()) > 0) {
    await opener.click();
    await page
      .getByText('What happened, in order')
      .or(page.getByLabel('What happened, in order'))
      .or(page.locator('.facts'))
      .first()
      .waitFor();
  }
  await page.mouse.move(300, 200);
  await page.reload();
  await page.getByRole('main').getByText('Loading …').first().waitFor({ state: 'detached' });
  expect(look.troubles()).toEqual([]);
});

it('every answer carries the policy', async () => {
  const { page } = stage.shown;
  for (const path of ['/', '/viewer/page/main.js', '/uplot.js', '/api/now', '/api/nothing', '/nowhere']) {
    const { headers } = await fetch(`${page}${path}`);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy, path).toContain("default-src 'none'");
    expect(policy, path).toContain("script-src 'self'");
    expect(policy, path).toContain("require-trusted-types-for 'script'");
    expect(policy, path).toContain("frame-ancestors 'none'");
    expect(policy, path).not.toContain('unsafe');
    expect(headers.get('x-content-type-options'), path).toBe('nosniff');
    expect(headers.get('access-control-allow-origin'), path).toBeNull();
  }
});

it('markup made of text, a script of its own and a request elsewhere are stopped, and would be noticed here', async () => {
  await using look = await stage.browser.look(stage.shown.page);
  await look.page.evaluate(`try { document.createElement('p').innerHTML = '<b>x</b>' } catch {}`);
  await look.page.evaluate(`fetch('http://127.0.0.1:9/elsewhere').catch(() => undefined)`);
  await look.page.evaluate(
    `const own = document.createElement('style'); own.textContent = 'p { color: red }'; document.head.append(own)`,
  );
  const troubles = () => look.troubles().join('\n');
  await expect.poll(troubles).toContain('policy violated: require-trusted-types-for');
  await expect.poll(troubles).toContain('policy violated: connect-src');
  await expect.poll(troubles).toContain('policy violated: style-src');
});
