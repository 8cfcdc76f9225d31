import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startPlainServer, type PlainServer } from '../e2e/plain-server.ts';
import { speakTo } from '../e2e/speaker.ts';
import { temporaryFolder, type TemporaryFolder } from '../store/store-rig.ts';
import { openBrowser, NOTHING, VIEWS, type Look, type OpenBrowser } from './browser.ts';
import { startPageOver, startShown } from './shown.ts';

const stack = new AsyncDisposableStack();
let folder: TemporaryFolder;
let upstream: PlainServer;
let browser: OpenBrowser;
beforeAll(async () => {
  folder = stack.use(temporaryFolder());
  upstream = stack.use(await startPlainServer());
  browser = stack.use(await openBrowser());
});
afterAll(() => stack.disposeAsync());

const main = ({ page }: Look) => page.getByRole('main');

async function call(url: string, tool = 'echo'): Promise<void> {
  const speaker = speakTo(url, { name: 'cursor-vscode', version: '1.0.0' });
  await speaker.open();
  await speaker.call(tool);
}

describe('a fresh store', () => {
  it('says in each view what to do next', async () => {
    await using shown = await startShown(upstream.url, folder.in('fresh.db'));
    await using look = await browser.look(shown.page);
    for (const view of VIEWS.filter((each) => each !== 'health')) {
      await look.show(view);
      await main(look).getByText(NOTHING).first().waitFor();
      expect(await main(look).innerText(), view).toMatch(/mcpspan |tools\/list/);
    }
    await look.show('health');
    await main(look)
      .getByText(/^running for/)
      .waitFor();
    expect(look.troubles()).toEqual([]);
  });
});

describe('no store yet', () => {
  it('`mcpspan page` says so, and shows what is there once a mcpspan writes it', async () => {
    const store = folder.in('later/store.db');
    await using pages = await startPageOver(store);
    await using look = await browser.look(pages.page);
    await main(look).getByRole('alert').waitFor();
    expect(await main(look).innerText()).toContain('is not there yet');
    expect(await main(look).innerText()).toContain(store);
    await using shown = await startShown(upstream.url, store);
    await call(shown.url);
    await main(look).getByText('1 call in all').waitFor();
    await main(look).getByText('tools/call echo').waitFor();
    expect(look.troubles().filter((trouble) => !trouble.includes('503'))).toEqual([]);
  });
});

describe('filters that nothing matches', () => {
  it('stay visible, and are explained in place of figures', async () => {
    await using shown = await startShown(upstream.url, folder.in('filters.db'));
    await call(shown.url);
    await shown.untilCalled(1);
    await using look = await browser.look(shown.page, 'sessions?client=nobody&status=error');
    await main(look).getByText('No session in this period.').waitFor();
    expect(await look.page.getByRole('combobox', { name: 'Client' }).inputValue()).toBe('nobody');
    await look.page.getByRole('combobox', { name: 'Status' }).selectOption('');
    await look.page.getByRole('combobox', { name: 'Client' }).selectOption('');
    await main(look).getByRole('button', { name: 'cursor' }).waitFor();
    await look.show('tools?tool=nothing');
    await main(look).getByText('No tool was called or listed in this period.').waitFor();
    await look.show('now?server=elsewhere');
    await main(look).getByText('Only one server is selected').waitFor();
    expect(look.troubles()).toEqual([]);
  });

  it('a link to a session that is no longer in the store shows the others, and says so', async () => {
    await using shown = await startShown(upstream.url, folder.in('gone.db'));
    await call(shown.url);
    await shown.untilCalled(1);
    await using look = await browser.look(shown.page, 'sessions?session=4711');
    await main(look).getByRole('button', { name: 'cursor' }).waitFor();
    expect(await main(look).getByRole('button', { expanded: true }).count()).toBe(0);
    expect(look.troubles()).toEqual([]);
  });
});

describe('a mcpspan that is stopped', () => {
  it('is reported without losing the figures, and so is its return', async () => {
    const store = folder.in('stopped.db');
    const first = await startShown(upstream.url, store);
    await call(first.url);
    await first.untilCalled(1);
    await using look = await browser.look(first.page);
    const live = look.page.getByRole('status');
    await live.getByText('live', { exact: true }).waitFor();
    expect(await first.stop()).toBe(0);
    await live.getByText('not connected').waitFor();
    await using second = await startShown(upstream.url, store, ['--page', new URL(first.page).host]);
    expect(second.page).toBe(first.page);
    await live.getByText('live', { exact: true }).waitFor();
    await call(second.url, 'add');
    await main(look).getByText('2 calls in all').waitFor();
    await main(look).getByText('tools/call add').first().waitFor();
    const errors = look.troubles().filter((trouble) => !/ERR_(CONNECTION|INCOMPLETE|EMPTY)/.test(trouble));
    expect(errors).toEqual([]);
  });

  it('another view says that mcpspan does not answer, and shows its figures once it does', async () => {
    const store = folder.in('asked.db');
    const first = await startShown(upstream.url, store);
    await call(first.url);
    await first.untilCalled(1);
    await using look = await browser.look(first.page);
    expect(await first.stop()).toBe(0);
    await look.show('tools');
    await main(look).getByText('mcpspan does not answer').waitFor();
    await using second = await startShown(upstream.url, store, ['--page', new URL(first.page).host]);
    expect(second.page).toBe(first.page);
    await main(look).getByRole('link', { name: 'echo' }).waitFor();
  });
});
