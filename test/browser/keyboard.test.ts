import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { speakTo, type Speaker } from '../e2e/speaker.ts';
import { VIEWS, type Look } from './browser.ts';
import { playAll, setStage, type Stage } from './stage.ts';
import { rowsOf, tableWith } from './table.ts';

let stage: Stage;
let look: Look;
let cursor: Awaited<ReturnType<typeof playAll>>;
beforeAll(async () => {
  stage = await setStage();
  cursor = await playAll(stage.shown.url);
  await stage.shown.untilCalled(18);
});
beforeEach(async () => {
  look = await stage.browser.look(stage.shown.page);
});
afterEach(async () => {
  expect(look.troubles()).toEqual([]);
  await look[Symbol.asyncDispose]();
});
afterAll(async () => {
  await cursor.close();
  await stage[Symbol.asyncDispose]();
});

const press = (key: string): Promise<void> => look.page.keyboard.press(key);
const main = () => look.page.getByRole('main');
const viewShown = () => look.page.locator('nav a[aria-current="page"]').innerText();

/** What has the focus, in words. */
const focused = (): Promise<string> =>
  look.page.evaluate<string>(`(() => {
    const { activeElement: element } = document;
    const name = element.getAttribute('aria-label') ?? element.textContent;
    return element.localName + ' ' + name.trim().replace(/\\s+/g, ' ').slice(0, 80);
  })()`);

/** Presses Tab until what has the focus is this; fails when it went round. */
async function tabTo(what: RegExp): Promise<void> {
  const passed: string[] = [];
  for (let stops = 0; stops < 200; stops++) {
    await press('Tab');
    const now = await focused();
    if (what.test(now)) return;
    passed.push(now);
  }
  throw new Error(`Tab never came to ${what}: ${passed.join(', ')}`);
}

it('the first stop is a way past the head, to the content', async () => {
  await press('Tab');
  expect(await focused()).toBe('a To the content');
  await press('Enter');
  expect(await focused()).toMatch(/^main /);
  expect(await viewShown()).toBe('Now');
  expect(await main().getByRole('table').count()).toBeGreaterThan(0);
});

it('the way to the content leads to no other view', async () => {
  await look.show('sessions?seconds=900');
  await look.page.getByRole('link', { name: 'To the content' }).focus();
  await press('Enter');
  await expect.poll(focused).toMatch(/^main /);
  expect(await viewShown()).toBe('Sessions');
});

it('each view is a link that Tab comes to, in their order', async () => {
  await tabTo(/^a Now$/);
  for (const view of ['Sessions', 'Clients', 'Tools', 'Calls', 'Errors', 'Connect', 'Health']) {
    await press('Tab');
    expect(await focused()).toBe(`a ${view}`);
  }
  await press('Enter');
  await main().getByText('mcpspan itself').waitFor();
  expect(await viewShown()).toBe('Health');
});

it('the keys 1 to 8 show the views', async () => {
  for (const [index, view] of [...VIEWS.entries()].toReversed()) {
    await press(String(index + 1));
    await expect.poll(viewShown).toBe(`${view[0]?.toUpperCase()}${view.slice(1)}`);
  }
});

it('a session is found by Tab, opened by Enter, read, and closed by Escape', async () => {
  await look.show('sessions');
  await tabTo(/^button ▸cursor/);
  await press('Enter');
  await main().getByLabel('What happened, in order').waitFor();
  expect(await focused()).toMatch(/^button ▾cursor/);
  await tabTo(/test_tool_with_progress/);
  await press('Enter');
  await main().getByText('50 of 100').waitFor();
  expect(await focused()).toContain('test_tool_with_progress');
  await press('Escape');
  await main().getByLabel('What happened, in order').waitFor({ state: 'detached' });
});

it('when a session is closed from within, its row has the focus', async () => {
  await look.show('sessions');
  await tabTo(/^button ▸cursor/);
  await press('Enter');
  await main().getByLabel('What happened, in order').waitFor();
  await tabTo(/test_tool_with_progress/);
  await press('Escape');
  await main().getByLabel('What happened, in order').waitFor({ state: 'detached' });
  expect(await focused()).toMatch(/^button ▸cursor/);
});

it('what has the focus can be seen, wherever Tab goes', async () => {
  for (const view of VIEWS) {
    await look.show(view);
    await look.page.evaluate('document.activeElement?.blur()');
    const unseen: string[] = [];
    for (let stops = 0; stops < 25; stops++) {
      await press('Tab');
      const seen = await look.page.evaluate<boolean>(`(() => {
        const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
        const { width, height, right, bottom } = document.activeElement.getBoundingClientRect();
        return outlineStyle !== 'none' && parseFloat(outlineWidth) > 0 && width > 0 && height > 0 && right > 0 && bottom > 0;
      })()`);
      const what = await focused();
      if (!seen && !what.startsWith('body ')) unseen.push(what);
    }
    expect(unseen, view).toEqual([]);
  }
});

it('a table is sorted by the head of its column, one way and the other', async () => {
  await look.show('clients');
  const calls = () =>
    rowsOf(tableWith(main(), 'Client', 'Calls per session')).then((rows) => rows.map((row) => row['Client']));
  const before = await calls();
  await tabTo(/^button Client$/);
  await press('Enter');
  await expect.poll(calls).toEqual(before.toSorted((a = '', b = '') => b.localeCompare(a)));
  expect(await focused()).toMatch(/^button Client/);
  const head = main().getByRole('columnheader', { name: 'Client' }).first();
  expect(await head.getAttribute('aria-sort')).toBe('descending');
  await press('Space');
  await expect.poll(calls).toEqual(before.toSorted((a = '', b = '') => a.localeCompare(b)));
  expect(await head.getAttribute('aria-sort')).toBe('ascending');
});

it('the period that was chosen stands in the address and survives a reload', async () => {
  await tabTo(/^select Period$/);
  await press('ArrowDown');
  await expect.poll(() => look.page.url()).toMatch(/#now\?seconds=21600$/);
  expect(await focused()).toBe('select Period');
  await look.page.reload();
  await main().getByText('calls in all').waitFor();
  const period = look.page.getByRole('combobox', { name: 'Period' });
  expect(await period.inputValue()).toBe('21600');
  await press('2');
  await expect.poll(viewShown).toBe('Sessions');
  expect(look.page.url()).toMatch(/#sessions\?seconds=21600$/);
});

it('dark or light, once chosen, survives a reload', async () => {
  const background = () => look.page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
  const before = await background();
  await tabTo(/^button Dark or light/);
  await press('Enter');
  const chosen = await background();
  expect(chosen).not.toBe(before);
  await look.page.reload();
  await main().getByText('calls in all').waitFor();
  expect(await background()).toBe(chosen);
});

it('the way back leads to the view before', async () => {
  await press('3');
  await expect.poll(viewShown).toBe('Clients');
  await press('4');
  await expect.poll(viewShown).toBe('Tools');
  await look.page.goBack();
  await expect.poll(viewShown).toBe('Clients');
});

/** A session of a client, opened now: the latest that was heard of. */
async function introduce(name: string): Promise<Speaker> {
  const speaker = speakTo(stage.shown.url, { name, version: '1.0.0' });
  await speaker.open();
  await speaker.call('test_simple_text');
  return speaker;
}

it('the focus stays where it is when live data adds rows above it', async () => {
  await look.show('sessions');
  await tabTo(/^button ▸cursor/);
  await look.page.evaluate('document.activeElement.marked = true');
  await introduce('windsurf');
  await main().getByRole('button', { name: 'windsurf' }).waitFor();
  expect(await focused()).toMatch(/^button ▸cursor/);
  expect(await look.page.evaluate('document.activeElement.marked')).toBe(true);
});

it('the focus stays where it is when live data moves its row', async () => {
  const zed = await introduce('zed');
  await introduce('goose');
  await look.show('sessions');
  const rows = async () => (await rowsOf(tableWith(main(), 'Client', 'Kind'))).map((row) => row['Client'] ?? '');
  await expect.poll(async () => (await rows())[0]).toContain('goose');
  await tabTo(/^button ▸zed/);
  await zed.call('test_simple_text');
  await expect.poll(async () => (await rows())[0]).toContain('zed');
  expect(await focused()).toMatch(/^button ▸zed/);
});

it('what was opened, has the focus and is scrolled to stays so while more is called', async () => {
  const cline = await introduce('cline');
  await cline.call('test_error_handling');
  await look.show('sessions');
  await main().getByRole('button', { name: 'cline' }).waitFor();
  await tabTo(/^button ▸cline/);
  await press('Enter');
  await tabTo(/test_error_handling/);
  await press('Enter');
  const top = () => look.page.evaluate<number>('window.scrollY');
  const before = await top();
  await cline.call('test_image_content');
  await main().locator('summary').filter({ hasText: 'test_image_content' }).waitFor();
  expect(await focused()).toContain('test_error_handling');
  expect(await main().locator('details[open]').count()).toBe(1);
  expect(await top()).toBe(before);
});
