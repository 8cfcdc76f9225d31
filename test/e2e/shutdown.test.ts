import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlp-receiver.ts';
import { connectRaw } from '../support/raw.ts';
import { startCli, type Cli } from './cli.ts';
import { startPlainServer, type PlainServer } from './plain-server.ts';
import { theSpan, total } from './signals.ts';
import { speakTo } from './speaker.ts';

const client = { name: 'shuts-down', version: '1.0.0' };

let upstream: PlainServer;
let receiver: OtlpReceiver;
let cli: Cli;
/** Calls of `echo` reach the server, and wait there. */
let held: ReturnType<typeof Promise.withResolvers<void>>;
let release: ReturnType<typeof Promise.withResolvers<false>>;

beforeEach(async () => {
  [upstream, receiver] = await Promise.all([startPlainServer(), startOtlpReceiver()]);
  held = Promise.withResolvers();
  release = Promise.withResolvers();
  upstream.intercept = ({ body }) => {
    if (!body.includes('"echo"')) return false;
    held.resolve();
    return release.promise;
  };
  return () => Promise.all([upstream[Symbol.asyncDispose](), receiver.close()]);
});
afterEach(() => cli[Symbol.asyncDispose]());

const start = async (...args: string[]): Promise<void> => {
  cli = await startCli(upstream.url, ['--name', 'stops', '--health', '127.0.0.1:0', ...args], {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
  });
};

/** Waits until something was exported: the observer may start late, and has three seconds for all of it at the end. */
const exports = (): Promise<void> => receiver.until(({ spans }) => spans.some(({ name }) => name === 'initialize'));

/** Tells it to stop, and waits until it is about to. */
async function beginToStop(): Promise<void> {
  const line = /^ {2}health {4}(\S+)$/m;
  await cli.untilSaid((stderr) => line.test(stderr));
  const readyz = line.exec(cli.stderr())?.[1] ?? '';
  expect((await fetch(readyz)).status).toBe(200);
  cli.kill();
  while ((await fetch(readyz)).status === 200) await delay(5);
}

describe('SIGTERM', () => {
  it('lets calls in flight finish, ends standing streams, sums up and flushes, and exits with 0', async () => {
    await start('--drain-seconds', '10');
    const speaker = speakTo(cli.url, client);
    await speaker.open();
    await speaker.call('add');
    await exports();
    const stream = await speaker.listen();
    const call = speaker.call('echo');
    await held.promise;
    await beginToStop();
    await stream.ended;
    await expect(connectRaw(cli.port)).rejects.toThrow('ECONNREFUSED');
    await cli.untilSaid((stderr) => stderr.includes('draining: 1 request in flight has up to 10 s to end\n'));
    release.resolve(false);
    expect(await call).toBe(200);
    expect(await cli.ended).toBe(0);
    expect(cli.stderr()).not.toContain('cut off');
    const { attributes } = theSpan(receiver.spans, 'mcp.session.summary');
    expect(attributes).toMatchObject({ 'mcpspan.end_reason': 'shutdown', 'mcpspan.summary.tool_calls': 2 });
    expect(theSpan(receiver.spans, 'tools/call echo').status.code).toBe('unset');
    expect(total(receiver, 'mcpspan.tool_calls')).toBe(2);
    expect(total(receiver, 'mcpspan.sessions.ended', { 'mcpspan.end_reason': 'shutdown' })).toBe(1);
  });

  it('goes on accepting for the time of --drain-delay', async () => {
    // Long enough for a busy machine to be asked twice meanwhile.
    await start('--drain-delay', '4');
    await beginToStop();
    const speaker = speakTo(cli.url, client);
    expect(await speaker.open()).toBe(200);
    expect(await speaker.call('add')).toBe(200);
    await exports();
    expect(await cli.ended).toBe(0);
    expect(cli.stderr()).toContain('stopping: not ready from now on; requests are accepted for 4 s more\n');
    // Nobody waited for anything.
    expect(cli.stderr()).not.toContain('draining');
    expect(theSpan(receiver.spans, 'tools/call add').status.code).toBe('unset');
  });

  it.each(['1', '2'])(
    'waits no longer than --drain-seconds, and tells of the call that it cut off (--threads %s)',
    async (threads) => {
      await start('--drain-seconds', '0.2', '--threads', threads);
      const speaker = speakTo(cli.url, client);
      await speaker.open();
      await exports();
      const call = speaker.call('echo').catch(() => 'cut off');
      await held.promise;
      expect(await cli.stop()).toBe(0);
      expect(await call).toBe('cut off');
      expect(cli.stderr()).toContain('mcpspan: draining: 1 request in flight has up to 0.2 s to end\n');
      expect(cli.stderr()).toContain(
        'mcpspan: 1 request was cut off after 0.2 s: tools/call echo of shuts-down; --drain-seconds gives them longer\n',
      );
      expect(theSpan(receiver.spans, 'tools/call echo').attributes['mcp.session.id']).toBe(speaker.sessionId);
      expect(theSpan(receiver.spans, 'mcp.session.summary').attributes['mcpspan.end_reason']).toBe('shutdown');
    },
  );

  it('counts what it cut off where nobody observes', async () => {
    cli = await startCli(upstream.url);
    const speaker = speakTo(cli.url, client);
    await speaker.open();
    const call = speaker.call('echo').catch(() => 'cut off');
    await held.promise;
    expect(await cli.stop()).toBe(0);
    expect(await call).toBe('cut off');
    expect(cli.stderr()).toMatch(/^mcpspan: 1 request was cut off at once; --drain-seconds gives them longer$/m);
  });

  it('begins no standing stream any more', async () => {
    await start('--drain-seconds', '600');
    const speaker = speakTo(cli.url, client);
    await speaker.open();
    const stream = await speaker.listen();
    const call = speaker.call('echo');
    await held.promise;
    await using wire = await connectRaw(cli.port);
    await wire.send(`GET /mcp HTTP/1.1\r\nHost: localhost\r\nMcp-Session-Id: ${speaker.sessionId}\r\n`);
    await beginToStop();
    await stream.ended;
    await wire.send('Accept: text/event-stream\r\n\r\n');
    // Long before the time to drain is over.
    await wire.ended;
    release.resolve(false);
    await call;
  });

  it('does not wait for connections on which nothing was ever asked', async () => {
    await start('--drain-seconds', '600');
    await using wire = await connectRaw(cli.port);
    await beginToStop();
    await wire.ended;
    expect(await cli.ended).toBe(0);
  });

  it('ends the process at once, when it comes a second time', async () => {
    await start('--drain-seconds', '60');
    const speaker = speakTo(cli.url, client);
    await speaker.open();
    const call = speaker.call('echo').catch(() => 'cut off');
    await held.promise;
    await beginToStop();
    cli.kill();
    expect(await cli.ended).toBe(143);
    expect(await call).toBe('cut off');
  });

  it('ends with 0 too when nothing can be delivered, and says so', async () => {
    await start();
    const speaker = speakTo(cli.url, client);
    await speaker.open();
    await exports();
    receiver.behave('hold');
    await speaker.call('add');
    expect(await cli.stop()).toBe(0);
    expect(cli.stderr()).toMatch(/^mcpspan: \d+ spans were not delivered to /m);
    receiver.behave('accept');
  });
});

describe('SIGINT', () => {
  it('is as good as SIGTERM', async () => {
    await start();
    expect(await speakTo(cli.url, client).open()).toBe(200);
    cli.kill('SIGINT');
    expect(await cli.ended).toBe(0);
  });
});
