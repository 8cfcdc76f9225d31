import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PHONE, type Look } from './browser.ts';
import { playAll, setStage, type Stage } from './stage.ts';
import { rowsOf, tableWith } from './table.ts';

let stage: Stage;
let look: Look;
beforeAll(async () => {
  await using stack = new AsyncDisposableStack();
  stage = stack.use(await setStage());
  const cursor = await playAll(stage.shown.url);
  stack.defer(() => cursor.close());
  await stage.shown.untilCalled(18);
  look = stack.use(
    await stage.browser.look(stage.shown.page, 'errors', { permissions: ['clipboard-read', 'clipboard-write'] }),
  );
  const held = stack.move();
  afterAll(() => held.disposeAsync());
});

const main = () => look.page.getByRole('main');
const calls = () => tableWith(main(), 'Method', 'Duration');

async function untilCalls(number: number): Promise<void> {
  await expect.poll(() => rowsOf(calls()).then((rows) => rows.length)).toBe(number);
}

describe('the errors', () => {
  it('are grouped, with their number and what the latest said', async () => {
    await look.show('errors');
    const { groups } = await stage.shown.ask('errors');
    const rows = await rowsOf(tableWith(main(), 'Error', 'The latest said'));
    expect(rows).toHaveLength(groups.length);
    expect(rows).toContainEqual(
      expect.objectContaining({
        Error: 'error',
        Call: 'tools/call test_error_handling',
        Client: 'cursor',
        Calls: '1',
        'The latest said': expect.stringContaining('This tool intentionally returns an error'),
      }),
    );
  });

  it('lead each to as many calls as they count', async () => {
    const { groups } = await stage.shown.ask('errors');
    for (const [index, { number }] of groups.entries()) {
      await look.show('errors');
      const links = tableWith(main(), 'Error', 'The latest said').getByRole('link', { name: /^\d+$/ });
      await links.nth(index).click();
      await untilCalls(number);
    }
  });
});

describe('a figure', () => {
  it.each([['tools', 'Tool', 'p99', 'test_simple_text', 'Calls']])(
    'of %s leads to what it counts',
    async (view, first, second, name, column) => {
      await look.show(view);
      const table = tableWith(main(), first, second);
      const [row] = (await rowsOf(table)).filter((each) => each[first] === name);
      const number = Number(row?.[column] ?? (await rowsOf(table)).length);
      await table
        .getByRole('row')
        .filter({ hasText: name })
        .getByRole('link', { name: String(number), exact: true })
        .first()
        .click();
      await untilCalls(number);
    },
  );

  it('of a slow tool leads to its slowest calls, and one of a tool and a client to theirs', async () => {
    await look.show('tools');
    const slow = tableWith(main(), 'Tool', 'p99').getByRole('row').filter({ hasText: 'test_simple_text' });
    await slow.getByRole('link', { name: / m?s$/ }).first().click();
    await main().getByText('the slowest first').waitFor();
    await look.show('tools');
    const matrix = tableWith(main(), 'Tool', 'chatgpt').getByRole('row').filter({ hasText: 'test_simple_text' });
    await matrix.getByRole('link', { name: '×6' }).click();
    await untilCalls(6);
    expect(look.page.url()).toContain('client=chatgpt');
  });
});

describe('the search', () => {
  const box = () => look.page.getByRole('searchbox');
  const search = async (text: string): Promise<void> => {
    await look.page.getByRole('main').focus();
    await look.page.keyboard.press('/');
    await box().fill(text);
    await box().press('Enter');
  };

  it('becomes the filters of the calls, in the address', async () => {
    await look.show('now');
    await search('tool:test_simple_text client:chatgpt');
    await untilCalls(6);
    expect(await box().inputValue()).toBe('tool:test_simple_text client:chatgpt');
    await search('error_hand');
    await untilCalls(1);
    await look.page.getByText('search: error_hand').waitFor();
  });

  it('of an id leads to its session or its call', async () => {
    const [session] = (await stage.shown.ask('sessions', { client: 'cursor' })).sessions;
    await search(`id:${session?.id.slice(0, 10)}`);
    await expect.poll(() => look.page.url()).toContain(`#sessions?session=${session?.traceId}`);
    await main().getByText('What happened, in order').or(main().locator('.waterfall')).first().waitFor();
    const [call] = (await stage.shown.ask('calls', { status: 'failed', client: 'cursor' })).calls;
    await search(`id:${call?.id}`);
    await main().getByText('This tool intentionally').first().waitFor();
  });

  it('says what it does not understand, and what is not there', async () => {
    await search('tol:x');
    await look.page.getByRole('alert').getByText('tol: is no key. Keys are tool:').waitFor();
    await box().fill('to');
    await look.page.getByRole('alert').waitFor({ state: 'detached' });
    await search('id:no-such-id');
    await look.page.getByRole('alert').getByText('No session, trace, call or attempt').waitFor();
  });
});

describe('what is shown', () => {
  it('can be copied: ids', async () => {
    const [call] = (await stage.shown.ask('calls', { status: 'failed', client: 'cursor' })).calls;
    await look.show(`calls?operation=${call?.id}`);
    await main().getByRole('button', { name: 'Copy the session id' }).click();
    await main().locator('[data-told=copied]').waitFor();
    expect(await look.page.evaluate('navigator.clipboard.readText()')).toBe(call?.session?.id);
  });

  it('can be saved: a table', async () => {
    await look.show('calls?client=chatgpt&method=tools/call');
    const saved = async (kind: string): Promise<string> => {
      const waiting = look.page.waitForEvent('download');
      await main()
        .getByRole('button', { name: `Save as ${kind}: Calls` })
        .click();
      return readFileSync(await (await waiting).path(), 'utf8');
    };
    const [titles, first, ...rest] = (await saved('CSV')).trimEnd().split('\r\n');
    expect(titles).toBe('Time,Method,Tool,Client,Status,Duration,Request,Answer,Session,Message,Trace,Id');
    expect(first).toMatch(
      /^20\d\d-.*Z,tools\/call,test_simple_text,chatgpt,ok,0\.\d+,\d+,\d+,[\w-]+,,[0-9a-f]{32},\d+$/,
    );
    expect(rest).toHaveLength(5);
    expect(JSON.parse(await saved('JSON'))).toHaveLength(6);
  });
});

it('on a phone, rows are cards that show every column', async () => {
  await using phone = await stage.browser.look(stage.shown.page, 'calls?tool=test_error_handling', {
    viewport: PHONE,
    hasTouch: true,
  });
  const row = phone.page.getByRole('row').filter({ hasText: 'test_error_handling' }).first();
  for (const cell of await row.getByRole('cell').all()) {
    const box = await cell.boundingBox();
    if (box !== null) expect(box.x + box.width).toBeLessThanOrEqual(PHONE.width);
  }
  expect(await row.getByRole('cell').count()).toBeGreaterThan(8);
  expect(phone.troubles()).toEqual([]);
});

it('nothing went wrong in the page meanwhile', () => {
  expect(look.troubles()).toEqual([]);
});
