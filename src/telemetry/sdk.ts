import { diag, DiagConsoleLogger, DiagLogLevel, type Logger } from '@opentelemetry/api';
import { diagLogLevelFromString, getStringFromEnv } from '@opentelemetry/core';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import type { Signals } from '../settings/signals.ts';
import { ExportParts, positive, type ExportOptions } from './export-parts.ts';
import type { SpanWriter } from './finished-span.ts';
import { createLogProcessors } from './log-export.ts';
import { createMeters, type Meters } from './meters.ts';
import { createMetricReaders } from './metric-export.ts';
import type { OpenSpoolOptions } from '../delivery/open-spool.ts';
import { createResource, type ResourceOptions } from './resource.ts';
import { SCHEMA_URL, SCOPE } from './semconv.ts';
import type { WallClock } from './series.ts';
import { createSpanWriters } from './span-export.ts';
import type { Spool } from '../delivery/spool.ts';

export interface SdkOptions extends ResourceOptions, ExportOptions {
  signals: Signals;
  /** Where undelivered batches wait; undefined: they are lost. */
  spool: Pick<OpenSpoolOptions, 'where' | 'maxBytes'> | undefined;
  wallClock: WallClock;
  /** Called when names of a label set became `_OTHER`. */
  onFolded(): void;
}

export interface Sdk {
  /** Undefined: the signal is off. */
  spans: { writers: readonly SpanWriter[]; longestValue: number | undefined } | undefined;
  meters: Meters | undefined;
  logger: Logger | undefined;
  spool: Spool | undefined;
  /** Signals that do not reach their endpoint now, and since when, in milliseconds since the epoch. */
  failing(): Readonly<Record<string, number>>;
  /** Flushes within the given time. */
  shutdown(milliseconds: number): Promise<void>;
}

/** Sets up the OpenTelemetry SDK from `OTEL_*`, for the signals that are on. */
export async function startSdk(options: SdkOptions): Promise<Sdk> {
  const { signals, version, wallClock, onFolded } = options;
  const logLevel = getStringFromEnv('OTEL_LOG_LEVEL');
  if (logLevel !== undefined)
    diag.setLogger(new DiagConsoleLogger(), { logLevel: diagLogLevelFromString(logLevel) ?? DiagLogLevel.INFO });
  const resource = createResource(options);
  const sends = [signals.traces, signals.logs].some((signal) => signal?.exporters.includes('otlp') === true);
  const parts = new ExportParts(options, sends ? options.spool : undefined);
  const sdk: Sdk = {
    spans: undefined,
    meters: undefined,
    logger: undefined,
    spool: parts.spool,
    failing: () => parts.failing(),
    shutdown: (milliseconds) => parts.end(milliseconds),
  };
  const scope = { name: SCOPE, version, schemaUrl: SCHEMA_URL };
  if (signals.traces !== undefined) {
    await resource.waitForAsyncAttributes?.();
    const origin = { resource, scope };
    const longestValue =
      positive('OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT') ?? positive('OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT');
    sdk.spans = { writers: await createSpanWriters(signals.traces, origin, parts), longestValue };
  }
  if (signals.metrics !== undefined) {
    const readers = await createMetricReaders(signals.metrics, parts, options.say);
    const meters = createMeters({ resource, scope, readers, wallClock, onFolded });
    sdk.meters = meters;
    parts.send(() => meters.shutdown());
  }
  if (signals.logs !== undefined) {
    const provider = new LoggerProvider({ resource, processors: await createLogProcessors(signals.logs, parts) });
    sdk.logger = provider.getLogger(SCOPE, version, { schemaUrl: SCHEMA_URL });
    parts.gather(() => provider.shutdown());
  }
  return sdk;
}
