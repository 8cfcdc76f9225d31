import type { Attributes } from '@opentelemetry/api';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { MetricReader } from '@opentelemetry/sdk-metrics';
import { emptyResource } from '@opentelemetry/resources';
import { InMemorySpanExporter, SimpleSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace';
import { writerTo } from '../../src/telemetry/finished-span.ts';
import { createLogEvents, createLogSink } from '../../src/telemetry/logs.ts';
import { createMeters } from '../../src/telemetry/meters.ts';
import { MetricSink } from '../../src/telemetry/metrics.ts';
import { Observations } from '../../src/telemetry/observations.ts';
import { observeSelf, type OwnFigures } from '../../src/telemetry/own-figures.ts';
import { Privacy, type PrivacyOptions } from '../../src/session/privacy.ts';
import { createSpanSink, type SpanOptions } from '../../src/telemetry/spans.ts';
import { createSampler } from '../../src/transport/trace/sampling.ts';
import { SERVER, startConversation, type Conversation, type ConversationOptions } from '../support/conversation.ts';

class ReaderByHand extends MetricReader {
  protected override onForceFlush = async (): Promise<void> => {};
  protected override onShutdown = async (): Promise<void> => {};
}

/** Each figure of ours has a value of its own, to be told apart. */
export const OWN_FIGURES: OwnFigures = {
  copiesDropped: () => 1,
  observerRestarts: () => 2,
  exportFailures: () => 3,
  labelsFolded: () => 4,
  tracesWithheld: () => 5,
  itemsLost: () => ({ spans: 6, logs: 0 }),
  spoolItems: () => ({ spans: 7 }),
  spoolBytes: () => ({ spans: 8 }),
};

/** One series of a metric; of a histogram `value` is its sum. */
export interface Point {
  labels: Attributes;
  value: number;
  count: number;
  boundaries: readonly number[];
}

export interface Recorder {
  talk: Conversation;
  spans(name?: string): ReadableSpan[];
  /** The latest span of this name. @throws when there is none */
  span(name: string): ReadableSpan;
  metrics(): Promise<Map<string, { unit: string; points: Point[] }>>;
  points(name: string): Promise<Point[]>;
  logs: InMemoryLogRecordExporter;
  folded(): number;
}

export interface RecorderOptions extends ConversationOptions {
  privacy?: Partial<PrivacyOptions>;
  spanSink?: Partial<SpanOptions>;
}

/** A conversation whose events become spans, metrics and logs of the real SDK, kept in memory. */
export function startRecorder({ privacy = {}, spanSink: own = {}, ...options }: RecorderOptions = {}): Recorder {
  const exporter = new InMemorySpanExporter();
  const reader = new ReaderByHand();
  let folded = 0;
  const { meter, recording } = createMeters({
    resource: emptyResource(),
    scope: { name: 'test' },
    readers: [reader],
    wallClock: Date.now,
    onFolded: () => folded++,
  });
  const logs = new InMemoryLogRecordExporter();
  const loggers = new LoggerProvider({ processors: [new SimpleLogRecordProcessor({ exporter: logs })] });
  const spanSink = createSpanSink({
    writers: [writerTo(new SimpleSpanProcessor({ exporter }), { resource: emptyResource(), scope: { name: 'test' } })],
    longestValue: undefined,
    server: { name: SERVER, address: 'quiz', port: 3000 },
    privacy: new Privacy({ capture: [], hashIds: false, upstreamPath: '/mcp', ...privacy }),
    sampler: createSampler({ root: 'always_on', ratio: 1 }),
    followsCaller: false,
    skew: () => 0,
    ...own,
  });
  const logSink = createLogSink(createLogEvents(loggers.getLogger('test'), SERVER));
  const talk: Conversation = startConversation({
    ...options,
    sinks: [spanSink, (event) => metricSink.take(event), logSink, ...(options.sinks ?? [])],
  });
  const metricSink = new MetricSink({
    observations: new Observations(meter),
    recording,
    server: SERVER,
    sessions: () => talk.tracker.registry.live.values(),
    verdicts: () => talk.tracker.registry.clients.verdicts(),
    people: (at) => talk.people.today(at),
    now: () => talk.clock.now(),
    onFolded: () => undefined,
  });
  observeSelf(meter, SERVER, OWN_FIGURES);
  const all = (name?: string) => exporter.getFinishedSpans().filter((span) => name === undefined || span.name === name);
  const metrics = async () => {
    const { resourceMetrics, errors } = await reader.collect();
    if (errors.length > 0) throw new AggregateError(errors);
    const found = new Map<string, { unit: string; points: Point[] }>();
    for (const { descriptor, dataPoints } of resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics)) {
      const points = dataPoints.map(({ attributes, value }): Point => {
        if (typeof value === 'number') return { labels: attributes, value, count: 1, boundaries: [] };
        // We ask for no exponential histograms, which are the other kind.
        const { sum = 0, count, buckets } = value as { sum?: number; count: number; buckets: { boundaries: number[] } };
        return { labels: attributes, value: sum, count, boundaries: buckets.boundaries };
      });
      found.set(descriptor.name, { unit: descriptor.unit, points });
    }
    return found;
  };
  return {
    talk,
    spans: all,
    span: (name) => {
      const found = all(name).at(-1);
      if (found === undefined)
        throw new Error(
          `no span ${name} among ${all()
            .map((span) => span.name)
            .join(', ')}`,
        );
      return found;
    },
    metrics,
    points: async (name) => (await metrics()).get(name)?.points ?? [],
    logs,
    folded: () => folded,
  };
}

/** The series of a metric after what `act` does. */
export async function pointsAfter(metric: string, act: (talk: Conversation) => void, options: RecorderOptions = {}) {
  const recorder = startRecorder(options);
  act(recorder.talk);
  return recorder.points(metric);
}

/** @throws when there is not exactly one */
export function only<Item>(items: readonly Item[]): Item {
  const [item, ...more] = items;
  if (item === undefined || more.length > 0)
    throw new Error(`${items.length} instead of one: ${JSON.stringify(items)}`);
  return item;
}
