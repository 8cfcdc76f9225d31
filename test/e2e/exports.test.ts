import { describe, expect, it } from 'vitest';
import { httpServer } from '../support/listen.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { startCli } from './cli.ts';
import { startPlainServer } from './plain-server.ts';
import { total } from './signals.ts';
import { speakTo } from './speaker.ts';

const client = { name: 'exports', version: '1.0.0' };
const SIGNALS = ['spans', 'metrics', 'logs'];
const countOf = (text: string, part: string): number => text.split(part).length - 1;

describe('an endpoint that refuses, then accepts', () => {
  it('is told of once each way; what waited arrives, and the traffic does not notice', async () => {
    await using upstream = await startPlainServer();
    await using receiver = await startOtlpReceiver();
    receiver.behave('refuse');
    await using cli = await startCli(upstream.url, ['--name', 'exports'], {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      // An exporter tries for so long by itself before it gives a batch up.
      OTEL_EXPORTER_OTLP_TIMEOUT: '1000',
      OTEL_METRIC_EXPORT_TIMEOUT: '1000',
    });
    const speaker = speakTo(cli.url, client);
    expect(await speaker.open()).toBe(200);
    const failing = (stderr: string): number => countOf(stderr, 'cannot be exported to');
    while (failing(cli.stderr()) < 2) expect(await speaker.call('add')).toBe(200);
    // A second failure of each is no news.
    const before = receiver.requests.length;
    await receiver.until(({ requests }) => requests.length > before + 3);
    receiver.behave('accept');
    expect(await speaker.call('echo')).toBe(200);
    await receiver.until(({ spans }) => spans.some(({ name }) => name === 'tools/call echo'));
    await cli.untilSaid((stderr) => countOf(stderr, ' again after ') >= 2);
    await receiver.until(() => total(receiver, 'mcpspan.self.export_failures') > 0);
    // Counters are cumulative: nothing of what happened meanwhile is missing.
    expect(total(receiver, 'mcpspan.handshakes', { 'mcpspan.handshake.kind': 'initialize' })).toBe(1);
    await receiver.until(({ logs }) => logs.some(({ eventName }) => eventName === 'mcpspan.export.restored'));
    expect(await cli.stop()).toBe(0);
    for (const signal of SIGNALS) {
      const failed = countOf(cli.stderr(), `${signal} cannot be exported to ${receiver.url}`);
      expect(failed, signal).toBeLessThanOrEqual(1);
      expect(countOf(cli.stderr(), `${signal} reach ${receiver.url}`), signal).toBe(failed);
    }
  });
});

describe.each([
  { protocol: 'http/protobuf', scheme: 'http' },
  { protocol: 'grpc', scheme: 'http' },
])('an endpoint that nobody listens on, over $protocol', ({ protocol, scheme }) => {
  it('harms nothing, and is told of', async () => {
    await using upstream = await startPlainServer();
    const nobody = await httpServer(() => undefined);
    await nobody.close();
    await using cli = await startCli(upstream.url, [], {
      OTEL_EXPORTER_OTLP_ENDPOINT: `${scheme}://127.0.0.1:${nobody.port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_TIMEOUT: '100',
      OTEL_METRIC_EXPORT_TIMEOUT: '100',
    });
    expect(cli.stderr()).toContain(`(${protocol})`);
    const speaker = speakTo(cli.url, client);
    expect(await speaker.open()).toBe(200);
    for (let call = 0; call < 5; call++) expect(await speaker.call('echo')).toBe(200);
    await cli.untilSaid((stderr) => stderr.includes('spans cannot be exported to'));
    expect(await speaker.call('echo')).toBe(200);
    expect(await cli.stop()).toBe(0);
    expect(countOf(cli.stderr(), 'spans cannot be exported to')).toBe(1);
    expect(cli.stderr()).toMatch(/\d+ spans were not delivered/);
    expect(cli.stdout()).toBe('');
  });
});
