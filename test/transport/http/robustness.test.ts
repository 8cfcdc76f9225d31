import { describe, expect, it } from 'vitest';
import { startTestProxy } from '../../support/proxy.ts';
import { connectRaw } from '../../support/raw.ts';
import { startUpstream } from '../../support/upstream.ts';

const CALL = 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}';

describe('the relay goes on after', () => {
  it('a client that asks for CONNECT and resets the connection', async () => {
    await using upstream = await startUpstream();
    await using proxy = await startTestProxy(upstream.url);
    for (let round = 0; round < 20; round++) {
      const client = await connectRaw(proxy.port);
      await client.send('CONNECT elsewhere:443 HTTP/1.1\r\nHost: localhost\r\n\r\n');
      client.reset();
    }
    await using client = await connectRaw(proxy.port);
    await client.send(CALL);
    expect((await client.readThrough('\r\n\r\n')).toString('latin1')).toContain('HTTP/1.1 204');
  });

  it('an answer whose trailer holds a byte beyond ASCII, which ends like any other', async () => {
    await using upstream = await startUpstream(async ({ body, wire }) => {
      await body();
      const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
      await wire.send(Buffer.from(`${head}2\r\nok\r\n0\r\nX-T: caf\xe9\r\n\r\n`, 'latin1'));
    });
    await using proxy = await startTestProxy(upstream.url);
    await using client = await connectRaw(proxy.port);
    await client.send(CALL);
    const answer = (await client.readThrough('X-T: caf\xe9\r\n\r\n')).toString('latin1');
    expect(answer).toContain('2\r\nok\r\n0\r\n');
  });
});
