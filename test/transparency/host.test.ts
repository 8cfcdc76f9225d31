import { expect, it } from 'vitest';
import { readAnswer } from '../support/http-message.ts';
import { startTestProxy } from '../support/proxy.ts';
import { connectRaw } from '../support/raw.ts';
import { startUpstream } from '../support/upstream.ts';

/** The Host values that reach the upstream for a request that names `localhost:9`, and the upstream's own name. */
async function hostsSeen(args: readonly string[]): Promise<{ seen: string[]; own: string }> {
  let seen: string[] = [];
  await using upstream = await startUpstream(async ({ fields, wire }) => {
    seen = fields.filter(([name]) => name.toLowerCase() === 'host').map(([, value]) => value);
    await wire.send('HTTP/1.1 204 No Content\r\n\r\n');
  });
  await using proxy = await startTestProxy(upstream.url, args);
  await using client = await connectRaw(proxy.port);
  await client.send('GET /mcp HTTP/1.1\r\nHost: localhost:9\r\n\r\n');
  await readAnswer(client);
  return { seen, own: new URL(upstream.url).host };
}

it('an upstream on loopback gets the Host the client sent [MCP-ORIGIN-3]', async () => {
  expect((await hostsSeen([])).seen).toEqual(['localhost:9']);
});

it('--upstream-host upstream sends the name of the upstream', async () => {
  const { seen, own } = await hostsSeen(['--upstream-host', 'upstream']);
  expect(seen).toEqual([own]);
});
