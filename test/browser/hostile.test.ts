import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { plainLines } from '../../src/reading/plain.ts';
import { speakTo } from '../e2e/speaker.ts';
import { temporaryFolder } from '../store/store-rig.ts';
import { openBrowser, PHONE, VIEWS, type Look, type OpenBrowser } from './browser.ts';
import { HOSTILE, KINDS, startHostileServer } from './hostile.ts';
import { overflowOf } from './layout.ts';
import { startShown, type Shown } from './shown.ts';

const stack = new AsyncDisposableStack();
let shown: Shown;
let browser: OpenBrowser;
let traces: readonly string[];
beforeAll(async () => {
  const store = stack.use(temporaryFolder()).in('store.db');
  const upstream = stack.use(await startHostileServer());
  const args = ['--name', HOSTILE.image('server label'), '--capture', 'errors,arguments,results,uris'];
  shown = stack.use(await startShown(upstream.url, store, args));
  browser = stack.use(await openBrowser());
  for (const kind of KINDS) await converse(kind);
  await shown.untilCalled(3 * KINDS.length);
  traces = (await shown.ask('sessions')).sessions.map(({ traceId }) => traceId);
});
afterAll(() => stack.disposeAsync());

/** All that a client can send, with one kind of text in all places. */
async function converse(kind: keyof typeof HOSTILE): Promise<void> {
  const say = HOSTILE[kind];
  const speaker = speakTo(shown.url, { name: say('client name'), version: say('client version') });
  await speaker.open();
  await speaker.send({ id: 'list', method: 'tools/list', params: {} });
  const meta = { 'openai/session': say('conversation').slice(0, 200), progressToken: say('token') };
  await speaker.call(say('tool'), { meta });
  await speaker.call('talk');
  await speaker.call(`fail ${kind}`);
  await speaker.send({ id: say('id'), method: say('method'), params: {} });
  await speaker.send({ id: 'read', method: 'resources/read', params: { uri: say('uri') } });
  await speaker.send({
    id: 'told',
    method: 'tools/call',
    params: { name: 'echo', arguments: { [say('argument name')]: say('argument') } },
  });
  // Somebody who opens no session, too.
  await speakTo(shown.url, { name: '', version: '' }).call(say('tool'), { meta });
}

/** What was made of texts, or done by them. */
async function harmIn({ page, troubles }: Look): Promise<unknown> {
  const made = await page.evaluate(`({
    ran: window.hurt,
    elements: [...document.querySelectorAll('body :is(img, script, iframe, object, embed, base, meta, link, b)')].length,
    handlers: [...document.querySelectorAll('*')].filter((element) =>
      [...element.attributes].some(({ name }) => name.startsWith('on'))).length,
    links: [...document.querySelectorAll('a')].filter((link) =>
      new URL(link.getAttribute('href'), location.href).protocol !== location.protocol).length,
  })`);
  return { ...Object(made), troubles: troubles() };
}

const UNHARMED = { elements: 0, handlers: 0, links: 0, troubles: [] };

describe.each([
  ['a desktop', {}],
  ['a phone', { viewport: PHONE }],
] as const)('on %s', (_, screen) => {
  it.each(VIEWS)('%s shows what clients and servers sent as text', async (view) => {
    await using look = await browser.look(shown.page, view, screen);
    if (view !== 'health')
      await look.page.getByRole('main').getByText('<img src=x onerror=').filter({ visible: true }).first().waitFor();
    expect(await harmIn(look)).toEqual(UNHARMED);
  });

  for (const view of VIEWS) {
    it(`${view} is not wider than the window, however long a name is`, async () => {
      await using look = await browser.look(shown.page, view, screen);
      expect(await overflowOf(look.page)).toEqual([]);
    });
  }

  it('a session shows it as text too, with all that is known of each operation', async () => {
    await using look = await browser.look(shown.page, 'sessions', screen);
    expect(traces.length).toBeGreaterThan(KINDS.length);
    for (const session of traces) {
      await look.show(`sessions?session=${session}`);
      const { operations } = await shown.ask('session', { session });
      const summaries = look.page.getByRole('main').locator('summary');
      await expect.poll(() => summaries.count()).toBe(operations.length);
      for (const summary of await summaries.all()) await summary.click();
      expect(await harmIn(look)).toEqual(UNHARMED);
      expect(await overflowOf(look.page)).toEqual([]);
    }
  });
});

it('each place where a text of others is shown, shows it whole as it was sent', async () => {
  await using look = await browser.look(shown.page, 'sessions');
  const { sessions } = await shown.ask('sessions');
  const own = sessions.find(({ clientName }) => clientName === HOSTILE.image('client name'));
  await look.show(`sessions?session=${own?.traceId}`);
  const main = look.page.getByRole('main');
  await main.getByText('resources/read').first().waitFor();
  for (const summary of await main.locator('summary').all()) await summary.click();
  const said = await main.innerText();
  for (const from of [
    'client name',
    'client version',
    'server name',
    'tool',
    'method',
    'error message',
    'uri',
    'conversation',
  ])
    expect(said, from).toContain(HOSTILE.image(from));
  expect(said).toContain(HOSTILE.script('server version'));
  expect(said).toContain("<img/src=x/onerror=window.hurt='id'>");
});

it('a forged address becomes text only', async () => {
  const text = encodeURIComponent(HOSTILE.image('address'));
  for (const view of VIEWS) {
    const hash = `${view}?client=${text}&server=${text}&tool=${text}&status=${text}&seconds=1&session=1&operation=1&words=${text}&code=${text}&sort=${text}`;
    await using look = await browser.look(shown.page, hash);
    expect(await harmIn(look)).toEqual(UNHARMED);
    expect(await overflowOf(look.page)).toEqual([]);
  }
  await using look = await browser.look(shown.page);
  await look.page.goto(`${shown.page}/?${text}#__proto__?constructor=${text}&__proto__=1`);
  await look.page.getByRole('main').getByText('calls in all').waitFor();
  expect(await harmIn(look)).toEqual(UNHARMED);
});

/** Whether what follows the name of a client in a sentence is drawn from left to right. */
async function runsOnAfter(name: string): Promise<boolean> {
  await using look = await browser.look(shown.page, 'clients');
  // What turns round text is shown as a mark.
  const shownAs = plainLines(name);
  const sentence = look.page.getByText(`${shownAs} made`).first();
  await sentence.waitFor();
  const [first = 0, second = 0] = await sentence.evaluate(placesOf, name.length + 1);
  return first < second;
}

it('text after a name keeps its direction', async () => {
  expect(await runsOnAfter(HOSTILE.link('client name'))).toBe(true);
});

it('text after a name with direction marks keeps its direction', async () => {
  expect(await runsOnAfter(HOSTILE.override('client name'))).toBe(true);
});

/** In the page: where the first and the second letter behind a place in a text are drawn. */
function placesOf({ firstChild }: { firstChild: unknown }, from: number): number[] {
  interface Range {
    setStart(node: unknown, offset: number): void;
    setEnd(node: unknown, offset: number): void;
    getBoundingClientRect(): { left: number };
  }
  const { document } = globalThis as unknown as { document: { createRange(): Range } };
  return [from, from + 1].map((offset) => {
    const range = document.createRange();
    range.setStart(firstChild, offset);
    range.setEnd(firstChild, offset + 1);
    return range.getBoundingClientRect().left;
  });
}
