import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlp-receiver.ts';
import { startTestProxy, type TestProxy } from '../support/proxy.ts';
import { startPlainServer, type PlainServer } from './plain-server.ts';
import { theSpan, total, traceOf, tree, watchOrphans } from './signals.ts';
import { speakTo, type Speaker } from './speaker.ts';

const client = { name: 'carries-on', version: '1.0.0' };
const CALLS = 5;

describe('an observer that is killed in the middle of a session', () => {
  let upstream: PlainServer;
  let receiver: OtlpReceiver;
  let proxy: TestProxy;
  let speaker: Speaker;
  let orphans: ReturnType<typeof watchOrphans>;
  const env: Record<string, string> = { OTEL_BSP_SCHEDULE_DELAY: '50', OTEL_METRIC_EXPORT_INTERVAL: '200' };

  beforeAll(async () => {
    [upstream, receiver] = await Promise.all([startPlainServer(), startOtlpReceiver()]);
    orphans = watchOrphans(receiver);
    env['OTEL_EXPORTER_OTLP_ENDPOINT'] = receiver.url;
    // The SDK on the observer's thread reads the environment of the process.
    Object.assign(process.env, env);
    const observerEntry = new URL('./observers/dies-when-told.ts', import.meta.url);
    proxy = await startTestProxy(upstream.url, ['--name', 'carries-on'], { env, observerEntry });
    speaker = speakTo(proxy.url, client);
  });
  afterAll(async () => {
    for (const name of Object.keys(env)) Reflect.deleteProperty(process.env, name);
    await proxy.stop();
    await Promise.all([upstream[Symbol.asyncDispose](), receiver.close()]);
  });

  const calls = (tool: string) => receiver.spans.filter(({ name }) => name === `tools/call ${tool}`).length;

  it('costs the traffic nothing: calls are answered while there is none', async () => {
    expect(await speaker.open()).toBe(200);
    expect(await speaker.call('add')).toBe(200);
    await receiver.until(() => calls('add') === 1);
    const channel = new BroadcastChannel('mcpspan-test-kill-observer');
    channel.postMessage('die');
    while (!proxy.said.some((line) => line.includes('observer failed'))) {
      expect(await speaker.call('add')).toBe(200);
    }
    channel.close();
    for (let call = 0; call < CALLS; call++) expect(await speaker.call('echo')).toBe(200);
  });

  it('is started again, takes up the session in the same trace, and makes no second root', async () => {
    await receiver.until(() => calls('echo') === CALLS);
    const spans = traceOf(receiver.spans, speaker.sessionId);
    expect(tree(spans).slice(0, 4)).toEqual([
      'mcp.session INTERNAL',
      '  initialize SERVER',
      '  notifications/initialized SERVER',
      '  tools/call add SERVER',
    ]);
    expect(tree(spans).filter((line) => line.includes('echo'))).toHaveLength(CALLS);
  });

  it('is counted and told of', async () => {
    expect(proxy.said.filter((line) => line.includes('observer'))).toHaveLength(1);
    await receiver.until(() => total(receiver, 'mcpspan.self.observer_restarts') === 1);
    await receiver.until(({ logs }) => logs.some(({ eventName }) => eventName === 'mcpspan.observer.restarted'));
  });

  it('leaves a session that nobody counts twice, and whose last summary says that it is not all', async () => {
    await proxy.stop();
    const spans = traceOf(receiver.spans, speaker.sessionId);
    expect(theSpan(spans, 'mcp.session.summary').attributes).toMatchObject({
      'mcpspan.session.opened': 'attached',
      'mcpspan.summary.partial': true,
      'mcpspan.summary.tool_calls': expect.any(Number),
    });
    // These are the second observer's figures: its counters begin at zero.
    expect(total(receiver, 'mcpspan.sessions', { 'mcpspan.session.opened': 'attached' })).toBe(1);
    expect(total(receiver, 'mcpspan.sessions.ended')).toBe(0);
    expect(await orphans.stop()).toEqual([]);
  });
});
