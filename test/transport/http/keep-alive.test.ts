import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { startTestProxy } from '../../support/proxy.ts';
import { connectRaw } from '../../support/raw.ts';
import { startUpstream } from '../../support/upstream.ts';

const ESTABLISHED = '01';
const KEEP_ALIVE_TIMER = '02';

/** The timers of the connections that were accepted on a port, as Linux tells them. */
function timersOn(port: number): string[] {
  const local = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, address, , state]) => address?.endsWith(local) === true && state === ESTABLISHED)
    .map(([, , , , , timer = '']) => timer.slice(0, 2));
}

it.runIf(process.platform === 'linux')('a client that vanishes without a word is probed for by TCP', async () => {
  await using upstream = await startUpstream(async ({ wire }) => {
    await wire.send('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n');
    await wire.ended;
  });
  await using proxy = await startTestProxy(upstream.url);
  await using client = await connectRaw(proxy.port);
  await client.send('GET /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await client.readThrough('\r\n\r\n');
  await expect.poll(() => timersOn(proxy.port)).toEqual([KEEP_ALIVE_TIMER]);
});
