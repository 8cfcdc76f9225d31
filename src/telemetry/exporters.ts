import type { LogRecordExporter } from '@opentelemetry/sdk-logs';
import { getNumberFromEnv, getStringFromEnv } from '@opentelemetry/core';
import type { IMetricReader, PushMetricExporter } from '@opentelemetry/sdk-metrics';
import type { Protocol } from './senders.ts';

/**
 * The OTLP exporters, by protocol; only the one that is used is loaded. Where they send, with which headers, TLS,
 * compression, temporality and time-outs, they read from the standard `OTEL_EXPORTER_OTLP_*` variables themselves.
 */
export async function otlpMetricExporter(protocol: Protocol): Promise<PushMetricExporter> {
  switch (protocol) {
    case 'grpc':
      return new (await import('@opentelemetry/exporter-metrics-otlp-grpc')).OTLPMetricExporter();
    case 'http/json':
      return new (await import('@opentelemetry/exporter-metrics-otlp-http')).OTLPMetricExporter();
    case 'http/protobuf':
      return new (await import('@opentelemetry/exporter-metrics-otlp-proto')).OTLPMetricExporter();
  }
}

export async function otlpLogExporter(protocol: Protocol): Promise<LogRecordExporter> {
  switch (protocol) {
    case 'grpc':
      return new (await import('@opentelemetry/exporter-logs-otlp-grpc')).OTLPLogExporter();
    case 'http/json':
      return new (await import('@opentelemetry/exporter-logs-otlp-http')).OTLPLogExporter();
    case 'http/protobuf':
      return new (await import('@opentelemetry/exporter-logs-otlp-proto')).OTLPLogExporter();
  }
}

/** Serves metrics where `OTEL_EXPORTER_PROMETHEUS_HOST` and `_PORT` say. */
export async function prometheusReader(say: (line: string) => void): Promise<IMetricReader> {
  const { PrometheusExporter } = await import('@opentelemetry/exporter-prometheus');
  const host = getStringFromEnv('OTEL_EXPORTER_PROMETHEUS_HOST');
  const port = getNumberFromEnv('OTEL_EXPORTER_PROMETHEUS_PORT');
  const address = { ...(host !== undefined && { host }), ...(port !== undefined && { port }) };
  return new PrometheusExporter(address, (error) => {
    if (error instanceof Error) say(`metrics cannot be served to Prometheus: ${error.message}`);
  });
}
