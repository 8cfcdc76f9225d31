import type { ExportResult } from '@opentelemetry/core';
import type { IOtlpExportDelegate } from '@opentelemetry/otlp-exporter-base';
import {
  JsonLogsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';

export type Protocol = 'grpc' | 'http/json' | 'http/protobuf';
/** What is sent as bytes; metrics go by the SDK's own exporters, as what waits of them is out of date. */
export type SentSignal = 'spans' | 'logs';

/** How a request ended. `rejected`: items of an accepted request that the other side refused (partial success). */
export type SendResult = ExportResult & { rejected: number };

export interface Sender {
  /** Sends a serialized request, retries and time-out included. Never rejects. */
  send(bytes: Uint8Array): Promise<SendResult>;
  shutdown(): Promise<void>;
}

interface Route {
  variable: string;
  path: string;
  service: string;
  method: string;
  items: 'span' | 'log';
}

const ROUTES: Readonly<Record<SentSignal, Route>> = {
  spans: {
    variable: 'TRACES',
    path: 'v1/traces',
    service: 'TraceExportService',
    method: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    items: 'span',
  },
  logs: {
    variable: 'LOGS',
    path: 'v1/logs',
    service: 'LogsExportService',
    method: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
    items: 'log',
  },
};

/**
 * The way to an OTLP endpoint for requests that are bytes already, so that what could not be delivered can wait as it
 * is. The way itself (headers, TLS, compression, retries, time-outs, all from the standard `OTEL_EXPORTER_OTLP_*`
 * variables) is that of the SDK's exporters; only the one that is used is loaded.
 * @param longest milliseconds one request may take, retries included, when that is less than the exporter's own limit
 */
export async function createSender(
  signal: SentSignal,
  protocol: Protocol,
  longest: number | undefined,
): Promise<Sender> {
  const { variable, path, service, method, items } = ROUTES[signal];
  let rejected = 0;
  const serializer = {
    serializeRequest: (bytes: Uint8Array): Uint8Array => bytes,
    deserializeResponse: (answer: Uint8Array) => {
      const response = read(signal, protocol, answer);
      rejected = response.rejected;
      return response.whole;
    },
  };
  // The exporters' own metrics are off: no meter provider is given.
  const uncounted = { name: items, countItems: () => 0 } as const;
  const within = <Options extends { timeoutMillis: number }>(options: Options): Options => ({
    ...options,
    timeoutMillis: Math.min(options.timeoutMillis, longest ?? Number.POSITIVE_INFINITY),
  });
  let delegate: IOtlpExportDelegate<Uint8Array>;
  if (protocol === 'grpc') {
    const grpc = await import('@opentelemetry/otlp-grpc-exporter-base');
    delegate = grpc.createOtlpGrpcExportDelegate(
      within(grpc.convertLegacyOtlpGrpcOptions({}, variable)),
      serializer,
      `otlp_grpc_${items}_exporter`,
      uncounted,
      undefined,
      service,
      method,
    );
  } else {
    const http = await import('@opentelemetry/otlp-exporter-base/node-http');
    const type = protocol === 'http/json' ? 'application/json' : 'application/x-protobuf';
    delegate = http.createOtlpHttpExportDelegate(
      within(http.convertLegacyHttpOptions({}, variable, path, { 'Content-Type': type })),
      serializer,
      `otlp_http_${items}_exporter`,
      uncounted,
      undefined,
    );
  }
  return {
    send: (bytes) =>
      new Promise((resolve) => {
        delegate.export(bytes, (result) => {
          // The answer was read just before, without a turn of the event loop in between.
          resolve({ ...result, rejected });
          rejected = 0;
        });
      }),
    shutdown: () => delegate.shutdown(),
  };
}

function read(signal: SentSignal, protocol: Protocol, answer: Uint8Array): { whole: object; rejected: number } {
  const json = protocol === 'http/json';
  if (signal === 'spans') {
    const response = (json ? JsonTraceSerializer : ProtobufTraceSerializer).deserializeResponse(answer);
    return { whole: response, rejected: Number(response.partialSuccess?.rejectedSpans ?? 0) };
  }
  const response = (json ? JsonLogsSerializer : ProtobufLogsSerializer).deserializeResponse(answer);
  return { whole: response, rejected: Number(response.partialSuccess?.rejectedLogRecords ?? 0) };
}
