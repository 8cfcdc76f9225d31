import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { eventually } from '../stack/support/eventually.ts';
import { prometheusAt } from '../stack/support/prometheus.ts';
import { openStack, type Stack } from './support/stack.ts';

const found = inject('engine');
const WITHIN_SECONDS = 90;

describe.skipIf(found === undefined)('docker compose up with collect', () => {
  // Without an engine nothing here runs.
  const engine = found as NonNullable<typeof found>;
  const cleanUp = new AsyncDisposableStack();
  let stack: Stack;

  beforeAll(async () => {
    const quick = { environment: { OTEL_METRIC_EXPORT_INTERVAL: '2000' } };
    const files = ['deploy/collect/docker-compose.yml'];
    stack = cleanUp.use(await openStack(engine, { mcpspan: quick, collect: quick }, files));
    // Any free port.
    await stack.up({ SIMULATOR_SPEED: '30', OTLP_PORT: '0' });
  });
  afterAll(() => cleanUp.disposeAsync());

  it('has figures from the spans that the Collector sends a copy of', async () => {
    const query = 'sum by (mcpspan_client) (mcpspan_tool_calls_total{mcpspan_observed="spans"})';
    const clients = await eventually(
      'figures from spans',
      async () => {
        const calls = await prometheusAt(`http://127.0.0.1:${stack.ports.PROMETHEUS_PORT}`).query(query);
        return calls.length > 1 ? calls.map(({ labels }) => labels['mcpspan_client']) : undefined;
      },
      WITHIN_SECONDS,
    );
    expect(clients).toContain('chatgpt');
  });
});
