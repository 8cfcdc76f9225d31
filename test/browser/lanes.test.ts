import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { count } from '../../src/reading/figures.ts';
import { startPlainServer } from '../e2e/plain-server.ts';
import { speakTo } from '../e2e/speaker.ts';
import { temporaryFolder } from '../store/store-rig.ts';
import { barriersIn } from './axe.ts';
import { openBrowser, PHONE, type Look, type OpenBrowser } from './browser.ts';
import { overflowOf } from './layout.ts';
import { startShown, type Shown } from './shown.ts';

const CONVERSATIONS = 500;
const MANY_CALLS = 8_000;
const AT_ONCE = 32;
const LAPTOP = { width: 1280, height: 800 };

const stack = new AsyncDisposableStack();
let shown: Shown;
let browser: OpenBrowser;
let look: Look;

/** A session for a call of a conversation, as ChatGPT opens it. */
async function callOf(conversation: string): Promise<void> {
  const speaker = speakTo(shown.url, { name: 'openai-mcp', version: '1.0.0' }, { 'x-openai-session': conversation });
  await speaker.open();
  await speaker.call('echo');
}

async function often(times: number, act: (turn: number) => Promise<unknown>): Promise<void> {
  let turn = 0;
  const one = async (): Promise<void> => {
    while (turn < times) await act(turn++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

beforeAll(async () => {
  const store = stack.use(temporaryFolder()).in('store.db');
  const upstream = stack.use(await startPlainServer());
  shown = stack.use(await startShown(upstream.url, store, ['--name', 'quiz']));
  browser = stack.use(await openBrowser());
  const cursor = speakTo(shown.url, { name: 'cursor-vscode', version: '1.0.0' });
  await cursor.open();
  for (let call = 0; call < 6; call++) {
    await cursor.call('echo');
    await callOf('first');
  }
  await shown.untilCalled(12);
  look = stack.use(await browser.look(shown.page, 'now', { viewport: LAPTOP, bypassCSP: true }));
});
afterAll(() => stack.disposeAsync());

const section = () => look.page.getByRole('region', { name: 'Sessions, a row per conversation' });
const boxes = () => section().locator('a.lane-box');
const press = (key: string): Promise<void> => look.page.keyboard.press(key);
const focused = (): Promise<string> => look.page.evaluate<string>('document.activeElement.getAttribute("aria-label")');

describe('lanes', () => {
  it('stand in the first screen, with the client that opens a session per call above the one that keeps its', async () => {
    await look.show('now');
    await section().getByText('keeps its session', { exact: true }).waitFor();
    const [chatgpt, cursor] = await section().locator('.lane-group').allTextContents();
    expect(chatgpt).toMatch(/^.*chatgpt.*a session per call.*6 sessions, 1 conversation/);
    expect(cursor).toMatch(/^.*cursor.*keeps its session.*1 session, 6 calls/);
    // Sessions that begin within some milliseconds may be one box.
    expect(await boxes().count()).toBeGreaterThanOrEqual(2);
    const place = await section().boundingBox();
    expect((place?.y ?? Infinity) + (place?.height ?? 0)).toBeLessThan(LAPTOP.height);
    await look.show('clients');
    await section().getByText('6 sessions, 1 conversation').waitFor();
  });

  it('are walked by Tab and the arrow keys, and open a session by Enter', async () => {
    await look.show('now');
    await section().locator('a.lane-key[href]').first().focus();
    expect(await focused()).toMatch(/^chatgpt: conversation first, 6 sessions$/);
    await press('ArrowRight');
    expect(await focused()).toMatch(/^chatgpt, session .*: 1 handshake, 1 tool call; /);
    await press('ArrowRight');
    await press('ArrowLeft');
    await press('ArrowDown');
    expect(await focused()).toMatch(/^cursor, session .*: 1 handshake, 6 tool calls; /);
    await press('ArrowUp');
    await press('ArrowRight');
    await press('Enter');
    await look.page.getByLabel('What happened, in order').waitFor();
    expect(look.page.url()).toMatch(/#sessions\?session=[0-9a-f]{32}$/);
  });

  it('lead from a conversation to its sessions, and from there back to all', async () => {
    await look.show('now');
    await section().locator('a.lane-key[href]').first().press('Enter');
    await look.page.getByText('conversation: first').waitFor();
    const main = look.page.getByRole('main');
    expect(await main.getByRole('button', { name: /^chatgpt/ }).count()).toBe(6);
    expect(await main.getByRole('button', { name: /^cursor/ }).count()).toBe(0);
    await look.page.getByRole('button', { name: 'Remove the filter conversation' }).click();
    await look.page.getByText('conversation: first').waitFor({ state: 'detached' });
    expect(look.page.url()).not.toContain('conversation');
  });

  it('are there as a table, which says the same', async () => {
    await look.show('now');
    await section().getByText('The same as a table').click();
    const table = section().getByRole('table');
    await table.waitFor();
    expect(await table.getByRole('row').count()).toBe(1 + 7);
    expect(await table.getByRole('link', { name: 'first' }).count()).toBe(6);
    expect(await barriersIn(look.page)).toEqual([]);
    await section().getByText('The same as a table').click();
  });

  it('keep their elements while more is called, with the focus on one', async () => {
    await look.show('now');
    await boxes().last().focus();
    await look.page.evaluate('document.activeElement.marked = true');
    const before = await focused();
    await callOf('first');
    await section().getByText('7 sessions, 1 conversation').waitFor();
    expect(await look.page.evaluate('document.activeElement.marked')).toBe(true);
    expect(await focused()).toBe(before);
  });

  it('fit a phone, with the names above them', async () => {
    await using phone = await browser.look(shown.page, 'now', { viewport: PHONE, hasTouch: true });
    const picture = phone.page.locator('svg.lanes');
    const place = await picture.boundingBox();
    expect((place?.x ?? 0) + (place?.width ?? Infinity)).toBeLessThanOrEqual(PHONE.width);
    expect(await overflowOf(phone.page)).toEqual([]);
    expect(phone.troubles()).toEqual([]);
  });
});

describe('lanes of 500 conversations and 10 000 operations', () => {
  beforeAll(async () => {
    const windsurf = speakTo(shown.url, { name: 'windsurf', version: '1.0.0' });
    await windsurf.open();
    await often(MANY_CALLS, () => windsurf.call('echo'));
    // The latest is what Now shows.
    await often(CONVERSATIONS, (turn) => callOf(`talk ${turn}`));
    await shown.untilCalled(13 + CONVERSATIONS + MANY_CALLS);
  });

  it('show a few and count the others', async () => {
    await look.show('now');
    const others = section().getByRole('link', { name: /^and 49\d more conversations$/ });
    await others.waitFor();
    expect(await section().locator('.lane').count()).toBeLessThanOrEqual(15);
    expect(await look.page.evaluate<number>('document.querySelectorAll("*").length')).toBeLessThan(3_500);
    await others.click();
    await look.page
      .getByText(`of ${count(CONVERSATIONS + 7)}`)
      .first()
      .waitFor();
  });

  it('are not touched where nothing has changed, however often the page is drawn', async () => {
    await look.show('now');
    const changes = await look.page.evaluate<number>(`new Promise((resolve) => {
      let changes = 0;
      const observer = new MutationObserver((records) => void (changes += records.length));
      observer.observe(document.querySelector('svg.lanes'), { subtree: true, childList: true, attributes: true, characterData: true });
      for (let times = 0; times < 20; times++) dispatchEvent(new Event('resize'));
      setTimeout(() => resolve(changes));
    })`);
    expect(changes).toBe(0);
    expect(look.troubles()).toEqual([]);
  });
});
