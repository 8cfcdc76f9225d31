import { ExportResultCode, type ExportResult } from '@opentelemetry/core';
import type { Batch } from './spool.ts';

/** The part of a sender that is needed here. */
export interface BatchSender {
  /** One attempt, as seen from here; the sender has its own retries and time-outs. */
  send(bytes: Uint8Array): Promise<ExportResult & { rejected?: number }>;
  shutdown(): Promise<void>;
}

/** `refused`: the batch is never to be sent again. `unreachable`: a later attempt may succeed. */
export type DeliveryOutcome = 'taken' | 'refused' | 'unreachable';

export interface Attempt {
  outcome: DeliveryOutcome;
  /** The number of rejected items in a batch that was taken. */
  rejected: number;
  error: Error | undefined;
}

/** OTLP's list, and 408, which says that the request did not arrive. */
const HTTP_RETRYABLE = new Set([408, 429, 502, 503, 504]);
/** CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS. */
const GRPC_RETRYABLE = new Set([1, 4, 10, 11, 14, 15]);
const GRPC_RESOURCE_EXHAUSTED = 8;
const LAST_GRPC_CODE = 16;

/** Sends a batch, and gives the outcome; never rejects. */
export async function sendOnce(sender: BatchSender, { bytes, items }: Batch): Promise<Attempt> {
  try {
    const { code, error, rejected = 0 } = await sender.send(bytes);
    if (code === ExportResultCode.SUCCESS) {
      return { outcome: 'taken', rejected: Math.min(Math.max(rejected, 0), items), error: undefined };
    }
    return { outcome: isRefusal(error) ? 'refused' : 'unreachable', rejected: 0, error };
  } catch (error) {
    return {
      outcome: 'unreachable',
      rejected: 0,
      error: error instanceof Error ? error : new Error(String(error)),
    };
  }
}

/**
 * Whether the endpoint has looked at a request and will never take it, as OTLP defines the status codes: such a request
 * is not to be sent again. After everything else (no connection, no answer in time, too busy) another attempt may
 * succeed.
 */
export function isRefusal(error: Error | undefined): boolean {
  if (error === undefined || !('code' in error) || typeof error.code !== 'number') return false;
  if (error.code > LAST_GRPC_CODE) return !HTTP_RETRYABLE.has(error.code);
  if (error.code === GRPC_RESOURCE_EXHAUSTED) return !saysWhenToRetry(error);
  return !GRPC_RETRYABLE.has(error.code);
}

/** The endpoint has no room at present. Without this detail the request is too large for it. */
function saysWhenToRetry(error: Error): boolean {
  if (!('metadata' in error) || typeof error.metadata !== 'object' || error.metadata === null) return false;
  if (!('get' in error.metadata) || typeof error.metadata.get !== 'function') return false;
  const details: unknown = error.metadata.get('grpc-status-details-bin');
  return Array.isArray(details) && details.some((detail) => String(detail).includes('google.rpc.RetryInfo'));
}
