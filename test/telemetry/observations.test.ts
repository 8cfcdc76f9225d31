import { emptyResource } from '@opentelemetry/resources';
import { MetricReader } from '@opentelemetry/sdk-metrics';
import { expect, it } from 'vitest';
import { createMeters } from '../../src/telemetry/meters.ts';
import { Observations } from '../../src/telemetry/observations.ts';

class ReaderByHand extends MetricReader {
  protected override onForceFlush = async (): Promise<void> => {};
  protected override onShutdown = async (): Promise<void> => {};
}

function start() {
  const reader = new ReaderByHand();
  const options = { resource: emptyResource(), scope: { name: 'test' }, readers: [reader] };
  const { meter } = createMeters({ ...options, wallClock: () => 0, onFolded: () => undefined });
  const read = async (name: string): Promise<unknown> => {
    const { resourceMetrics } = await reader.collect();
    const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
    const asked = metrics.find(({ descriptor }) => descriptor.name === name);
    return Object.fromEntries(
      asked?.dataPoints.map(({ attributes, value }) => [attributes['mcpspan.client'], value]) ?? [],
    );
  };
  return { observations: new Observations(meter), read };
}

it('what two servers of one name have open is added up, each time they are asked', async () => {
  const { observations, read } = start();
  observations.add('streamsOpen', (observe) => observe(1, { 'mcpspan.client': 'cursor' }));
  observations.add('streamsOpen', (observe) => observe(2, { 'mcpspan.client': 'cursor' }));
  for (let time = 0; time < 3; time++) expect(await read('mcpspan.streams.open')).toEqual({ cursor: 3 });
});

it('nothing of a server that is gone stays open, and nobody has a verdict there', async () => {
  const { observations, read } = start();
  for (const name of ['streamsOpen', 'clientVerdict'] as const) {
    const forget = observations.add(name, (observe) => {
      observe(1, { 'mcpspan.client': 'cursor' });
      observe(1, { 'mcpspan.client': 'claude' });
    });
    observations.add(name, (observe) => observe(1, { 'mcpspan.client': 'claude' }));
    const metric = name === 'streamsOpen' ? 'mcpspan.streams.open' : 'mcpspan.client.verdict';
    expect(await read(metric)).toEqual({ cursor: 1, claude: name === 'streamsOpen' ? 2 : 1 });
    forget();
    expect(await read(metric)).toEqual({ cursor: 0, claude: 1 });
  }
});
