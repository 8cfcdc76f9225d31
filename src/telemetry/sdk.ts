import { diag, DiagConsoleLogger, DiagLogLevel, SeverityNumber, type Logger, type Meter } from '@opentelemetry/api';
import { diagLogLevelFromString, getNumberFromEnv, getStringFromEnv } from '@opentelemetry/core';
import {
  BatchLogRecordProcessor,
  ConsoleLogRecordExporter,
  LoggerProvider,
  SimpleLogRecordProcessor,
  type LogRecordProcessor,
} from '@opentelemetry/sdk-logs';
import {
  ConsoleMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
  type IMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import { ConsoleSpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { otlpLogExporter, otlpMetricExporter, prometheusReader } from './exporters.ts';
import { ExportWatch, watchExporter } from './export-watch.ts';
import { writerTo, type SpanOrigin, type SpanWriter } from './finished-span.ts';
import { JsonRequests } from './json-requests.ts';
import { SDK_LABEL_SETS } from './label-sets.ts';
import type { LogEvent } from './logs.ts';
import { createResource, type ResourceOptions } from './resource.ts';
import { ATTR, EVENT, SCHEMA_URL, SCOPE } from './semconv.ts';
import { createSender, type Protocol } from './senders.ts';
import { SpanBatches } from './span-batches.ts';
import { SpanEncoder } from './span-encoder.ts';

export interface Signal {
  exporters: readonly ('otlp' | 'console' | 'prometheus')[];
  protocol: Protocol;
  target: string;
}

export interface SdkOptions extends ResourceOptions {
  signals: { traces: Signal | undefined; metrics: Signal | undefined; logs: Signal | undefined };
  say(line: string): void;
  onExportFailed(): void;
  /** Where exports that start or stop failing are logged. */
  log(): LogEvent | undefined;
}

export interface Sdk {
  /** Undefined: the signal is off. */
  spans: { writers: readonly SpanWriter[]; longestValue: number | undefined } | undefined;
  meter: Meter | undefined;
  logger: Logger | undefined;
  shutdown(): Promise<void>;
}

/** As the SDK's batch processor does it, but for the room: its 2 048 are a second of a busy server. */
const SPANS_PER_BATCH = 512;
const SPANS_WAIT = 5_000;
const MOST_WAITING_SPANS = 8_192;
const METRIC_INTERVAL = 60_000;
const METRIC_TIMEOUT = 30_000;

/** Sets up the OpenTelemetry SDK for the signals that are on, from `OTEL_*`. */
export async function startSdk(options: SdkOptions): Promise<Sdk> {
  const { signals, version } = options;
  const logLevel = getStringFromEnv('OTEL_LOG_LEVEL');
  if (logLevel !== undefined)
    diag.setLogger(new DiagConsoleLogger(), { logLevel: diagLogLevelFromString(logLevel) ?? DiagLogLevel.INFO });
  const resource = createResource(options);
  const watches: ExportWatch[] = [];
  const ends: (() => Promise<void>)[] = [];
  const sdk: Sdk = {
    spans: undefined,
    meter: undefined,
    logger: undefined,
    shutdown: () => end(ends, watches, options),
  };
  if (signals.traces !== undefined) {
    await resource.waitForAsyncAttributes?.();
    const origin = { resource, scope: { name: SCOPE, version, schemaUrl: SCHEMA_URL } };
    const longestValue =
      positive('OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT') ?? positive('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT');
    sdk.spans = { writers: await createSpanWriters(signals.traces, origin, options, watches, ends), longestValue };
  }
  if (signals.metrics !== undefined) {
    const readers = await createMetricReaders(signals.metrics, options, watches);
    const views = [{ instrumentName: '*', aggregationCardinalityLimit: SDK_LABEL_SETS }];
    const provider = new MeterProvider({ resource, readers, views });
    sdk.meter = provider.getMeter(SCOPE, version, { schemaUrl: SCHEMA_URL });
    ends.push(() => provider.shutdown());
  }
  if (signals.logs !== undefined) {
    const provider = new LoggerProvider({
      resource,
      processors: await createLogProcessors(signals.logs, options, watches),
    });
    sdk.logger = provider.getLogger(SCOPE, version, { schemaUrl: SCHEMA_URL });
    ends.push(() => provider.shutdown());
  }
  return sdk;
}

/** Flushes; what could not be is counted and said, never thrown. */
async function end(
  ends: readonly (() => Promise<void>)[],
  watches: readonly ExportWatch[],
  options: SdkOptions,
): Promise<void> {
  const results = await Promise.allSettled(ends.map((one) => one()));
  for (const result of results) {
    if (result.status === 'fulfilled') continue;
    options.onExportFailed();
    options.say(
      `telemetry was not flushed: ${result.reason instanceof Error ? result.reason.message : String(result.reason)}`,
    );
  }
  for (const watch of watches) watch.finish();
}

async function createSpanWriters(
  signal: Signal,
  origin: SpanOrigin,
  options: SdkOptions,
  watches: ExportWatch[],
  ends: (() => Promise<void>)[],
): Promise<SpanWriter[]> {
  const writers: SpanWriter[] = [];
  for (const name of signal.exporters) {
    if (name === 'console') {
      const processor = new SimpleSpanProcessor({ exporter: new ConsoleSpanExporter() });
      writers.push(writerTo(processor, origin));
      ends.push(() => processor.shutdown());
      continue;
    }
    const sender = await createSender('spans', signal.protocol, positive('OTEL_BSP_EXPORT_TIMEOUT'));
    const batches: SpanBatches = new SpanBatches({
      requests: signal.protocol === 'http/json' ? new JsonRequests(origin) : new SpanEncoder(origin),
      batchSize: positive('OTEL_BSP_MAX_EXPORT_BATCH_SIZE') ?? SPANS_PER_BATCH,
      delay: positive('OTEL_BSP_SCHEDULE_DELAY') ?? SPANS_WAIT,
      most: positive('OTEL_BSP_MAX_QUEUE_SIZE') ?? MOST_WAITING_SPANS,
      deliver: async (bytes, items) => watch.exported(items, await sender.send(bytes)),
      onDropped: () => watch.dropped(1),
    });
    const watch = new ExportWatch(watching('spans', signal, options, () => batches.waiting));
    watches.push(watch);
    writers.push(batches);
    ends.push(async () => {
      await batches.flush();
      await sender.shutdown();
    });
  }
  return writers;
}

async function createMetricReaders(
  signal: Signal,
  options: SdkOptions,
  watches: ExportWatch[],
): Promise<IMetricReader[]> {
  const readers: IMetricReader[] = [];
  const exportIntervalMillis = positive('OTEL_METRIC_EXPORT_INTERVAL') ?? METRIC_INTERVAL;
  const exportTimeoutMillis = Math.min(positive('OTEL_METRIC_EXPORT_TIMEOUT') ?? METRIC_TIMEOUT, exportIntervalMillis);
  const periodic = (exporter: PushMetricExporter): void => {
    readers.push(new PeriodicExportingMetricReader({ exporter, exportIntervalMillis, exportTimeoutMillis }));
  };
  for (const name of signal.exporters) {
    if (name === 'console') periodic(new ConsoleMetricExporter());
    else if (name === 'prometheus') readers.push(await prometheusReader(options.say));
    else {
      const exporter = await otlpMetricExporter(signal.protocol);
      // Cumulative values: the next batch says all that a lost one said.
      watches.push(
        watchExporter(
          exporter,
          () => 0,
          watching('metrics', signal, options, () => 0),
        ),
      );
      periodic(exporter);
    }
  }
  return readers;
}

async function createLogProcessors(
  signal: Signal,
  options: SdkOptions,
  watches: ExportWatch[],
): Promise<LogRecordProcessor[]> {
  const processors: LogRecordProcessor[] = [];
  for (const name of signal.exporters) {
    if (name === 'console') {
      processors.push(new SimpleLogRecordProcessor({ exporter: new ConsoleLogRecordExporter() }));
      continue;
    }
    const exporter = await otlpLogExporter(signal.protocol);
    watches.push(
      watchExporter(
        exporter,
        (batch) => batch.length,
        watching('logs', signal, options, () => 0),
      ),
    );
    processors.push(
      new BatchLogRecordProcessor({
        exporter,
        ...defined({
          maxQueueSize: positive('OTEL_BLRP_MAX_QUEUE_SIZE'),
          scheduledDelayMillis: positive('OTEL_BLRP_SCHEDULE_DELAY'),
          exportTimeoutMillis: positive('OTEL_BLRP_EXPORT_TIMEOUT'),
          maxExportBatchSize: positive('OTEL_BLRP_MAX_EXPORT_BATCH_SIZE'),
        }),
      }),
    );
  }
  return processors;
}

function watching(
  items: string,
  { target }: Signal,
  options: SdkOptions,
  waiting: () => number,
): Parameters<typeof watchExporter>[2] {
  const signal = { [ATTR.signal]: items };
  return {
    items,
    target,
    waiting,
    say: options.say,
    onFailed: options.onExportFailed,
    onFailing: () => options.log()?.(EVENT.exportFailing, signal, SeverityNumber.WARN),
    onRestored: () => options.log()?.(EVENT.exportRestored, signal),
  };
}

function positive(variable: string): number | undefined {
  const value = getNumberFromEnv(variable);
  return value !== undefined && value > 0 ? value : undefined;
}

type Defined<Shape> = { [Name in keyof Shape]?: Exclude<Shape[Name], undefined> };

/** Without the members that are undefined: they would hide the SDK's defaults. */
function defined<Shape extends object>(shape: Shape): Defined<Shape> {
  // What is filtered out is exactly what Defined leaves out.
  return Object.fromEntries(Object.entries(shape).filter(([, value]) => value !== undefined)) as Defined<Shape>;
}
