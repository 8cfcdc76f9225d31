import type { Protocol, SentSignal } from './senders.ts';

export const SIGNALS: readonly SentSignal[] = ['spans', 'logs'];

/** One OTLP request. */
export interface Batch {
  signal: SentSignal;
  /** As they would be sent, not compressed. */
  bytes: Uint8Array;
  /** Spans, or log records, in it. */
  items: number;
  /** The protocol they were written for. */
  protocol: Protocol;
}

/** A batch that waits. */
export interface Waiting {
  id: string;
  batch: Batch;
  /** Grows from batch to batch. */
  sequence: number;
}

/** Where batches wait that could not be delivered. Bounded; never throws. */
export interface Spool {
  /** What waits now is still there after this process. */
  readonly durable: boolean;
  /** False: not kept, the caller counts it as lost. The oldest make room, and are reported as dropped. */
  put(batch: Batch): boolean;
  /** The oldest batch, which stays until it is `done`; undefined when none waits, or none can be read now. */
  oldest(signal: SentSignal): { id: string; batch: Batch } | undefined;
  done(id: string): void;
  items(signal: SentSignal): number;
  bytes(signal: SentSignal): number;
  /** What only memory holds is reported as dropped; afterwards nothing is taken, `items` and `bytes` still answer. */
  close(): void;
}

/** Items that waited and will never be sent. */
export type OnDropped = (signal: SentSignal, items: number) => void;

/** Numbers that grow, across processes too: microseconds since the epoch, unless that would not grow. */
export function createSequence(now: () => number): () => number {
  let last = 0;
  return () => (last = Math.max(last + 1, Math.floor(now() * 1_000)));
}
