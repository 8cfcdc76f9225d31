import { DirectorySpool } from './spool-directory.ts';
import { MemorySpool } from './spool-memory.ts';
import { createSequence, type OnDropped, type Spool } from './spool.ts';
import { TIMERS, type Timers } from '../transport/timers.ts';

export interface OpenSpoolOptions {
  where: { kind: 'memory' } | { kind: 'directory'; path: string };
  /** Of everything that waits; a directory's bound holds for all processes that share it. */
  maxBytes: number;
  onDropped: OnDropped;
  say(line: string): void;
  timers?: Timers;
}

/** Never throws: a directory that can't be used is said, and memory takes its place. */
export function openSpool({ where, maxBytes, onDropped, say, timers = TIMERS }: OpenSpoolOptions): Spool {
  if (where.kind === 'memory') return new MemorySpool(maxBytes, onDropped, createSequence(timers.now));
  return new DirectorySpool({ path: where.path, maxBytes, onDropped, say, timers });
}
