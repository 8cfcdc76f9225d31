import { EventEmitter, once } from 'node:events';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startPlainServer, type PlainServer } from '../e2e/plain-server.ts';
import { speakTo } from '../e2e/speaker.ts';
import { eventually } from '../stack/support/eventually.ts';
import { askAs, run } from './support/container.ts';
import { docker } from './support/docker.ts';
import { KNOWS_HOST, onTheHost, type OnTheHost } from './support/host-server.ts';

const found = inject('engine');
const CLIENT = { name: 'in-docker', version: '1.0.0' };
/** As docs/docker.md has it. */
const PUBLISHED = ['--read-only', '-p', '127.0.0.1:0:4100', ...KNOWS_HOST];
const SAFE = ['--allow-host', 'localhost'];

describe.skipIf(found === undefined)('mcpspan in a container', () => {
  // Without an engine nothing here runs.
  const engine = found as NonNullable<typeof found>;
  let server: PlainServer;
  let host: OnTheHost;
  beforeAll(async () => {
    server = await startPlainServer();
    host = await onTheHost(engine, server.port);
  });
  afterAll(async () => {
    await host[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const urlOf = (port: number): string => `http://localhost:${port}/mcp`;

  it('without a writable file system stands before a server of the host, and is healthy', async () => {
    await using mcpspan = await run(engine, PUBLISHED, [...SAFE, '--upstream', host.url]);
    expect(await mcpspan.health()).toMatchObject({ Status: 'healthy', Log: [{ ExitCode: 0, Output: '' }] });
    const client = speakTo(urlOf(await mcpspan.port(4100)), CLIENT);
    expect(await client.open()).toBe(200);
    expect(await client.call('echo')).toBe(200);
    expect(await mcpspan.log()).not.toContain('takes requests for any Host');
  });

  it('refuses a page that gave its own name our address, and where no host is named says that it does not', async () => {
    await using safe = await run(engine, PUBLISHED, [...SAFE, '--upstream', host.url]);
    await using open = await run(engine, PUBLISHED, ['--upstream', host.url]);
    await Promise.all([safe, open].map((one) => one.said(/health +http/)));
    const ping = { path: '/mcp', body: '{"jsonrpc":"2.0","id":1,"method":"ping"}' };
    expect(await askAs('evil.example', await safe.port(4100), ping)).toMatchObject({
      status: 403,
      text: expect.stringContaining('--allow-host evil.example'),
    });
    expect(await askAs('localhost', await safe.port(4100), ping)).toMatchObject({ status: 200 });
    expect(await askAs('evil.example', await open.port(4100), ping)).toMatchObject({ status: 200 });
    await open.said(/--listen 0\.0\.0\.0:4100 takes requests for any Host.*--allow-host NAME/);
  });

  it('is found by its health check on the port of a flag', async () => {
    await using flag = await run(
      engine,
      ['--read-only'],
      [...SAFE, '--upstream', host.url, '--health', '0.0.0.0:4999'],
    );
    await using off = await run(engine, ['--read-only'], [...SAFE, '--upstream', host.url, '--health', 'off']);
    expect(await flag.health()).toMatchObject({ Status: 'healthy', Log: [{ Output: '' }] });
    const said = expect.stringContaining('--health is off');
    expect(await off.health()).toMatchObject({ Status: 'healthy', Log: [{ Output: said }] });
  });

  it('is not healthy while it hangs, and says why', async () => {
    await using mcpspan = await run(engine, ['--read-only'], [...SAFE, '--upstream', host.url]);
    await mcpspan.said(/health +http/);
    // tini passes no SIGSTOP on: its child has to be named.
    const hang = `const fs = require('node:fs');
      for (const pid of fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name) && Number(name) !== process.pid))
        if (fs.readFileSync('/proc/' + pid + '/cmdline', 'utf8').startsWith('node')) process.kill(Number(pid), 'SIGSTOP');`;
    const check = ['exec', mcpspan.id, 'node', '/app/dist/mcpspan.cjs', 'healthcheck'];
    expect(await docker(engine, ...check)).toBe('');
    await docker(engine, 'exec', mcpspan.id, 'node', '-e', hang);
    await expect(docker(engine, ...check)).rejects.toThrow(
      'mcpspan: not healthy: 127.0.0.1:4102 does not answer within 2.5 s',
    );
  });

  it('opens its page with a token, which no log has', async () => {
    const page = ['--page', '0.0.0.0:4101', '--page-token', 's3cret', '--store', '/var/lib/mcpspan/store.db'];
    await using mcpspan = await run(
      engine,
      [...PUBLISHED, '-p', '127.0.0.1:0:4101', '-v', '/var/lib/mcpspan'],
      [...SAFE, '--upstream', host.url, ...page],
    );
    await mcpspan.said(/page +http:\/\/localhost:4101\/\?token=TOKEN \(TOKEN is the value of --page-token\)/);
    const port = await mcpspan.port(4101);
    expect((await askAs(`localhost:${port}`, port, { path: '/' })).status).toBe(401);
    expect(await askAs(`localhost:${port}`, port, { path: '/?token=s3cret' })).toMatchObject({
      status: 200,
      text: expect.stringContaining('<html'),
    });
    expect(await mcpspan.log()).not.toContain('s3cret');
  });

  it('keeps a spool on a volume as a user whom nobody knows, without a capability', async () => {
    const volume = `mcpspan-spool-${process.pid}`;
    const rights = '--user 1234567890:0 --cap-drop ALL --security-opt no-new-privileges';
    const kept = `-v ${volume}:/var/lib/mcpspan -e OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:9 -e MCPSPAN_DRAIN_DELAY=0`;
    const options = [...PUBLISHED, ...`${rights} ${kept}`.split(' ')];
    const args = [...SAFE, '--upstream', host.url, '--spool', '/var/lib/mcpspan/spool'];
    try {
      await using mcpspan = await run(engine, options, args);
      await mcpspan.said(/health +http/);
      const client = speakTo(urlOf(await mcpspan.port(4100)), CLIENT);
      expect(await client.open()).toBe(200);
      expect(await client.end()).toBe(200);
      await mcpspan.said(/spans cannot be exported/);
      expect((await mcpspan.stop()).code).toBe(0);
      expect(await mcpspan.log()).toMatch(/ [1-9]\d* spans wait in the spool for the next start/);
    } finally {
      await docker(engine, 'volume', 'rm', '-f', volume);
    }
  });

  it('when it is stopped goes on for the drain delay, answers the call in flight, and ends with 0', async () => {
    const held = new EventEmitter();
    server.intercept = async ({ body }) => {
      if (!body.includes('"tools/call"')) return false;
      held.emit('call');
      await once(held, 'release');
      return false;
    };
    try {
      await using mcpspan = await run(engine, PUBLISHED, [...SAFE, '--upstream', host.url]);
      await mcpspan.said(/health +http/);
      const port = await mcpspan.port(4100);
      const client = speakTo(urlOf(port), CLIENT);
      expect(await client.open()).toBe(200);
      const [call] = [client.call('echo'), await once(held, 'call')];
      const stopping = mcpspan.stop();
      const late = speakTo(urlOf(port), CLIENT);
      expect(await late.open()).toBe(200);
      // After the drain delay nobody can connect any more; the call is still open.
      await eventually('it listens no more', async () =>
        late.send({ id: 1, method: 'ping' }).then(
          () => undefined,
          () => true,
        ),
      );
      held.emit('release');
      expect(await call).toBe(200);
      const { code, seconds } = await stopping;
      expect(code).toBe(0);
      expect(seconds).toBeGreaterThan(5);
      expect(seconds).toBeLessThan(25);
    } finally {
      server.intercept = () => false;
    }
  });
});
