import type { ExportResult } from '@opentelemetry/core';
import type { IOtlpExportDelegate } from '@opentelemetry/otlp-exporter-base';
import {
  JsonLogsSerializer,
  JsonTraceSerializer,
  ProtobufLogsSerializer,
  ProtobufTraceSerializer,
} from '@opentelemetry/otlp-transformer';
import { loadGrpc } from './load-grpc.ts';

export type Protocol = 'grpc' | 'http/json' | 'http/protobuf';
/** The signals that are sent as bytes. Metrics use the SDK's own exporters, since metrics that wait are out of date. */
export type SentSignal = 'spans' | 'logs';

/**
 * How a request ended. `rejected`: items that the endpoint refused although it accepted the request (partial success).
 */
export type SendResult = ExportResult & { rejected: number };

export interface Sender {
  /** Sends a serialized request, with retries and a time-out. Never rejects. */
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
 * Sends requests that are already bytes to an OTLP endpoint, so that an undelivered request can wait as it is. The
 * SDK's exporters do the rest: headers, TLS, compression, retries and time-outs, all from the standard
 * `OTEL_EXPORTER_OTLP_*` variables. Only the exporter that is used is loaded.
 * @param maxRequestMs how long one request may take, with its retries; the exporter's own limit holds if it is lower
 */
export async function createSender(
  signal: SentSignal,
  protocol: Protocol,
  maxRequestMs: number | undefined,
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
  const withShorterTimeout = <Options extends { timeoutMillis: number }>(options: Options): Options => ({
    ...options,
    timeoutMillis: Math.min(options.timeoutMillis, maxRequestMs ?? Number.POSITIVE_INFINITY),
  });
  let delegate: IOtlpExportDelegate<Uint8Array>;
  if (protocol === 'grpc') {
    const grpc = await loadGrpc(() => import('@opentelemetry/otlp-grpc-exporter-base'));
    delegate = grpc.createOtlpGrpcExportDelegate(
      withShorterTimeout(grpc.convertLegacyOtlpGrpcOptions({}, variable)),
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
      withShorterTimeout(http.convertLegacyHttpOptions({}, variable, path, { 'Content-Type': type })),
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
          // `deserializeResponse` has just run, without a turn of the event loop in between.
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
