import { afterAll, beforeAll, expect, it } from 'vitest';
import { count } from '../../src/reading/figures.ts';
import { startPlainServer } from '../e2e/plain-server.ts';
import { speakTo, type Speaker } from '../e2e/speaker.ts';
import { temporaryFolder } from '../store/store-rig.ts';
import { openBrowser, type Look } from './browser.ts';
import { startShown, type Shown } from './shown.ts';

const MANY = 10_000;
const AT_ONCE = 64;

const stack = new AsyncDisposableStack();
let shown: Shown;
let look: Look;
let speaker: Speaker;
beforeAll(async () => {
  const store = stack.use(temporaryFolder()).in('store.db');
  const upstream = stack.use(await startPlainServer());
  shown = stack.use(await startShown(upstream.url, store, ['--name', 'quiz']));
  look = stack.use(await stack.use(await openBrowser()).look(shown.page));
  speaker = speakTo(shown.url, { name: 'cursor-vscode', version: '1.0.0' });
  await speaker.open();
});
afterAll(() => stack.disposeAsync());

const main = () => look.page.getByRole('main');
const elements = (): Promise<number> => look.page.evaluate<number>('document.querySelectorAll("*").length');

async function callOften(times: number): Promise<void> {
  let left = times;
  const one = async (): Promise<void> => {
    while (left-- > 0) expect(await speaker.call('echo')).toBe(200);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

it('operations that come too fast to be listed are counted, and the page says so', async () => {
  await callOften(1_000);
  await main()
    .getByText(`${count(1_000)} calls in all`)
    .waitFor();
  const gap = main().getByText('came too fast to be listed here');
  await gap.waitFor();
  const missed = Number(/^([\d ]+) operation/.exec(await gap.innerText())?.[1]?.replaceAll(/\D/g, ''));
  expect(missed).toBeGreaterThan(0);
  expect(missed).toBeLessThan(1_000);
  await main().getByText('tools/call echo').first().waitFor();
});

it('an open page does not grow, whatever happens', async () => {
  const before = await elements();
  const sizes: number[] = [];
  const flood = callOften(MANY - 1_000);
  for (let over = false; !over;) {
    over = await Promise.race([flood.then(() => true), look.page.waitForTimeout(1_000).then(() => false)]);
    sizes.push(await elements());
  }
  await main()
    .getByText(`${count(MANY)} calls in all`)
    .waitFor();
  sizes.push(await elements());
  expect(before).toBeLessThan(1_500);
  // The picture of sessions has so many marks of one session, and a title for each.
  expect(Math.max(...sizes)).toBeLessThan(before + 200 + 2 * 300);
});

it('a session of 10 000 operations opens with some of them, and shows more when it is asked to', async () => {
  const [session] = (await shown.ask('sessions')).sessions;
  expect(session?.toolCalls).toBe(MANY);
  await look.show(`sessions?session=${session?.traceId}`);
  const operations = main().locator('summary');
  await operations.first().waitFor();
  const few = await operations.count();
  expect(few).toBeLessThanOrEqual(500);
  const more = main().getByRole('button', { name: /^Show more/ });
  expect(await more.innerText()).toContain(count((session?.operations ?? 0) - few));
  const size = await elements();
  await more.click();
  await expect.poll(() => operations.count()).toBe(2 * few);
  expect(await more.innerText()).toContain(count((session?.operations ?? 0) - 2 * few));
  expect((await elements()) - size).toBeLessThan(few * 40);
});

it('a session that is opened anew shows few again', async () => {
  const opener = main().getByRole('button', { name: 'cursor' });
  const before = await main().locator('summary').count();
  await opener.click();
  await main().locator('summary').first().waitFor({ state: 'detached' });
  await opener.click();
  await main().locator('summary').first().waitFor();
  expect(await main().locator('summary').count()).toBeLessThan(before);
});

it('every view has its figures of all of it', async () => {
  await look.show('tools');
  await main().getByRole('row').filter({ hasText: 'echo' }).getByText(count(MANY)).first().waitFor();
  await look.show('clients');
  await main()
    .getByText(`${count(MANY)} tool calls in 1 session`)
    .waitFor();
  await look.show('health');
  await main()
    .getByText(`${count(MANY + 2)} operations in 1 session`)
    .waitFor();
  expect(look.troubles()).toEqual([]);
});
