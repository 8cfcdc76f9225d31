import { logs, metrics, SeverityNumber, trace, type Logger, type Meter, type Tracer } from '@opentelemetry/api';
import { getNumberFromEnv, getStringFromEnv } from '@opentelemetry/core';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { defaultResource, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchLogRecordProcessor,
  ConsoleLogRecordExporter,
  SimpleLogRecordProcessor,
  type LogRecordProcessor,
} from '@opentelemetry/sdk-logs';
import {
  ConsoleMetricExporter,
  PeriodicExportingMetricReader,
  type IMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import { NodeSDK } from '@opentelemetry/sdk-node';
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  ConsoleSpanExporter,
  SimpleSpanProcessor,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import { otlpLogExporter, otlpMetricExporter, otlpSpanExporter, type Protocol } from './exporters.ts';
import { watchExporter, type ExportWatch } from './export-watch.ts';
import { ChosenIds } from './ids.ts';
import { SDK_LABEL_SETS } from './label-sets.ts';
import type { LogEvent } from './logs.ts';
import { ATTR, EVENT, SCHEMA_URL, SCOPE } from './semconv.ts';
import { SpanQueue } from './span-queue.ts';

export interface Signal {
  exporters: readonly ('otlp' | 'console' | 'prometheus')[];
  protocol: Protocol;
  target: string;
}

export interface SdkOptions {
  signals: { traces: Signal | undefined; metrics: Signal | undefined; logs: Signal | undefined };
  serviceName: string;
  /** The name is to win over `OTEL_SERVICE_NAME`. */
  serviceNameWins: boolean;
  version: string;
  instance: string;
  say(line: string): void;
  onExportFailed(): void;
  /** Where exports that start or stop failing are logged. */
  log(): LogEvent | undefined;
}

export interface Sdk {
  tracer: Tracer | undefined;
  meter: Meter | undefined;
  logger: Logger | undefined;
  ids: ChosenIds;
  shutdown(): Promise<void>;
}

const MOST_WAITING_SPANS = 8_192;
const METRIC_INTERVAL = 60_000;
const METRIC_TIMEOUT = 30_000;

/** The OpenTelemetry SDK, set up from `OTEL_*` for the signals that are on; nothing is loaded into it for one that is off. */
export async function startSdk(options: SdkOptions): Promise<Sdk> {
  const { signals } = options;
  const ids = new ChosenIds();
  const watches: ExportWatch[] = [];
  const spanProcessors =
    signals.traces === undefined ? [] : await createSpanProcessors(signals.traces, options, watches);
  const metricReaders =
    signals.metrics === undefined ? [] : await createMetricReaders(signals.metrics, options, watches);
  const logRecordProcessors =
    signals.logs === undefined ? [] : await createLogProcessors(signals.logs, options, watches);
  const sdk = new NodeSDK({
    resource: defaultResource().merge(
      resourceFromAttributes({
        'service.name': options.serviceName,
        'service.version': options.version,
        'service.instance.id': options.instance,
      }),
    ),
    // Process, host and os would tell command lines and user names; they are there for who asks for them by name.
    ...(getStringFromEnv('OTEL_NODE_RESOURCE_DETECTORS') === undefined && { resourceDetectors: [envDetector] }),
    ...(options.serviceNameWins && { serviceName: options.serviceName }),
    // What is not sampled never gets here: see spans.ts.
    sampler: new AlwaysOnSampler(),
    idGenerator: ids,
    spanProcessors,
    metricReaders,
    views: [{ instrumentName: '*', aggregationCardinalityLimit: SDK_LABEL_SETS }],
    logRecordProcessors,
  });
  sdk.start();
  return {
    tracer:
      signals.traces === undefined
        ? undefined
        : trace.getTracerProvider().getTracer(SCOPE, options.version, { schemaUrl: SCHEMA_URL }),
    meter:
      signals.metrics === undefined ? undefined : metrics.getMeter(SCOPE, options.version, { schemaUrl: SCHEMA_URL }),
    logger: signals.logs === undefined ? undefined : logs.getLogger(SCOPE, options.version, { schemaUrl: SCHEMA_URL }),
    ids,
    shutdown: async () => {
      await sdk.shutdown().catch((error: unknown) => {
        options.onExportFailed();
        options.say(`telemetry was not flushed: ${error instanceof Error ? error.message : String(error)}`);
      });
      for (const watch of watches) watch.finish();
    },
  };
}

async function createSpanProcessors(
  signal: Signal,
  options: SdkOptions,
  watches: ExportWatch[],
): Promise<SpanProcessor[]> {
  const processors: SpanProcessor[] = [];
  for (const name of signal.exporters) {
    if (name === 'console') {
      processors.push(new SimpleSpanProcessor({ exporter: new ConsoleSpanExporter() }));
      continue;
    }
    const exporter: SpanExporter = await otlpSpanExporter(signal.protocol);
    const most = positive('OTEL_BSP_MAX_QUEUE_SIZE') ?? MOST_WAITING_SPANS;
    const batches = new BatchSpanProcessor({
      exporter: {
        export: (batch, done) => {
          queue.taken(batch.length);
          exporter.export(batch, done);
        },
        shutdown: () => exporter.shutdown(),
      },
      maxQueueSize: most,
      ...defined({
        scheduledDelayMillis: positive('OTEL_BSP_SCHEDULE_DELAY'),
        exportTimeoutMillis: positive('OTEL_BSP_EXPORT_TIMEOUT'),
        maxExportBatchSize: positive('OTEL_BSP_MAX_EXPORT_BATCH_SIZE'),
      }),
    });
    const queue: SpanQueue = new SpanQueue(batches, most, () => watched.dropped(1));
    const watched = watchExporter(
      exporter,
      (batch) => batch.length,
      watching('spans', signal, options, () => queue.waiting),
    );
    watches.push(watched);
    processors.push(queue);
  }
  return processors;
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
    else if (name === 'prometheus') readers.push(prometheusReader(options));
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

function prometheusReader(options: SdkOptions): PrometheusExporter {
  const host = getStringFromEnv('OTEL_EXPORTER_PROMETHEUS_HOST');
  const port = getNumberFromEnv('OTEL_EXPORTER_PROMETHEUS_PORT');
  return new PrometheusExporter({ ...defined({ host, port }) }, (error) => {
    if (error instanceof Error) options.say(`metrics cannot be served to Prometheus: ${error.message}`);
  });
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
    watches.push(watchExporter(exporter, (batch) => batch.length, { ...watching('logs', signal, options, () => 0) }));
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
