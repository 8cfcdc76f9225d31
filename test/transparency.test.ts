import { afterAll, describe, expect, it, vi } from 'vitest';
import { startOtlpReceiver } from './support/otlp-receiver.ts';
import { startTestProxy } from './support/proxy.ts';
import { startUpstream } from './support/upstream.ts';
import { ANSWERS } from './transparency/answers.ts';
import { BODIES } from './transparency/bodies.ts';
import { EVENT_STREAMS } from './transparency/event-streams.ts';
import { FIELDS } from './transparency/fields.ts';
import { carry } from './transparency/row.ts';
import { TARGETS_AND_METHODS } from './transparency/targets.ts';

const upstream = await startUpstream();
const silent = await startTestProxy(upstream.url);

const receiver = await startOtlpReceiver();
const env = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_BSP_SCHEDULE_DELAY: '100' };
// The OpenTelemetry SDK reads the environment of the process by itself.
for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
const exporting = await startTestProxy(upstream.url, ['--propagate', 'off'], { env });

afterAll(async () => {
  await silent.stop();
  await exporting.stop();
  await receiver.close();
  await upstream.close();
  vi.unstubAllEnvs();
});

const PARTS = [
  { part: 'bodies', rows: BODIES },
  { part: 'header fields', rows: FIELDS },
  { part: 'answers', rows: ANSWERS },
  { part: 'targets and methods', rows: TARGETS_AND_METHODS },
  { part: 'event streams', rows: EVENT_STREAMS },
];

// The name of a test is a row of the table: this passes through the proxy exactly as it passes without it.
describe.each([
  { telemetry: 'while nothing is exported', proxy: silent },
  { telemetry: 'while everything is exported', proxy: exporting },
])('$telemetry', ({ proxy }) => {
  describe.each(PARTS)('$part', ({ rows }) => {
    it.each(rows)('$name', async (row) => {
      const direct = await carry(row, 'direct', upstream, upstream.port);
      const proxied = await carry(row, 'proxied', upstream, proxy.port);
      expect(proxied).toEqual(direct);
      expect(upstream.failures).toEqual([]);
    });
  });
});

it('all of that was observed, not just passed by', async () => {
  await receiver.until(
    ({ spans }) => spans.some((span) => span.name.startsWith('tools/call')),
    'a span of a tool call',
  );
});
