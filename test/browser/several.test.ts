import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { expect, it } from 'vitest';
import { speakTo } from '../e2e/speaker.ts';
import { startPlainServer } from '../e2e/plain-server.ts';
import { through } from '../e2e/wrapped.ts';
import { temporaryFolder } from '../store/store-rig.ts';
import { openBrowser } from './browser.ts';
import { startPageOver, startShown } from './shown.ts';
import { rowsOf, tableWith } from './table.ts';

const EVERYTHING = fileURLToPath(
  new URL('../../node_modules/@modelcontextprotocol/server-everything/dist/index.js', import.meta.url),
);

it('`mcpspan page` shows a proxy and a wrapped command that share a store, both live', async () => {
  await using stack = new AsyncDisposableStack();
  const store = stack.use(temporaryFolder()).in('store.db');
  const upstream = stack.use(await startPlainServer());
  const proxy = stack.use(await startShown(upstream.url, store, ['--name', 'quiz', '--page', '127.0.0.1:0']));
  const [command, ...args] = through([process.execPath, EVERYTHING, 'stdio'], ['--store', store, '--name', 'wrapped']);
  const client = new Client({ name: 'claude-desktop', version: '1.0.0' });
  await client.connect(new StdioClientTransport({ command, args, stderr: 'ignore', env: {} }));
  stack.defer(() => client.close());
  const { page: url } = stack.use(await startPageOver(store));
  const look = stack.use(await stack.use(await openBrowser()).look(url));
  const main = look.page.getByRole('main');

  await client.callTool({ name: 'echo', arguments: { message: 'hello' } });
  const speaker = speakTo(proxy.url, { name: 'cursor-vscode', version: '1.0.0' });
  await speaker.open();
  await speaker.call('add');
  const calls = main.getByRole('list').filter({ hasText: 'tools/call' }).last();
  await calls.getByText('tools/call echo').waitFor();
  await calls.getByText('tools/call add').waitFor();
  const byServer = () => rowsOf(tableWith(main, 'Client', 'Server', 'Tool calls'));
  await expect.poll(byServer).toEqual([
    expect.objectContaining({ Client: expect.stringContaining('cursor'), Server: 'quiz', 'Tool calls': '1' }),
    expect.objectContaining({
      Client: expect.stringContaining('claude-desktop'),
      Server: 'wrapped',
      'Tool calls': '1',
    }),
  ]);

  await look.show('health');
  await expect
    .poll(async () => (await rowsOf(tableWith(main, 'Server', 'State'))).toSorted(byName))
    .toEqual([
      expect.objectContaining({ Server: 'quiz', State: expect.stringMatching(/^running for /) }),
      expect.objectContaining({ Server: 'wrapped', 'From, to': 'wraps a command' }),
    ]);
  expect(look.troubles()).toEqual([]);
});

const byName = (a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): number =>
  (a['Server'] ?? '').localeCompare(b['Server'] ?? '');

it('what an earlier run saw is shown after a restart, and what comes is added to it', async () => {
  await using stack = new AsyncDisposableStack();
  const store = stack.use(temporaryFolder()).in('store.db');
  const upstream = stack.use(await startPlainServer());
  const first = await startShown(upstream.url, store, ['--name', 'quiz']);
  const speaker = speakTo(first.url, { name: 'cursor-vscode', version: '1.0.0' });
  await speaker.open();
  await speaker.call('add');
  expect(await first.stop()).toBe(0);

  const second = stack.use(await startShown(upstream.url, store, ['--name', 'quiz']));
  const look = stack.use(await stack.use(await openBrowser()).look(second.page, 'sessions'));
  const main = look.page.getByRole('main');
  const sessions = () => rowsOf(tableWith(main, 'Client', 'Operations', 'Calls'));
  expect(await sessions()).toMatchObject([{ Client: expect.stringContaining('cursor'), Calls: '1' }]);
  await look.show('now');
  await main.getByText('tools/call add').waitFor();

  const later = speakTo(second.url, { name: 'openai-mcp', version: '1.0.0' });
  await later.open();
  await later.call('echo');
  await main.getByText('2 calls in all').waitFor();
  await look.show('sessions');
  expect(await sessions()).toMatchObject([
    { Client: expect.stringContaining('chatgpt') },
    { Client: expect.stringContaining('cursor') },
  ]);
  await look.show('health');
  const states = (await rowsOf(tableWith(main, 'Server', 'State'))).map((row) => row['State']);
  expect(states).toEqual([expect.stringMatching(/^running for /), expect.stringMatching(/^ended /)]);
  expect(look.troubles()).toEqual([]);
});
