import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Look } from './browser.ts';
import { playAll, setStage, type Stage } from './stage.ts';

/** Views whose figures are links to what they count. */
const FIGURED = ['now', 'clients', 'tools', 'errors', 'health'] as const;
/** `12`, `1 234 calls`, `×6`, `all 35`. */
const NUMBER = /^(?:×|all )?(\d[\d ]*)(?: (?:call|session|operation|handshake)s?)?$/;
const SHARE = /^([\d.]+) %(?: failed| rejected)?$/;

const stack = new AsyncDisposableStack();
let stage: Stage;
let look: Look;
beforeAll(async () => {
  stage = stack.use(await setStage());
  const cursor = await playAll(stage.shown.url);
  stack.defer(() => cursor.close());
  await stage.shown.untilCalled(18);
  look = stack.use(await stage.browser.look(stage.shown.page));
});
afterAll(() => stack.disposeAsync());

interface Figure {
  text: string;
  hash: string;
}

/** The links of a view whose text is a figure. */
async function figuresOf(view: string): Promise<Figure[]> {
  await look.show(view);
  await look.page.getByRole('main').getByRole('link').first().waitFor();
  const links = await look.page.evaluate<Figure[]>(`[...document.querySelectorAll('main a[href^="#"]')]
    .map((link) => ({ text: link.textContent.trim(), hash: link.getAttribute('href').slice(1) }))`);
  return links.filter(({ text }) => NUMBER.test(text) || SHARE.test(text));
}

/** How many a list says that it is about: `12 calls, …`, `The latest 200 of 548.`, `7 sessions, and 2 without …`. */
async function listedBehind(hash: string): Promise<number> {
  // From another view: else its list would be that of the figure before.
  await look.show('health');
  await look.show(hash);
  const said = (await look.page.getByRole('main').getByRole('status').first().innerText()).replaceAll(
    /(?<=\d) (?=\d)/g,
    '',
  );
  const of = /^The (?:latest|slowest) \d+ of (\d+)/.exec(said)?.[1];
  const all = /^(\d+) (?:call|session)s?/.exec(said)?.[1];
  return Number(of ?? all ?? Number.NaN);
}

const numberIn = (text: string): number => Number(text.replaceAll(' ', ''));

it.each(FIGURED)('each number in %s leads to a list of as many', async (view) => {
  const figures = await figuresOf(view);
  const numbers = figures.flatMap(({ text, hash }) => {
    const number = NUMBER.exec(text)?.[1];
    return number === undefined ? [] : [{ text, hash, number: numberIn(number) }];
  });
  expect(numbers.length).toBeGreaterThan(0);
  for (const { text, hash, number } of numbers) expect(await listedBehind(hash), `${text} → ${hash}`).toBe(number);
});

it.each(['now', 'clients', 'tools'])('each share in %s leads to the calls that it is the share of', async (view) => {
  const shares = (await figuresOf(view)).filter(({ text }) => SHARE.test(text));
  expect(shares.length).toBeGreaterThan(0);
  for (const { text, hash } of shares) {
    const part = await listedBehind(hash);
    const whole = await listedBehind(hash.replace(/&?status=(?:failed|rejected)/, ''));
    expect(part, hash).toBeGreaterThan(0);
    expect(Math.abs((100 * part) / whole - Number.parseFloat(text)), `${text} → ${hash}`).toBeLessThanOrEqual(0.5);
  }
});

it('a figure of which there is nothing is no link', async () => {
  for (const view of FIGURED)
    for (const { text } of await figuresOf(view)) expect(text, view).not.toMatch(/^(?:×|all )?0(?: |$)/);
});

it('the handshakes of a client are a list of its handshakes', async () => {
  await look.show('clients');
  const { clients } = await stage.shown.ask('clients');
  for (const { client, server, handshakes } of clients.filter((each) => each.handshakes > 0)) {
    const { calls, total } = await stage.shown.ask('calls', { client, server, status: 'handshake' });
    expect(total).toBe(handshakes);
    expect(calls.every(({ handshake }) => handshake === 'initialize' || handshake === 'discover')).toBe(true);
  }
});

it('nothing went wrong in the page meanwhile', () => {
  expect(look.troubles()).toEqual([]);
});
