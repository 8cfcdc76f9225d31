import { expect, it } from 'vitest';
import { startPlainServer } from '../e2e/plain-server.ts';
import { speakTo } from '../e2e/speaker.ts';
import { temporaryFolder } from '../store/store-rig.ts';
import { openBrowser } from './browser.ts';
import { startShown } from './shown.ts';

/** Where the trace of a session leads to, and its id. */
async function linkOf(...args: readonly string[]): Promise<{ href: string | null; traceId: string } | undefined> {
  await using stack = new AsyncDisposableStack();
  const store = stack.use(temporaryFolder()).in('store.db');
  const upstream = stack.use(await startPlainServer());
  const shown = stack.use(await startShown(upstream.url, store, args));
  const speaker = speakTo(shown.url, { name: 'cursor-vscode', version: '1.0.0' });
  await speaker.open();
  await speaker.call('echo');
  await shown.untilCalled(1);
  const { traceId = '' } = (await shown.ask('sessions')).sessions[0] ?? {};
  const look = stack.use(await stack.use(await openBrowser()).look(shown.page, `sessions?session=${traceId}`));
  const main = look.page.getByRole('main');
  await main.getByText(traceId).first().waitFor();
  await main.getByText('tools/call echo').waitFor();
  const link = main.getByRole('link', { name: /trace/ }).first();
  expect(look.troubles()).toEqual([]);
  return (await link.count()) === 0 ? undefined : { href: await link.getAttribute('href'), traceId };
}

it('a template is filled in', async () => {
  const link = await linkOf('--trace-link', 'https://traces.test/find?id={traceId}&x=1');
  expect(link?.href).toBe(`https://traces.test/find?id=${link?.traceId}&x=1`);
});

it("Grafana's Explore is asked for the trace", async () => {
  const link = await linkOf('--trace-link', 'https://grafana.test/explore');
  const { origin, pathname, searchParams } = new URL(link?.href ?? '');
  expect(`${origin}${pathname}`).toBe('https://grafana.test/explore');
  const panes: unknown = JSON.parse(searchParams.get('panes') ?? '');
  expect(panes).toMatchObject({ mcpspan: { queries: [{ query: link?.traceId }] } });
});

it('without --trace-link there is the id of the trace, and no link', async () => {
  expect(await linkOf()).toBeUndefined();
});
