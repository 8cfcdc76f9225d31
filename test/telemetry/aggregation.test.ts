import { globSync, readFileSync } from 'node:fs';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  InstrumentType,
  MeterProvider,
  MetricReader,
  type AggregationTemporalitySelector,
  type MetricData,
  type ResourceMetrics,
  type ScopeMetrics,
} from '@opentelemetry/sdk-metrics';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPipeline } from '../../src/observer/pipeline.ts';
import { DEFAULTS } from '../../src/settings/command-settings.ts';
import type { Recording } from '../../src/telemetry/aggregation.ts';
import { createMeters } from '../../src/telemetry/meters.ts';
import { Observations } from '../../src/telemetry/observations.ts';
import { MetricSink } from '../../src/telemetry/metrics.ts';
import { observeSelf } from '../../src/telemetry/own-figures.ts';
import type { WireEvent } from '../../src/transport/wire/wire-event.ts';
import { fromLine } from '../recordings/wire-lines.ts';
import { SdkRecording } from './sdk-recording.ts';
import { OWN_FIGURES } from './recorder.ts';

const RECORDINGS = new URL('../recordings/', import.meta.url);
const SCOPE = { name: 'compared', version: '1.2.3', schemaUrl: 'https://schema.example/1' };
const RESOURCE = resourceFromAttributes({ 'service.name': 'compared' });
const SERVER = 'quiz:3000';
const START = Date.UTC(2026, 0, 1);
const EXCHANGES_APART = 10_000;

class ReaderByHand extends MetricReader {
  protected override onForceFlush = async (): Promise<void> => {};
  protected override onShutdown = async (): Promise<void> => {};
}

const SELECTORS = {
  cumulative: () => AggregationTemporality.CUMULATIVE,
  delta: () => AggregationTemporality.DELTA,
  /** What `lowmemory` asks of synchronous instruments, but of counters alone. */
  mixed: (type) => (type === InstrumentType.COUNTER ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE),
} satisfies Record<string, AggregationTemporalitySelector>;

type ReaderName = keyof typeof SELECTORS;

/** Readers of the same temporalities on both sides, ours and the SDK's own. */
function startBoth(names: readonly ReaderName[]) {
  const readers = () => names.map((name) => new ReaderByHand({ aggregationTemporalitySelector: SELECTORS[name] }));
  const folded = { ours: 0, sdk: 0 };
  const ourReaders = readers();
  const ours = createMeters({
    resource: RESOURCE,
    scope: SCOPE,
    readers: ourReaders,
    wallClock: Date.now,
    onFolded: () => folded.ours++,
  });
  const sdkReaders = readers();
  const provider = new MeterProvider({
    resource: RESOURCE,
    readers: sdkReaders,
    views: [{ instrumentName: '*', aggregationCardinalityLimit: 4_500 }],
  });
  const meter = provider.getMeter(SCOPE.name, SCOPE.version, { schemaUrl: SCOPE.schemaUrl });
  const sdk = { meter, recording: new SdkRecording(meter, () => folded.sdk++) };

  return {
    folded,
    sides: [ours, sdk],
    /** Records the same on both sides. */
    record(act: (recording: Recording) => void) {
      for (const { recording } of [ours, sdk]) act(recording);
    },
    /** Lets a reader of each side collect. @returns what came of both, in the same order */
    async collect(name: ReaderName) {
      const index = names.indexOf(name);
      const [own, theirs] = await Promise.all([collected(ourReaders[index]), collected(sdkReaders[index])]);
      return { ours: own, sdk: theirs };
    },
  };
}

async function collected(reader: MetricReader | undefined): Promise<ResourceMetrics> {
  if (reader === undefined) throw new Error('there is no such reader');
  const { resourceMetrics, errors } = await reader.collect();
  if (errors.length > 0) throw new AggregateError(errors);
  return {
    ...resourceMetrics,
    scopeMetrics: resourceMetrics.scopeMetrics.map(({ scope, metrics }) => ({ scope, metrics: inOrder(metrics) })),
  };
}

/** Metrics and points in one order. Which came first says nothing. */
function inOrder(metrics: readonly MetricData[]): MetricData[] {
  const byLabels = metrics.map((metric) => ({
    ...metric,
    dataPoints: metric.dataPoints.toSorted((a, b) =>
      compare(JSON.stringify(a.attributes), JSON.stringify(b.attributes)),
    ),
  }));
  // The points are those that the metric had.
  return byLabels.toSorted((a, b) => compare(a.descriptor.name, b.descriptor.name)) as MetricData[];
}

/** The order of additions decides about the last digits of a sum. */
function nearly({ resource, scopeMetrics }: ResourceMetrics): object {
  const metricsOf = ({ metrics }: ScopeMetrics) =>
    metrics.map((metric) => ({
      ...metric,
      dataPoints: metric.dataPoints.map((point) => {
        if (typeof point.value === 'number' || point.value.sum === undefined) return point;
        return { ...point, value: { ...point.value, sum: expect.closeTo(point.value.sum, 9) } };
      }),
    }));
  return { resource, scopeMetrics: scopeMetrics.map((one) => ({ scope: one.scope, metrics: metricsOf(one) })) };
}

const compare = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** All recordings, one after the other, as traffic of one server. */
function recordedTraffic(): WireEvent[][] {
  let from = START;
  return globSync('*/*.jsonl', { cwd: RECORDINGS.pathname })
    .toSorted(compare)
    .map((file, index) => {
      const lines = readFileSync(new URL(file, RECORDINGS), 'utf8').trimEnd().split('\n');
      const events = lines.map(fromLine);
      const shift = from - (events[0]?.at ?? 0);
      from = shift + (events.at(-1)?.at ?? 0) + 1_000;
      return events.map((event) => ({
        ...event,
        exchange: event.exchange + index * EXCHANGES_APART,
        at: event.at + shift,
        ...('sentAt' in event && { sentAt: event.sentAt + shift }),
      }));
    });
}

/** The pipeline with a metric sink for each side. */
function startPipeline(sides: ReturnType<typeof startBoth>['sides']) {
  const pipeline = createPipeline({
    settings: DEFAULTS,
    server: SERVER,
    instance: 'compared',
    listensOnLoopback: true,
    onFolded: () => {},
    onWithheld: () => {},
  });
  const { tracker, people } = pipeline;
  for (const { meter, recording } of sides) {
    const sink = new MetricSink({
      observations: new Observations(meter),
      recording,
      server: SERVER,
      sessions: () => tracker.registry.live.values(),
      verdicts: () => tracker.registry.clients.verdicts(),
      people: (at) => people.today(at),
      now: Date.now,
      onFolded: () => undefined,
    });
    observeSelf(meter, SERVER, OWN_FIGURES);
    pipeline.add((event) => sink.take(event));
  }
  const reader = pipeline.reader();
  return {
    take(events: readonly WireEvent[]) {
      for (const event of events) {
        vi.setSystemTime(event.at);
        reader.take(event);
      }
    },
    end: () => tracker.shutdown(Date.now()),
  };
}

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: START }));
afterEach(() => void vi.useRealTimers());

describe('recorded traffic, as metrics', () => {
  it.each<[string, ReaderName[]]>([
    ['cumulative', ['cumulative']],
    ['delta', ['delta']],
    ['of both kinds', ['mixed']],
    ['with two readers', ['delta', 'cumulative']],
  ])('is what the SDK makes of it: %s', async (_, names) => {
    const both = startBoth(names);
    const pipeline = startPipeline(both.sides);
    const traffic = recordedTraffic();
    expect(traffic.length).toBeGreaterThan(20);
    const metrics = new Set<string>();
    const compareAll = async (round: number) => {
      // The second reader collects at every third round only.
      for (const name of names.slice(0, round % 3 === 0 ? 2 : 1)) {
        const { ours, sdk } = await both.collect(name);
        expect(ours, `round ${round} of ${name}`).toEqual(nearly(sdk));
        expect(ours.scopeMetrics).toHaveLength(1);
        for (const { descriptor } of ours.scopeMetrics[0]?.metrics ?? []) metrics.add(descriptor.name);
      }
    };
    await compareAll(0);
    for (const [index, events] of traffic.entries()) {
      pipeline.take(events);
      vi.setSystemTime(Date.now() + 137);
      await compareAll(index + 1);
      vi.setSystemTime(Date.now() + 211);
    }
    pipeline.end();
    await compareAll(traffic.length + 3);
    expect(metrics.size).toBeGreaterThan(22);
  });

  it('is served to Prometheus as the same text', async () => {
    const both = startBoth(['cumulative']);
    const pipeline = startPipeline(both.sides);
    for (const events of recordedTraffic()) pipeline.take(events);
    pipeline.end();
    const { ours, sdk } = await both.collect('cumulative');
    const text = new PrometheusSerializer().serialize(ours);
    expect(text).toBe(new PrometheusSerializer().serialize(sdk));
    expect(text).toMatch(/^mcp_server_operation_duration_bucket\{.*le="0\.01"\} \d+$/m);
  });
});

describe('label sets beyond the bounds', () => {
  it.each<ReaderName>(['cumulative', 'delta'])('become what they become in the SDK: %s', async (name) => {
    const both = startBoth([name]);
    both.record((recording) => {
      // Names are folded, the status is not, and too many of those overflow.
      for (let index = 0; index < 5_000; index++)
        recording
          .counter('httpRejections', { 'mcpspan.client': `c${index}`, 'http.response.status_code': index })
          .increment();
      for (let index = 0; index < 4_100; index++)
        recording.histogram('messageBytes', { 'gen_ai.tool.name': `tool${index}` }).record(index);
    });
    const { ours, sdk } = await both.collect(name);
    expect(ours).toEqual(sdk);
    expect(both.folded).toEqual({ ours: 1_100, sdk: 1_100 });
    const [rejections, bytes] = ours.scopeMetrics[0]?.metrics ?? [];
    expect([bytes?.dataPoints.length, rejections?.dataPoints.length]).toEqual([4_001, 4_500]);
    expect(rejections?.dataPoints).toContainEqual(
      expect.objectContaining({ attributes: { 'otel.metric.overflow': true }, value: 501 }),
    );
  });
});

it('what cannot be measured is ignored, as the SDK ignores it', async () => {
  const both = startBoth(['cumulative']);
  both.record((recording) => {
    const delay = recording.histogram('relayDelay', {});
    delay.record(-1);
    delay.record(0);
    delay.record(0.000_05);
    delay.record(1e9);
  });
  const { ours, sdk } = await both.collect('cumulative');
  expect(ours).toEqual(sdk);
});

it('a later recording does not change what was collected', async () => {
  const { record, collect } = startBoth(['cumulative']);
  const once = (recording: Recording) => {
    recording.counter('toolCalls', { a: '1' }).increment();
    recording.histogram('relayDelay', { a: '1' }).record(0.001);
  };
  record(once);
  const { ours } = await collect('cumulative');
  const before = structuredClone(ours.scopeMetrics);
  record(once);
  expect(ours.scopeMetrics).toEqual(before);
});
