import { ExportResultCode } from '@opentelemetry/core';
import { JsonLogsSerializer, ProtobufLogsSerializer } from '@opentelemetry/otlp-transformer';
import {
  BatchLogRecordProcessor,
  ConsoleLogRecordExporter,
  SimpleLogRecordProcessor,
  type LogRecordExporter,
  type LogRecordProcessor,
} from '@opentelemetry/sdk-logs';
import type { Delivery } from '../delivery/delivery.ts';
import type { Protocol, Signal } from '../settings/signals.ts';
import { positive, type ExportParts } from './export-parts.ts';

/** The SDK's default. */
const MAX_WAITING_LOGS = 2_048;

/** Creates the exports of log records that `OTEL_*` asks for. */
export async function createLogProcessors(signal: Signal, parts: ExportParts): Promise<LogRecordProcessor[]> {
  const processors: LogRecordProcessor[] = [];
  for (const name of signal.exporters) {
    if (name === 'console') {
      processors.push(new SimpleLogRecordProcessor({ exporter: new ConsoleLogRecordExporter() }));
      continue;
    }
    const maxQueueSize = positive('OTEL_BLRP_MAX_QUEUE_SIZE') ?? MAX_WAITING_LOGS;
    const delivery = await parts.delivery('logs', signal, {
      maxItems: maxQueueSize,
      longest: positive('OTEL_BLRP_EXPORT_TIMEOUT'),
    });
    const scheduledDelayMillis = positive('OTEL_BLRP_SCHEDULE_DELAY');
    const maxExportBatchSize = positive('OTEL_BLRP_MAX_EXPORT_BATCH_SIZE');
    processors.push(
      new BatchLogRecordProcessor({
        exporter: exporterTo(delivery, signal.protocol),
        maxQueueSize,
        ...(scheduledDelayMillis !== undefined && { scheduledDelayMillis }),
        ...(maxExportBatchSize !== undefined && { maxExportBatchSize }),
      }),
    );
  }
  return processors;
}

/** For the SDK, records are exported once the delivery has them. The delivery then sends, keeps or counts them. */
function exporterTo(delivery: Delivery, protocol: Protocol): LogRecordExporter {
  const serializer = protocol === 'http/json' ? JsonLogsSerializer : ProtobufLogsSerializer;
  return {
    export: (records, done) => {
      const bytes = serializer.serializeRequest(records);
      if (bytes !== undefined) void delivery.deliver({ signal: 'logs', bytes, items: records.length, protocol });
      done({ code: ExportResultCode.SUCCESS });
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
}
