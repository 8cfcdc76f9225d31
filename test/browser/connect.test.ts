import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../store/store-rig.ts';
import { recordAttempts } from '../support/attempts.ts';
import { barriersIn } from './axe.ts';
import { openBrowser, PHONE, type Look, type OpenBrowser } from './browser.ts';
import { overflowOf } from './layout.ts';
import { startPageOver, type ShownPage } from './shown.ts';
import { rowsOf, tableWith } from './table.ts';

const HOURS = 'seconds=21600';
let shown: ShownPage;
let browser: OpenBrowser;
let look: Look;
beforeAll(async () => {
  await using stack = new AsyncDisposableStack();
  const store = stack.use(temporaryFolder()).in('store.db');
  recordAttempts(store);
  shown = stack.use(await startPageOver(store, ['--trace-link', 'http://jaeger.test:16686']));
  browser = stack.use(await openBrowser());
  look = stack.use(
    await browser.look(shown.page, `connect?${HOURS}`, {
      bypassCSP: true,
      permissions: ['clipboard-read', 'clipboard-write'],
    }),
  );
  const held = stack.move();
  afterAll(() => held.disposeAsync());
});

const main = () => look.page.getByRole('main');
const card = (client: string) => main().getByRole('region', { name: `How ${client} connects` });
const attempts = () => tableWith(main(), 'Client', 'Came to');
const opened = (text: string) => main().locator('strong', { hasText: text });
const latestOf = async (client: string): Promise<string> => {
  const { journeys } = await shown.ask('connect', { client, seconds: 21_600 });
  return journeys[0]?.id ?? '';
};

describe('the attempts of clients to connect', () => {
  it('are a funnel for each client, the worst first, with what it means and what to do', async () => {
    await look.show(`connect?${HOURS}`);
    const steps = await card('chatgpt').getByRole('listitem').allInnerTexts();
    expect(steps.map((step) => step.trim())).toEqual([
      '12 attempts',
      '12 saw the challenge',
      '12 read the resource metadata',
      '12 registered',
      '11 got a token',
      '0 came back with it',
      '0 completed the handshake',
      '0 made a call',
    ]);
    expect(await card('chatgpt').locator('.lost').allInnerTexts()).toEqual([expect.stringContaining('0 came back')]);
    const said = await card('chatgpt').innerText();
    expect(said).toContain('In 11 of 12 attempts it stopped after the token: no request came back with it.');
    expect(said).toContain('What to do: no such request reached mcpspan');
    expect(said).toContain('In 1 of 12 attempts it asked for a token in vain (HTTP 400).');
    expect(await card('cursor').innerText()).toContain('1 connected.');
    expect(await card('cursor').locator('.lost').count()).toBe(0);
    expect((await main().getByRole('heading', { level: 2 }).allInnerTexts())[0]).toBe('chatgpt');
  });

  it('have bars as long as their share', async () => {
    await look.show(`connect?${HOURS}`);
    const widths = await card('chatgpt')
      .locator('.bar')
      .evaluateAll((bars: { getBoundingClientRect(): { width: number } }[]) =>
        bars.map((bar) => bar.getBoundingClientRect().width),
      );
    const [all = 0, , , , token = 0, back = 1] = widths;
    expect(all).toBeGreaterThan(50);
    expect(token / all).toBeCloseTo(11 / 12, 1);
    expect(back).toBe(0);
  });

  it('are listed, and one opens to its stages, with what was not seen', async () => {
    await look.show(`connect?${HOURS}&client=claude-code`);
    const rows = await rowsOf(attempts());
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatchObject({
      'Came to': 'request with a credential',
      'What became of it': 'came back, and its token was refused (HTTP 401, invalid_token)',
    });
    await attempts().getByRole('button', { name: 'claude-code' }).first().click();
    const stages = main().getByRole('list', { name: 'Its stages, in order' });
    await stages.waitFor();
    const lines = (await stages.getByRole('listitem').allInnerTexts()).map((line) =>
      line.replaceAll(/\s+/g, ' ').trim(),
    );
    expect(lines).toHaveLength(8);
    expect(lines[1]).toContain('told to sign in HTTP 401');
    expect(lines.at(-1)).toMatch(/^\+9\.\d s request with a credential HTTP 401/);
    await expect.poll(() => look.page.url()).toContain('journey=');
  });

  it('have an address each, with the gaps, which leads to its trace and to its session', async () => {
    const id = await latestOf('cursor');
    await look.show(`connect?journey=${id.slice(0, 12)}`);
    await main().getByText('It connected.').waitFor();
    const stages = main().getByRole('list', { name: 'Its stages, in order' });
    const registration = stages.getByRole('listitem').filter({ hasText: 'registration' });
    expect(await registration.innerText()).toContain('not seen here: it was left out, or happened at another host');
    expect(await main().getByRole('link', { name: 'trace' }).getAttribute('href')).toContain(id);
    await main().getByRole('link', { name: 'what it did then' }).click();
    await main().getByLabel('What happened, in order').waitFor();
  });

  it('can be handed on: the id and the command are copied', async () => {
    const id = await latestOf('chatgpt');
    await look.show(`connect?journey=${id}`);
    const copied = () => look.page.evaluate('navigator.clipboard.readText()');
    await main().getByRole('button', { name: 'Copy the id of the attempt' }).click();
    await expect.poll(copied).toBe(id);
    await main().getByRole('button', { name: 'Copy the command' }).click();
    await expect.poll(copied).toBe(`mcpspan report attempt.md --journey ${id.slice(0, 8)}`);
  });

  it('are found by their id, closed by Escape, and missed where they are gone', async () => {
    const id = await latestOf('chatgpt');
    await look.show('now');
    await look.page.getByRole('searchbox').fill(`id:${id.slice(0, 10)}`);
    await look.page.getByRole('searchbox').press('Enter');
    await opened('It stopped after the token').waitFor();
    await main().focus();
    await look.page.keyboard.press('Escape');
    await opened('It stopped after the token').waitFor({ state: 'detached' });
    await look.show('connect?journey=abcdef');
    await main().getByText('is not in the store').waitFor();
  });

  it('that are lost often are the first thing to look at on Now', async () => {
    await look.show(`now?${HOURS}`);
    const first = main().getByRole('region', { name: 'What to look at' }).getByRole('listitem').first();
    expect(await first.innerText()).toMatch(/^Cannot connect In 11 of 12 attempts, chatgpt stopped after the token/);
    await first.getByRole('link', { name: 'look at them' }).click();
    await opened('It stopped after the token').waitFor();
    expect(await rowsOf(attempts())).not.toHaveLength(0);
  });
});

describe.each([
  ['a desktop', {}],
  ['a phone', { viewport: PHONE, hasTouch: true }],
] as const)('on %s', (_, screen) => {
  it.each(['light', 'dark'] as const)('an open attempt keeps nobody out in %s', async (colorScheme) => {
    await using own = await browser.look(shown.page, `connect?${HOURS}&journey=${await latestOf('chatgpt')}`, {
      ...screen,
      bypassCSP: true,
    });
    await own.page.emulateMedia({ colorScheme });
    await own.page.locator('strong', { hasText: 'It stopped after the token' }).waitFor();
    expect(await barriersIn(own.page)).toEqual([]);
    expect(await overflowOf(own.page)).toEqual([]);
  });

  it('a hostile name is a text', async () => {
    await using own = await browser.look(shown.page, `connect?${HOURS}`, screen);
    const { journeys } = await shown.ask('connect', { seconds: 21_600 });
    const hostile = journeys.find(({ clientName }) => clientName?.includes('<img'));
    await own.show(`connect?${HOURS}&journey=${hostile?.id}`);
    await own.page.getByText('client says').waitFor();
    expect(await own.page.getByRole('main').innerText()).toContain('<img src=x onerror=');
    expect(await own.page.evaluate('window.hurt')).toBeUndefined();
    expect(await own.page.locator('main :is(img, script)').count()).toBe(0);
    expect(own.troubles()).toEqual([]);
  });
});

it('nothing went wrong in the page meanwhile', () => {
  expect(look.troubles()).toEqual([]);
});
