import { ElicitRequestSchema } from '@modelcontextprotocol/sdk/types.js';
import { connectV1, connectV2 } from '../e2e/clients.ts';
import { speakTo } from '../e2e/speaker.ts';
import { temporaryFolder, type TemporaryFolder } from '../store/store-rig.ts';
import { startFullServer } from '../support/full-server.ts';
import { openBrowser, type OpenBrowser } from './browser.ts';
import { startShown, type Shown } from './shown.ts';

/** A server, a mcpspan with its page, and a browser. */
export interface Stage extends AsyncDisposable {
  readonly upstream: string;
  readonly folder: TemporaryFolder;
  readonly store: string;
  readonly shown: Shown;
  readonly browser: OpenBrowser;
}

/** @param args of mcpspan */
export async function setStage(args: readonly string[] = ['--name', 'quiz']): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(temporaryFolder());
  const store = folder.in('store.db');
  const upstream = stack.use(await startFullServer());
  const shown = stack.use(await startShown(upstream.url, store, args));
  const browser = stack.use(await openBrowser());
  const held = stack.move();
  return { upstream: upstream.url, folder, store, shown, browser, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** A client that is asked, told of progress, and that fails once: 6 tool calls of 10 operations. It stays connected. */
export async function playCursor(url: string): Promise<{ sessionId: string; close(): Promise<void> }> {
  const { client, transport } = await connectV1(url, 'cursor-vscode', { elicitation: {} }, (prepared) =>
    prepared.setRequestHandler(ElicitRequestSchema, () => ({ action: 'accept', content: { response: 'yes' } })),
  );
  await client.listTools();
  await client.callTool({ name: 'test_elicitation', arguments: { message: 'Sure?' } });
  await client.callTool({ name: 'test_tool_with_progress' }, undefined, { onprogress: () => undefined });
  await client.callTool({ name: 'test_error_handling' });
  for (let call = 0; call < 3; call++) await client.callTool({ name: 'test_simple_text' });
  return { sessionId: transport.sessionId ?? '', close: () => client.close() };
}

/** A client that opens a session for each of its calls. */
export async function playChatgpt(url: string, calls: number): Promise<void> {
  for (let call = 0; call < calls; call++) {
    const speaker = speakTo(url, { name: 'openai-mcp', version: '1.0.0' });
    await speaker.open();
    await speaker.call('test_simple_text');
  }
}

/** A client of 2026-07-28, and a scanner that nobody knows. */
export async function playOthers(url: string): Promise<void> {
  const { client } = await connectV2(url, 'antigravity-client', 'modern');
  for (let call = 0; call < 5; call++) await client.callTool({ name: 'test_simple_text', arguments: {} });
  await client.close();
  const scanner = speakTo(url, { name: 'nobody-knows', version: '0' });
  await scanner.send({ id: 1, method: 'admin/dump', params: {} });
  await scanner.call('read_file');
}

/** Some of everything. */
export async function playAll(url: string): Promise<{ sessionId: string; close(): Promise<void> }> {
  const cursor = await playCursor(url);
  await playChatgpt(url, 6);
  await playOthers(url);
  return cursor;
}
