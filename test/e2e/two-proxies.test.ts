import { expect, it } from 'vitest';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { startCli } from './cli.ts';
import { startPlainServer } from './plain-server.ts';
import { orphans, theSpan, total, traceOf, tree } from './signals.ts';
import { speakTo } from './speaker.ts';

it('two proxies that share the requests of one session make one trace of it, with one root, counted once', async () => {
  await using upstream = await startPlainServer();
  await using receiver = await startOtlpReceiver();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url };
  const start = (instance: string) =>
    startCli(upstream.url, ['--name', 'shared'], { ...env, OTEL_RESOURCE_ATTRIBUTES: `replica=${instance}` });
  const [one, other] = await Promise.all([start('one'), start('other')]);
  await using _one = one;
  await using _other = other;

  const speaker = speakTo(one.url, { name: 'balanced', version: '1.0.0' });
  await speaker.open();
  const sessionId = speaker.sessionId ?? '';
  const detour = speakTo(other.url, { name: 'balanced', version: '1.0.0' }, { 'mcp-session-id': sessionId });
  for (let call = 0; call < 6; call++) await (call % 2 === 0 ? detour : speaker).call('echo');
  await receiver.until(({ spans }) => spans.filter(({ name }) => name === 'tools/call echo').length === 6);
  expect(await Promise.all([one.stop(), other.stop()])).toEqual([0, 0]);

  const spans = traceOf(receiver.spans, sessionId);
  expect(receiver.spans).toHaveLength(spans.length);
  expect(orphans(spans)).toEqual([]);
  expect(tree(spans)).toEqual([
    'mcp.session INTERNAL',
    '  initialize SERVER',
    '  notifications/initialized SERVER',
    ...Array.from({ length: 6 }, () => '  tools/call echo SERVER'),
    '  mcp.session.summary INTERNAL',
    '  mcp.session.summary INTERNAL',
  ]);
  expect(theSpan(spans, 'mcp.session').resource['replica']).toBe('one');
  const summary = (opened: string) => theSpan(spans, 'mcp.session.summary', { 'mcpspan.session.opened': opened });
  expect(summary('handshake').resource['replica']).toBe('one');
  expect(summary('handshake').attributes).not.toHaveProperty('mcpspan.summary.partial');
  expect(summary('attached').resource['replica']).toBe('other');
  expect(summary('attached').attributes['mcpspan.summary.partial']).toBe(true);

  expect(total(receiver, 'mcpspan.tool_calls')).toBe(6);
  expect(total(receiver, 'mcpspan.handshakes')).toBe(1);
  for (const metric of ['mcpspan.sessions.ended', 'mcp.server.session.duration', 'mcpspan.session.tool_calls']) {
    expect(total(receiver, metric), metric).toBe(1);
  }
  // A proxy that did not see the handshake knows the client by the table, by its User-Agent, or not at all.
  expect(total(receiver, 'mcpspan.sessions', { 'mcpspan.session.opened': 'handshake' })).toBe(1);
});
