import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { request, result, toolCall, type Conversation } from '../support/conversation.ts';
import { startRig, temporaryFolder, type TemporaryFolder } from '../store/store-rig.ts';
import { barriersIn } from './axe.ts';
import { openBrowser, PHONE, type Look, type OpenBrowser } from './browser.ts';
import { HOSTILE } from './hostile.ts';
import { startPageOver } from './shown.ts';

const stack = new AsyncDisposableStack();
let folder: TemporaryFolder;
let browser: OpenBrowser;
let pages: Awaited<ReturnType<typeof startPageOver>>;
let look: Look;

function list(talk: Conversation, tools: readonly object[]): void {
  talk.ask(request(7, 'tools/list'), result(7, { tools }));
}

const SEARCH = { name: 'search', description: 'Finds pages.', annotations: { readOnlyHint: true } };
const HURTS = { name: HOSTILE.image('tool'), description: HOSTILE.script('before') };

/** A tool that is no longer read-only, and one whose texts do harm. */
function fill(path: string): void {
  using rig = startRig(path);
  const call = (): void => {
    for (let time = 0; time < 12; time++) rig.talk.ask(toolCall(1, 'search'), result(1, { content: [] }));
    rig.pass(60_000);
  };
  // The page asks for the last hour.
  rig.talk.clock.advance(Date.now() - 120_000 - rig.talk.clock.now());
  list(rig.talk, [SEARCH, HURTS]);
  call();
  const description = `${HOSTILE.image('after')} ${HOSTILE.override('after')} a\u200Bb`;
  list(rig.talk, [
    { ...SEARCH, annotations: {} },
    { ...HURTS, description, inputSchema: { title: HOSTILE.script('schema') } },
  ]);
  call();
}

beforeAll(async () => {
  folder = stack.use(temporaryFolder());
  fill(folder.in('store.db'));
  browser = stack.use(await openBrowser());
  pages = stack.use(await startPageOver(folder.in('store.db')));
  look = stack.use(await browser.look(pages.page));
});
afterAll(() => stack.disposeAsync());

const main = () => look.page.getByRole('main');
const diff = () => main().getByRole('region', { name: 'The definition before and after' });

describe('a tool that changed', () => {
  it('is listed, and opens its diff and closes it', async () => {
    await look.show('tools');
    const item = main().getByRole('listitem').filter({ hasText: 'no longer read-only' });
    await item.getByRole('link', { name: 'search' }).click();
    await diff().waitFor();
    expect(await diff().innerText()).toContain('"readOnlyHint": true');
    expect(look.page.url()).toMatch(/change=\d/);
    await main().getByRole('link', { name: 'Close' }).click();
    await diff().waitFor({ state: 'detached' });
    await main().getByRole('row').filter({ hasText: 'search' }).getByRole('link', { name: 'changed' }).first().click();
    await diff().waitFor();
    expect(look.troubles()).toEqual([]);
  });

  it('is a finding on Now, which leads to the diff', async () => {
    await look.show('now');
    const finding = main().getByRole('listitem').filter({ hasText: 'search changed' });
    await finding.getByRole('link', { name: 'see what changed' }).click();
    await diff().waitFor();
  });

  it('that says harmful things does no harm, and what is hidden stands out', async () => {
    const { changes } = await pages.ask('tools');
    const hostile = changes.find(({ tool }) => tool !== 'search');
    await look.show(`tools?change=${hostile?.id}`);
    await diff().waitFor();
    const text = await diff().innerText();
    expect(text).toContain(HOSTILE.image('after'));
    expect(text).toContain(HOSTILE.script('schema'));
    expect(await diff().locator('mark').allInnerTexts()).toEqual(
      ['202e', 'e006f', 'fe01', '200b'].map((code) => `\\u{${code}}`),
    );
    expect(await look.page.evaluate('window.hurt')).toBeUndefined();
    expect(look.troubles()).toEqual([]);
  });

  it('can be read by everybody, and on a phone', async () => {
    const [change] = (await pages.ask('tools')).changes;
    // The policy of the page would keep out the script that looks.
    await using open = await browser.look(pages.page, `tools?change=${change?.id}`, { bypassCSP: true });
    await open.page.getByRole('region', { name: 'The definition before and after' }).waitFor();
    expect(await barriersIn(open.page)).toEqual([]);
    await using phone = await browser.look(pages.page, `tools?change=${change?.id}`, { viewport: PHONE });
    await phone.page.getByRole('region', { name: 'The definition before and after' }).waitFor();
    expect(await phone.page.evaluate('document.documentElement.scrollWidth')).toBe(PHONE.width);
  });
});
