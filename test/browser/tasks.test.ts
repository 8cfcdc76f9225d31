import { readFileSync } from 'node:fs';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { speakTo } from '../e2e/speaker.ts';
import type { Look } from './browser.ts';
import { playAll, setStage, type Stage } from './stage.ts';
import { rowsOf, tableWith } from './table.ts';

const stack = new AsyncDisposableStack();
let stage: Stage;
let look: Look;
beforeAll(async () => {
  stage = stack.use(await setStage());
  const cursor = await playAll(stage.shown.url);
  stack.defer(() => cursor.close());
  // One tool fails for one client, and one client has a conversation.
  for (let call = 0; call < 6; call++) {
    const speaker = speakTo(stage.shown.url, { name: 'openai-mcp', version: '1.0.0' }, { 'x-openai-session': 'talk' });
    await speaker.open();
    await speaker.call('test_error_handling');
  }
  await stage.shown.untilCalled(24);
});
afterAll(() => stack.disposeAsync());
beforeEach(async () => {
  await look?.[Symbol.asyncDispose]();
  look = await stage.browser.look(stage.shown.page, 'now', { permissions: ['clipboard-read', 'clipboard-write'] });
  // The browser counts, not the test.
  await look.page.evaluate(`window.pressed = 0; addEventListener('pointerdown', () => window.pressed++, true)`);
});
afterAll(() => look[Symbol.asyncDispose]());

const main = (page: Page = look.page): Locator => page.getByRole('main');
const lanes = (): Locator => look.page.getByRole('region', { name: 'Sessions, a row per conversation' });
const calls = (page?: Page): Locator => tableWith(main(page), 'Method', 'Duration');
const view = async (name: string): Promise<void> =>
  look.page.getByRole('navigation').getByRole('link', { name, exact: true }).click();
const durations = async (): Promise<string[]> =>
  (await rowsOf(calls())).map((row) => row['Duration'] ?? '').filter((text) => text !== '–');

/** What each task takes, from the first page. */
const TASKS: readonly { task: string; clicks: number; from?: string; perform(): Promise<void> }[] = [
  {
    task: 'see which client opens a session for every call',
    clicks: 0,
    async perform() {
      const chatgpt = lanes().locator('.lane-group').filter({ hasText: 'a session per call' });
      await chatgpt.getByText('chatgpt', { exact: true }).waitFor();
      const place = await chatgpt.boundingBox();
      expect((place?.y ?? Infinity) + (place?.height ?? 0)).toBeLessThan(900);
    },
  },
  {
    task: 'find the slowest call',
    clicks: 1,
    async perform() {
      await main().getByRole('link', { name: 'the slowest' }).click();
      await main().getByText('the slowest first').waitFor();
      const [slowest] = (await stage.shown.ask('calls', { method: 'tools/call', slowest: 1 })).calls;
      const [first] = await rowsOf(calls());
      expect(first).toMatchObject({ Tool: slowest?.target, Client: slowest?.client });
    },
  },
  {
    task: 'read what a failed call said',
    clicks: 1,
    async perform() {
      await view('Errors');
      await main().getByText('This tool intentionally returns an error').first().waitFor();
    },
  },
  {
    task: 'open the failed call itself',
    clicks: 2,
    async perform() {
      await view('Errors');
      await main().getByRole('link', { name: 'open' }).first().click();
      await main().locator('.facts').getByText('This tool intentionally').first().waitFor();
    },
  },
  {
    task: 'list the sessions of one client',
    clicks: 1,
    async perform() {
      await tableWith(main(), 'Client', 'Verdict').getByRole('link', { name: 'chatgpt' }).first().click();
      await expect
        .poll(async () => (await rowsOf(tableWith(main(), 'Client', 'Kind'))).map((row) => row['Client']))
        .toHaveLength(12);
    },
  },
  {
    task: 'list the sessions of one conversation',
    clicks: 1,
    async perform() {
      await lanes()
        .locator('a.lane-key[href*="conversation=talk"]')
        .click({ position: { x: 3, y: 3 } });
      await look.page.getByText('conversation: talk').waitFor();
      await expect.poll(async () => (await rowsOf(tableWith(main(), 'Client', 'Kind'))).length).toBe(6);
    },
  },
  {
    task: 'see which tool fails for whom',
    clicks: 1,
    async perform() {
      await view('Tools');
      const matrix = tableWith(main(), 'Tool', 'chatgpt', 'cursor');
      const row = (await rowsOf(matrix)).find((each) => each['Tool'] === 'test_error_handling');
      expect(row).toMatchObject({ chatgpt: expect.stringContaining('100 % failed'), antigravity: '–' });
    },
  },
  {
    task: 'list the slow calls of a tool',
    clicks: 2,
    async perform() {
      await view('Tools');
      const row = tableWith(main(), 'Tool', 'p99').getByRole('row').filter({ hasText: 'test_simple_text' });
      await row.getByRole('link', { name: / m?s$/ }).first().click();
      await main().getByText('14 calls, the slowest first').waitFor();
      expect(await durations()).toHaveLength(14);
    },
  },
  {
    task: 'copy the id of a session',
    clicks: 2,
    async perform() {
      await lanes().locator('a.lane-box').last().click();
      await main().getByRole('button', { name: 'Copy the session id' }).click();
      await main().locator('[data-told=copied]').waitFor();
      const copied = await look.page.evaluate<string>('navigator.clipboard.readText()');
      const { sessions } = await stage.shown.ask('sessions');
      expect(sessions.map(({ id }) => id)).toContain(copied);
    },
  },
  {
    task: 'export what is shown',
    clicks: 2,
    async perform() {
      await view('Errors');
      const waiting = look.page.waitForEvent('download');
      await main()
        .getByRole('button', { name: /^Save as CSV/ })
        .click();
      const text = readFileSync(await (await waiting).path(), 'utf8');
      expect(text.trimEnd().split('\r\n')).toHaveLength(1 + (await stage.shown.ask('errors')).groups.length);
    },
  },
  {
    task: 'share a link to a call',
    clicks: 1,
    async perform() {
      await main().getByRole('link', { name: 'tools/call test_error_handling' }).first().click();
      await expect.poll(() => look.page.url()).toMatch(/#calls\?operation=\d+$/);
      const hash = new URL(look.page.url()).hash.slice(1);
      await using other = await stage.browser.look(stage.shown.page, hash);
      await main(other.page).locator('.facts').getByText('This tool intentionally').first().waitFor();
      expect(await rowsOf(calls(other.page))).not.toHaveLength(0);
    },
  },
  {
    task: 'find calls by a search',
    clicks: 1,
    async perform() {
      await look.page.getByRole('searchbox').click();
      await look.page.keyboard.type('tool:test_simple_text client:cursor');
      await look.page.keyboard.press('Enter');
      await expect.poll(async () => (await rowsOf(calls())).length).toBe(3);
    },
  },
  {
    task: 'find calls by a search, with the keyboard alone',
    clicks: 0,
    async perform() {
      await look.page.keyboard.press('/');
      await look.page.keyboard.type('status:error client:chatgpt');
      await look.page.keyboard.press('Enter');
      await expect.poll(async () => (await rowsOf(calls())).length).toBe(6);
    },
  },
  {
    // In the chart of an hour, what just happened is one dot.
    from: 'now?seconds=900',
    task: 'zoom into a stretch of time',
    clicks: 1,
    async perform() {
      const plot = main().locator('.chart .u-over').first();
      await plot.waitFor();
      const box = await plot.boundingBox();
      if (box === null) throw new Error('the chart is not there');
      await look.page.mouse.move(box.x + box.width * 0.8, box.y + 20);
      await look.page.mouse.down();
      await look.page.mouse.move(box.x + box.width - 2, box.y + 20, { steps: 5 });
      await look.page.mouse.up();
      await expect.poll(() => look.page.url()).toMatch(/until=\d+/);
      await look.page.keyboard.press('5');
      await expect.poll(() => look.page.url()).toMatch(/#calls\?.*until=\d+/);
    },
  },
];

describe('from the first page, people', () => {
  it.each(TASKS)('$task with $clicks clicks', async ({ clicks, from, perform }) => {
    if (from !== undefined) await look.show(from);
    await perform();
    expect(await look.page.evaluate('window.pressed')).toBe(clicks);
    expect(look.troubles()).toEqual([]);
  });
});
