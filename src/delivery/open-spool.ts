import { DirectorySpool } from './spool-directory.ts';
import { MemorySpool } from './spool-memory.ts';
import { createSequence, type OnDropped, type Spool } from './spool.ts';
import { TIMERS, type Timers } from '../transport/timers.ts';

export interface OpenSpoolOptions {
  where: { kind: 'memory' } | { kind: 'directory'; path: string };
  /** The bound for everything that waits. All processes that share a directory share its bound. */
  maxBytes: number;
  onDropped: OnDropped;
  say(line: string): void;
  timers?: Timers;
}

/** Never throws: if a directory cannot be used, a message says so and memory takes its place. */
export function openSpool({ where, maxBytes, onDropped, say, timers = TIMERS }: OpenSpoolOptions): Spool {
  if (where.kind === 'memory') return new MemorySpool(maxBytes, onDropped, createSequence(timers.now));
  return new DirectorySpool({ path: where.path, maxBytes, onDropped, say, timers });
}
