import { ConsoleSpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import type { Signal } from '../settings/signals.ts';
import { positive, type ExportParts } from './export-parts.ts';
import { writerTo, type SpanOrigin, type SpanWriter } from './finished-span.ts';
import { JsonRequests } from './json-requests.ts';
import { SpanBatches } from './span-batches.ts';
import { SpanEncoder } from './span-encoder.ts';
import { TIMERS } from '../transport/timers.ts';

/** Defaults of the SDK's batch processor, except for the queue: its 2 048 spans last a busy server one second. */
const MAX_SPANS_PER_BATCH = 512;
const SPANS_WAIT_MS = 5_000;
const MAX_WAITING_SPANS = 8_192;

/** Creates the exports of spans that `OTEL_*` asks for. */
export async function createSpanWriters(signal: Signal, origin: SpanOrigin, parts: ExportParts): Promise<SpanWriter[]> {
  const writers: SpanWriter[] = [];
  for (const name of signal.exporters) {
    if (name === 'console') {
      const processor = new SimpleSpanProcessor({ exporter: new ConsoleSpanExporter() });
      writers.push(writerTo(processor, origin));
      parts.send(() => processor.shutdown());
      continue;
    }
    const { protocol } = signal;
    const maxItems = positive('OTEL_BSP_MAX_QUEUE_SIZE') ?? MAX_WAITING_SPANS;
    const batches: SpanBatches = new SpanBatches({
      requests: protocol === 'http/json' ? new JsonRequests(origin) : new SpanEncoder(origin),
      batchSize: Math.min(positive('OTEL_BSP_MAX_EXPORT_BATCH_SIZE') ?? MAX_SPANS_PER_BATCH, maxItems),
      delayMs: positive('OTEL_BSP_SCHEDULE_DELAY') ?? SPANS_WAIT_MS,
      timers: TIMERS,
      deliver: (bytes, items) => void delivery.deliver({ signal: 'spans', bytes, items, protocol }),
    });
    parts.gather(() => Promise.resolve(batches.flush()));
    const delivery = await parts.delivery('spans', signal, {
      maxItems,
      longest: positive('OTEL_BSP_EXPORT_TIMEOUT'),
    });
    writers.push(batches);
  }
  return writers;
}
