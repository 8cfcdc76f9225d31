import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startOtlpReceiver, type OtlpReceiver } from '../support/otlp-receiver.ts';
import { startCli } from './cli.ts';
import { startPlainServer, type PlainServer } from './plain-server.ts';
import { total } from './signals.ts';
import { speakTo } from './speaker.ts';

const SESSIONS = 32;
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const client = { name: 'sampled', version: '1.0.0' };

let upstream: PlainServer;
let receiver: OtlpReceiver;

beforeAll(async () => {
  upstream = await startPlainServer();
});
beforeEach(async () => {
  upstream.arrived.length = 0;
  receiver = await startOtlpReceiver();
  return () => receiver.close();
});
afterAll(() => upstream[Symbol.asyncDispose]());

/** Plays sessions of one call each through a proxy with this sampler, to the end of the process. */
async function play(env: Readonly<Record<string, string>>): Promise<void> {
  await using cli = await startCli(upstream.url, ['--name', 'sampled'], {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    ...env,
  });
  await Promise.all(
    Array.from({ length: SESSIONS }, async (_, index) => {
      const speaker = speakTo(cli.url, client);
      await speaker.open();
      // The callers that nobody knows say that they do not sample.
      await speaker.call(
        'echo',
        index % 2 === 0 ? { headers: { traceparent: `00-${TRACE}-00000000000000aa-00` } } : {},
      );
      await speaker.call('add');
    }),
  );
  expect(await cli.stop()).toBe(0);
}

/** What the upstream was told of our spans: `trace-span`, by whether they are sampled. */
function told(): { sampled: Set<string>; unsampled: Set<string> } {
  const parents = upstream.arrived.flatMap(({ headers }) => {
    const { traceparent } = headers;
    return typeof traceparent === 'string' && !traceparent.includes(TRACE) ? [traceparent] : [];
  });
  const withFlag = (flag: string) =>
    new Set(parents.filter((parent) => parent.endsWith(flag)).map((parent) => parent.slice(3, -3)));
  return { sampled: withFlag('-01'), unsampled: withFlag('-00') };
}

const countsAll = () => {
  expect(total(receiver, 'mcpspan.tool_calls')).toBe(2 * SESSIONS);
  expect(total(receiver, 'mcpspan.handshakes')).toBe(SESSIONS);
  expect(total(receiver, 'mcpspan.sessions.ended')).toBe(SESSIONS);
};

describe('sampling', () => {
  it('by trace id: what the upstream is told equals what is exported, and everything is counted', async () => {
    await play({ OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.5' });
    const { sampled, unsampled } = told();
    const exported = new Set(receiver.spans.map(({ traceId, spanId }) => `${traceId}-${spanId}`));
    // The chance that 32 sessions all fall on one side is 1 in 2 000 million.
    expect(sampled.size).toBeGreaterThan(0);
    expect(unsampled.size).toBeGreaterThan(0);
    for (const span of sampled) expect(exported).toContain(span);
    for (const span of unsampled) expect(exported).not.toContain(span);
    const roots = receiver.spans.filter(({ name }) => name === 'mcp.session');
    // Whole traces: marker, initialize, initialized, two calls, summary.
    expect(receiver.spans).toHaveLength(roots.length * 6);
    countsAll();
  });

  it('none: no span is exported, and everything is counted', async () => {
    await play({ OTEL_TRACES_SAMPLER: 'always_off' });
    expect(receiver.spans).toEqual([]);
    expect(told().sampled.size).toBe(0);
    expect(told().unsampled.size).toBeGreaterThan(0);
    countsAll();
  });
});
