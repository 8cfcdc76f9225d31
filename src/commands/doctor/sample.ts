import { randomBytes } from 'node:crypto';
import { SeverityNumber, SpanKind, ValueType, type HrTime } from '@opentelemetry/api';
import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import { JsonLogsSerializer, ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { AggregationTemporality, DataPointType, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { sendOnce } from '../../delivery/attempt.ts';
import { createSender, type SentSignal } from '../../delivery/senders.ts';
import type { Protocol, SignalName } from '../../settings/signals.ts';
import { UNSET, type SpanFacts } from '../../telemetry/finished-span.ts';
import { JsonRequests } from '../../telemetry/json-requests.ts';
import { otlpMetricExporter } from '../../telemetry/metric-export.ts';
import { createResource } from '../../telemetry/resource.ts';
import { SCHEMA_URL, SCOPE } from '../../telemetry/semconv.ts';
import { SpanEncoder } from '../../telemetry/span-encoder.ts';
import { now } from '../../transport/clock.ts';
import { version } from '../../version.ts';

/** One item of a signal, sent to see whether an endpoint accepts it. */
export interface Sample {
  readonly what: string;
  /** How to find it in a backend. */
  readonly mark: string;
  /** Sends it as the proxy would; never rejects. */
  send(): Promise<Sent>;
}

/** `rejected`: the endpoint accepted the request, but not the item. */
export type Sent =
  | { readonly taken: true; readonly rejected: boolean }
  | { readonly taken: false; readonly error: Error };

/** An endpoint that cannot be reached is tried again for this long. */
const MAX_SENDING_MS = 4_000;
const NAME = 'mcpspan doctor';
const METRIC = 'mcpspan.doctor';

export function sampleOf(name: SignalName, protocol: Protocol): Sample {
  const resource = createResource({ serviceName: 'mcpspan', serviceNameWins: false, version, instance: 'doctor' });
  // Queries for what mcpspan reports ask for its own scope, and do not find the samples.
  const scope = { name: `${SCOPE}.doctor`, version, schemaUrl: SCHEMA_URL };
  const at = now();
  switch (name) {
    case 'traces': {
      const traceId = randomBytes(16).toString('hex');
      const requests =
        protocol === 'http/json' ? new JsonRequests({ resource, scope }) : new SpanEncoder({ resource, scope });
      requests.add(spanAt(at, traceId));
      const mark = `trace ${traceId}, span '${NAME}'`;
      return { what: 'test span', mark, send: () => sendBytes('spans', protocol, requests.take()) };
    }
    case 'logs': {
      const serializer = protocol === 'http/json' ? JsonLogsSerializer : ProtobufLogsSerializer;
      const record: ReadableLogRecord = { ...logAt(at), resource, instrumentationScope: scope };
      const bytes = serializer.serializeRequest([record]) ?? new Uint8Array();
      return { what: 'test log record', mark: `the record '${NAME}'`, send: () => sendBytes('logs', protocol, bytes) };
    }
    case 'metrics': {
      const batch: ResourceMetrics = { resource, scopeMetrics: [{ scope, metrics: [gaugeAt(at)] }] };
      return { what: 'test data point', mark: `the metric ${METRIC}`, send: () => sendMetrics(protocol, batch) };
    }
  }
}

const spanAt = (at: number, traceId: string): SpanFacts => ({
  name: NAME,
  kind: SpanKind.INTERNAL,
  traceId,
  spanId: randomBytes(8).toString('hex'),
  parentSpanId: undefined,
  remoteParent: false,
  common: {},
  attributes: {},
  links: [],
  events: [],
  eventsDropped: 0,
  status: UNSET,
  from: at,
  to: at + 1,
});

function logAt(at: number): Omit<ReadableLogRecord, 'resource' | 'instrumentationScope'> {
  const severity = { severityNumber: SeverityNumber.INFO, severityText: 'INFO' };
  const times = { hrTime: timeOf(at), hrTimeObserved: timeOf(at) };
  return { ...times, ...severity, body: NAME, attributes: {}, droppedAttributesCount: 0 };
}

const gaugeAt = (at: number): ResourceMetrics['scopeMetrics'][number]['metrics'][number] => ({
  descriptor: { name: METRIC, description: 'A test.', unit: '1', valueType: ValueType.INT },
  aggregationTemporality: AggregationTemporality.CUMULATIVE,
  dataPointType: DataPointType.GAUGE,
  dataPoints: [{ startTime: timeOf(at), endTime: timeOf(at), attributes: {}, value: 1 }],
});

const timeOf = (at: number): HrTime => [Math.floor(at / 1_000), Math.floor((at % 1_000) * 1_000_000)];

async function sendBytes(signal: SentSignal, protocol: Protocol, bytes: Uint8Array): Promise<Sent> {
  const sender = await createSender(signal, protocol, MAX_SENDING_MS);
  const { outcome, rejected, error } = await sendOnce(sender, { signal, protocol, bytes, items: 1 });
  await sender.shutdown();
  return outcome === 'taken' ? { taken: true, rejected: rejected > 0 } : failed(error);
}

/** The SDK's own exporters send metrics, and do not say what was rejected. */
async function sendMetrics(protocol: Protocol, batch: ResourceMetrics): Promise<Sent> {
  const exporter = await otlpMetricExporter(protocol, { timeoutMillis: MAX_SENDING_MS });
  const { code, error } = await new Promise<ExportResult>((resolve) => exporter.export(batch, resolve));
  await exporter.shutdown();
  return code === ExportResultCode.SUCCESS ? { taken: true, rejected: false } : failed(error);
}

const failed = (error: Error | undefined): Sent => ({
  taken: false,
  error: error ?? new Error('no reason was given'),
});
