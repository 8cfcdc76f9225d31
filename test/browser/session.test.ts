import type { Locator } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { duration } from '../../src/reading/figures.ts';
import type { StoredOperation } from '../../src/store/operation-queries.ts';
import { speakTo } from '../e2e/speaker.ts';
import type { Look } from './browser.ts';
import { playAll, setStage, type Stage } from './stage.ts';

const ORDER = 'What happened, in order';

let stage: Stage;
let look: Look;
let cursor: Awaited<ReturnType<typeof playAll>>;
let operations: readonly StoredOperation[];
beforeAll(async () => {
  stage = await setStage(['--name', 'quiz', '--trace-link', 'http://jaeger.test:16686/']);
  cursor = await playAll(stage.shown.url);
  await stage.shown.untilCalled(18);
  const [session] = (await stage.shown.ask('sessions', { client: 'cursor' })).sessions;
  operations = (await stage.shown.ask('session', { session: session?.traceId ?? '' })).operations;
  look = await stage.browser.look(stage.shown.page, 'sessions');
  await opener().click();
  await waterfall().waitFor();
});
afterEach(() => expect(look.troubles()).toEqual([]));
afterAll(async () => {
  await cursor.close();
  await look[Symbol.asyncDispose]();
  await stage[Symbol.asyncDispose]();
});

const main = () => look.page.getByRole('main');
const opener = () => main().getByRole('button', { name: 'cursor' });
/** What happened in the session that is open. */
const waterfall = () => main().getByLabel(ORDER);
const lines = () =>
  waterfall()
    .locator('summary')
    .getByText(/^\+(\d+\.\d s|\d+ ms)$/);
/** All that is said of one operation. */
const line = (name: string) => waterfall().locator('details').filter({ hasText: name }).first();

it('shows each operation of a session in its order, with what it took and how it went', async () => {
  expect(await opener().getAttribute('aria-expanded')).toBe('true');
  expect(await lines().count()).toBe(operations.length);
  const said = (await waterfall().innerText()).replaceAll(/\s+/g, ' ');
  let from = 0;
  for (const { method, target, seconds, form } of operations) {
    const name = target === undefined ? method : `${method} ${target}`;
    const at = said.indexOf(`${name} ${form === 'notification' ? 'notice' : duration(seconds)}`, from);
    expect(at, name).toBeGreaterThanOrEqual(from);
    from = at + 1;
  }
  expect(await line('tools/call test_simple_text').innerText()).toMatch(/\bok\b/);
  expect(await line('tools/call test_error_handling').innerText()).toMatch(/\berror\b/);
});

it('shows requests of the server inside the call they belong to', async () => {
  const index = operations.findIndex(({ direction }) => direction === 'to-client');
  const [call, asked] = [operations[index - 1], operations[index]];
  expect([call?.target, asked?.method]).toEqual(['test_elicitation', 'elicitation/create']);
  expect(await line('elicitation/create').innerText()).toContain('server asks');
  const [outer, inner] = await Promise.all([barOf(line('test_elicitation')), barOf(line('elicitation/create'))]);
  expect(inner.left).toBeGreaterThanOrEqual(outer.left);
  expect(inner.right).toBeLessThanOrEqual(outer.right + 3);
});

it('draws what came later further to the right, and what took longest longest', async () => {
  const own = operations.filter(({ direction }) => direction === 'to-server');
  const drawn = waterfall().locator('details').filter({ hasNotText: 'server asks' });
  const bars = await Promise.all(own.map((_, index) => barOf(drawn.nth(index))));
  for (const [index, bar] of bars.entries()) {
    // What is too short to be seen is drawn as long as can be seen.
    expect(bar.left).toBeGreaterThanOrEqual((bars[index - 1]?.right ?? 0) - 3);
    expect(bar.width).toBeGreaterThanOrEqual(2);
  }
  const longest = own.findIndex(({ seconds }) => seconds === Math.max(...own.map((each) => each.seconds)));
  expect(Math.max(...bars.map(({ width }) => width))).toBe(bars[longest]?.width);
});

it('shows the progress of a call inside of it, and each step of it on demand', async () => {
  const call = line('test_tool_with_progress');
  expect(await call.innerText()).toContain('3 progress');
  await call.locator('summary').click();
  await call.getByText('50 of 100').waitFor();
  await call.locator('summary').click();
});

it('says who the client and the server are', async () => {
  const said = await main()
    .getByRole('row')
    .filter({ has: look.page.getByLabel(ORDER) })
    .first()
    .innerText();
  expect(said).toContain(cursor.sessionId);
  expect(said).toContain('cursor-vscode 1.2.3');
  expect(said).toContain('full 1.0.0');
  expect(said).toContain('2025-11-25');
});

it('links to the trace where --trace-link says', async () => {
  const [session] = (await stage.shown.ask('sessions', { client: 'cursor' })).sessions;
  const link = main().getByRole('link', { name: /trace/ }).first();
  expect(await link.getAttribute('href')).toBe(`http://jaeger.test:16686/trace/${session?.traceId}`);
  expect(await link.getAttribute('target')).toBe('_blank');
  expect(await link.getAttribute('rel')).toContain('noreferrer');
  const call = line('test_simple_text');
  await call.locator('summary').click();
  expect(await call.getByRole('link', { name: /trace/ }).getAttribute('href')).toBe(
    `http://jaeger.test:16686/trace/${operations.at(-1)?.traceId}`,
  );
  await call.locator('summary').click();
});

it('stays open, and grows, while more is called in it', async () => {
  const call = line('test_tool_with_progress');
  await call.locator('summary').click();
  const before = await lines().count();
  const speaker = speakTo(stage.shown.url, { name: '', version: '' }, { 'mcp-session-id': cursor.sessionId });
  await speaker.call('test_image_content');
  await line('test_image_content').waitFor();
  expect(await lines().count()).toBe(before + 1);
  expect(await call.getAttribute('open')).not.toBeNull();
  await call.locator('summary').click();
});

it('closes again', async () => {
  await opener().click();
  await waterfall().waitFor({ state: 'detached' });
  expect(await opener().getAttribute('aria-expanded')).toBe('false');
  expect(look.page.url()).not.toContain('session=');
});

interface Box {
  left: number;
  right: number;
  width: number;
}

/** What is drawn of an operation. */
const barOf = (operation: Locator): Promise<Box> =>
  boxOf(operation.locator('summary > *').nth(2).locator('> *').first());

async function boxOf(locator: Locator): Promise<Box> {
  const box = await locator.boundingBox();
  if (box === null) throw new Error('it is not drawn');
  return { left: box.x, right: box.x + box.width, width: box.width };
}
