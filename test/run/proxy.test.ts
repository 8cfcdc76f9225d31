import { expect, it } from 'vitest';
import { startTestProxy } from '../support/proxy.ts';

const CHANNEL = 'mcpspan-test-slow-observer';
/** An observer that is ready when it is told so. */
const SLOW = `
  import { parentPort } from 'node:worker_threads';
  const channel = new BroadcastChannel('${CHANNEL}');
  channel.onmessage = () => parentPort.postMessage({ kind: 'ready', page: 'http://127.0.0.1:4101' });
  parentPort.on('message', () => process.exit());
`;

it('a proxy whose observer takes its time starts without it, and says where the page is when there is one', async () => {
  const observerEntry = new URL(`data:text/javascript,${encodeURIComponent(SLOW)}`);
  await using proxy = await startTestProxy('http://127.0.0.1:9/mcp', ['--page', '127.0.0.1:0'], { observerEntry });
  expect(proxy.said).toEqual([]);
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage('be ready');
  await expect.poll(() => proxy.said).toEqual(['the page is open now: http://127.0.0.1:4101']);
  channel.close();
});

it('a proxy whose copies nobody would read starts no observer', async () => {
  const observerEntry = new URL('data:text/javascript,throw new Error("it was started")');
  const proxy = await startTestProxy('http://127.0.0.1:9/mcp', [], { observerEntry });
  await proxy.stop();
  expect(proxy.said).toEqual([]);
});
