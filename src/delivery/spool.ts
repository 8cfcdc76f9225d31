import type { Protocol, SentSignal } from './senders.ts';

export const SIGNALS: readonly SentSignal[] = ['spans', 'logs'];

/** One OTLP request. */
export interface Batch {
  signal: SentSignal;
  /** The request as it would be sent, not compressed. */
  bytes: Uint8Array;
  /** The number of spans or log records in it. */
  items: number;
  /** The protocol that it was written for. */
  protocol: Protocol;
}

/** A batch that waits in the spool. */
export interface SpooledBatch {
  id: string;
  batch: Batch;
  /** Grows from batch to batch. */
  sequence: number;
  /** An earlier process, or another one that ended, left it behind. */
  isLeftBehind: boolean;
}

/** Holds batches that could not be delivered. It is bounded and never throws. */
export interface Spool {
  /** The waiting batches outlive this process. */
  readonly durable: boolean;
  /** False: it was not kept, and the caller counts it as lost. The oldest make room, and are reported as dropped. */
  put(batch: Batch): boolean;
  /** The oldest batch, which stays until `done`; undefined when none waits, or when none can be read now. */
  oldest(signal: SentSignal): SpooledBatch | undefined;
  /** Whether the oldest batch was left behind by another process. Such batches come before all others. */
  startsWithLeftBehind(signal: SentSignal): boolean;
  done(id: string): void;
  items(signal: SentSignal): number;
  bytes(signal: SentSignal): number;
  /**
   * Reports as dropped what only memory holds. Afterwards `put` takes nothing, but `items` and `bytes` still answer.
   */
  close(): void;
}

/** Items that waited and will never be sent. */
export type OnDropped = (signal: SentSignal, items: number) => void;

/** Numbers that always grow, across processes too: microseconds since the epoch, or one more than the last number. */
export function createSequence(now: () => number): () => number {
  let last = 0;
  return () => (last = Math.max(last + 1, Math.floor(now() * 1_000)));
}
