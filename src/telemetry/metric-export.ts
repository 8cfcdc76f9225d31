import { ExportResultCode, getNumberFromEnv, getStringFromEnv } from '@opentelemetry/core';
import {
  ConsoleMetricExporter,
  PeriodicExportingMetricReader,
  type IMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import { loadGrpc } from '../delivery/load-grpc.ts';
import type { Protocol, Signal } from '../settings/signals.ts';
import { positive, type ExportParts } from './export-parts.ts';

const INTERVAL_MS = 60_000;
const TIMEOUT_MS = 30_000;
/**
 * Points in one request; more go into several. A receiver takes 4 MiB over gRPC and 20 MiB over HTTP unless it is told otherwise, and a
 * histogram takes about 650 bytes: with 100 servers of 20 tools and 6 clients, all that there is takes 24 MB.
 */
const MAX_POINTS = 1_000;

/**
 * Creates the exports of metrics that `OTEL_*` asks for. Undelivered batches are not kept: values are cumulative, so the
 * next batch includes everything that a lost one contained.
 */
export async function createMetricReaders(
  signal: Signal,
  parts: ExportParts,
  say: (line: string) => void,
): Promise<IMetricReader[]> {
  const readers: IMetricReader[] = [];
  const exportIntervalMillis = positive('OTEL_METRIC_EXPORT_INTERVAL') ?? INTERVAL_MS;
  const exportTimeoutMillis = Math.min(positive('OTEL_METRIC_EXPORT_TIMEOUT') ?? TIMEOUT_MS, exportIntervalMillis);
  const periodic = (exporter: PushMetricExporter, more: { maxExportBatchSize?: number } = {}): void => {
    readers.push(new PeriodicExportingMetricReader({ exporter, exportIntervalMillis, exportTimeoutMillis, ...more }));
  };
  for (const name of signal.exporters) {
    if (name === 'console') periodic(new ConsoleMetricExporter());
    else if (name === 'prometheus') readers.push(await prometheusReader(say));
    else
      periodic(watched(await otlpMetricExporter(signal.protocol), signal, parts), { maxExportBatchSize: MAX_POINTS });
  }
  return readers;
}

function watched(exporter: PushMetricExporter, signal: Signal, parts: ExportParts): PushMetricExporter {
  const outage = parts.outage('metrics', signal, () => 0);
  const send = exporter.export.bind(exporter);
  exporter.export = (batch, done) => {
    send(batch, (result) => {
      if (result.code === ExportResultCode.SUCCESS) outage.delivered(0);
      else outage.failed(result.error);
      done(result);
    });
  };
  return exporter;
}

/** The exporter reads its endpoint, protocol and temporality from `OTEL_*` itself. Only the one in use is loaded. */
export async function otlpMetricExporter(
  protocol: Protocol,
  options: { timeoutMillis?: number } = {},
): Promise<PushMetricExporter> {
  switch (protocol) {
    case 'grpc': {
      const grpc = await loadGrpc(() => import('@opentelemetry/exporter-metrics-otlp-grpc'));
      return new grpc.OTLPMetricExporter(options);
    }
    case 'http/json':
      return new (await import('@opentelemetry/exporter-metrics-otlp-http')).OTLPMetricExporter(options);
    case 'http/protobuf':
      return new (await import('@opentelemetry/exporter-metrics-otlp-proto')).OTLPMetricExporter(options);
  }
}

/** Serves metrics at the address in `OTEL_EXPORTER_PROMETHEUS_HOST` and `_PORT`. */
async function prometheusReader(say: (line: string) => void): Promise<IMetricReader> {
  const { PrometheusExporter } = await import('@opentelemetry/exporter-prometheus');
  const host = getStringFromEnv('OTEL_EXPORTER_PROMETHEUS_HOST');
  const port = getNumberFromEnv('OTEL_EXPORTER_PROMETHEUS_PORT');
  const address = { ...(host !== undefined && { host }), ...(port !== undefined && { port }) };
  return new PrometheusExporter(address, (error) => {
    if (error instanceof Error) say(`metrics cannot be served to Prometheus: ${error.message}`);
  });
}
