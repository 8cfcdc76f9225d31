import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { speakTo } from '../e2e/speaker.ts';
import type { Look } from './browser.ts';
import { playAll, setStage, type Stage } from './stage.ts';
import { rowsOf, tableWith } from './table.ts';

let stage: Stage;
let look: Look;
let cursor: Awaited<ReturnType<typeof playAll>>;
beforeAll(async () => {
  await using stack = new AsyncDisposableStack();
  stage = stack.use(await setStage());
  cursor = await playAll(stage.shown.url);
  stack.defer(() => cursor.close());
  await stage.shown.untilCalled(18);
  look = stack.use(await stage.browser.look(stage.shown.page, 'calls'));
  const held = stack.move();
  afterAll(() => held.disposeAsync());
});

const main = () => look.page.getByRole('main');
const table = () => tableWith(main(), 'Method', 'Duration');
const status = () => main().getByRole('status').first();
/** Away from every list. */
const pointNowhere = () => look.page.mouse.move(5, 5);

async function untilCount(number: number): Promise<void> {
  await expect.poll(() => rowsOf(table()).then((rows) => rows.length)).toBe(number);
}

describe('the calls', () => {
  it('are those of the record, the latest first, with what is known of each', async () => {
    await pointNowhere();
    await look.show('calls?method=tools/call');
    const { calls } = await stage.shown.ask('calls', { method: 'tools/call' });
    const rows = await rowsOf(table());
    expect(rows).toHaveLength(calls.length);
    expect(rows.map((row) => row['Tool'])).toEqual(calls.map(({ target }) => target));
    expect(rows.find((row) => row['Tool'] === 'test_error_handling')).toMatchObject({
      Client: 'cursor',
      Status: 'error',
      Duration: expect.stringMatching(/ m?s$/),
      Request: expect.stringMatching(/ B$/),
      Session: cursor.sessionId.slice(0, 8),
    });
  });

  it('are sorted by duration on the server, and the address says so', async () => {
    await look.show('calls');
    await table().getByRole('button', { name: 'Duration' }).click();
    await expect.poll(() => look.page.url()).toContain('sort=calls%3A-took');
    const { calls } = await stage.shown.ask('calls', { slowest: 1 });
    await expect
      .poll(() => rowsOf(table()).then((rows) => rows.map((row) => row['Tool']).slice(0, 5)))
      .toEqual(calls.map(({ target, uri }) => target ?? uri ?? '–').slice(0, 5));
    await status().getByText('slowest').waitFor();
    await look.show('calls');
  });

  it('are filtered by what stands in the address', async () => {
    await look.show('calls?tool=test_simple_text&client=chatgpt');
    await untilCount(6);
    await look.show('calls?status=failed&client=cursor');
    await untilCount(1);
    await main().getByText('test_error_handling').first().waitFor();
    const code = (await stage.shown.ask('errors')).groups.find((group) => group.code !== undefined)?.code ?? '';
    await look.show(`calls?code=${code}`);
    await untilCount((await stage.shown.ask('calls', { code })).total);
    await look.page.getByRole('button', { name: 'Remove the filter code' }).click();
    await expect.poll(() => look.page.url()).not.toContain('code');
  });

  it('are chosen from lists', async () => {
    await look.show('calls');
    await look.page.getByLabel('Method').selectOption('tools/list');
    await untilCount((await stage.shown.ask('calls', { method: 'tools/list' })).total);
    await look.page.getByLabel('Status').selectOption('failed');
    await main().getByText('No call in this period.').waitFor();
  });
});

describe('a call', () => {
  it('opens to its facts, and has an address of its own that a reload keeps', async () => {
    await look.show('calls?status=failed');
    await table().getByRole('button', { name: 'test_error_handling' }).click();
    await expect.poll(() => look.page.url()).toMatch(/operation=\d+/);
    const facts = main().locator('.facts');
    await facts.getByText('This tool intentionally').first().waitFor();
    await facts.getByRole('link', { name: cursor.sessionId }).waitFor();
    await look.page.reload();
    await facts.getByText('This tool intentionally').first().waitFor();
    await look.page.keyboard.press('Escape');
    await expect.poll(() => look.page.url()).not.toMatch(/operation=\d+/);
    await table().getByRole('button', { name: 'test_error_handling' }).and(look.page.locator(':focus')).waitFor();
  });

  it('is shown by its address though it is not among those that are listed', async () => {
    const { calls } = await stage.shown.ask('calls', { status: 'failed', client: 'cursor' });
    await look.show(`calls?client=chatgpt&operation=${calls[0]?.id}`);
    await main().getByText('This tool intentionally').first().waitFor();
    await look.show('calls?operation=471147');
    await main().getByText('This call is not in the store').waitFor();
  });

  it('leads to its session, and a session to its calls', async () => {
    await look.show('calls?status=failed');
    await table()
      .getByRole('link', { name: cursor.sessionId.slice(0, 8) })
      .click();
    await main().getByRole('link', { name: 'list its calls' }).click();
    const session = new URL(look.page.url().replace('#calls', 'calls')).searchParams.get('session') ?? '';
    await untilCount((await stage.shown.ask('calls', { session })).total);
  });
});

describe('a list', () => {
  const call = async (): Promise<void> => {
    const { toolCalls } = (await stage.shown.ask('now')).all;
    const speaker = speakTo(stage.shown.url, { name: 'late-client', version: '1' });
    await speaker.open();
    await speaker.call('test_simple_text');
    await stage.shown.untilCalled(toolCalls + 1);
  };

  it('stands still under the mouse, says how many wait, and moves when the mouse leaves it', async () => {
    await look.show('calls?method=tools/call');
    await pointNowhere();
    const before = await rowsOf(table());
    await table().getByText('test_simple_text').first().hover();
    await status().getByText('nothing new so far').waitFor();
    await call();
    await status().getByText('1 newer call waits').waitFor();
    expect(await rowsOf(table())).toEqual(before);
    await pointNowhere();
    await untilCount(before.length + 1);
  });

  it('stands still while it has the focus', async () => {
    await look.show('calls?method=tools/call');
    await pointNowhere();
    const before = await rowsOf(table());
    await table().getByRole('button').nth(3).focus();
    await call();
    await status().getByText('1 newer call waits').waitFor();
    expect(await rowsOf(table())).toEqual(before);
    await look.page.getByRole('main').focus();
    await untilCount(before.length + 1);
  });

  it.each(['p', ' '])('is paused and goes on by the key %j', async (key) => {
    await look.show('calls?method=tools/call');
    await pointNowhere();
    const before = await rowsOf(table());
    await look.page.getByRole('main').focus();
    await look.page.keyboard.press(key);
    await main().getByRole('button', { name: 'Go on', pressed: true }).waitFor();
    await call();
    await status().getByText('1 newer call waits').waitFor();
    expect(await rowsOf(table())).toEqual(before);
    await look.page.keyboard.press(key);
    await untilCount(before.length + 1);
  });

  it('of the latest operations stands still too', async () => {
    await look.show('now');
    const list = main().locator('ol.list');
    await pointNowhere();
    await list.getByRole('link').first().hover();
    await main().getByText('nothing new so far').waitFor();
    const first = await list.getByRole('listitem').first().textContent();
    await call();
    await main()
      .getByText(/\d newer wait/)
      .waitFor();
    expect(await list.getByRole('listitem').first().textContent()).toBe(first);
    await pointNowhere();
    await list.getByText('late-client').or(list.getByText('unknown names')).first().waitFor();
  });
});

it('nothing went wrong in the page meanwhile', () => {
  expect(look.troubles()).toEqual([]);
});
