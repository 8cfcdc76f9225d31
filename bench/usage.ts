import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** The time that a process has used so far. */
export interface Usage {
  /** User and system time of all its threads, including ended ones, in microseconds. */
  process: number;
  /** The same for its main thread alone. */
  mainThread: number;
}

const TICK_MICROSECONDS = 1_000_000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));
const STEP_MS = 100;
const QUIET_STEPS = 3;
const MAX_STEPS = 80;

export const usageOf = (pid: number): Usage => ({
  process: cpuOf(`/proc/${pid}/stat`),
  mainThread: cpuOf(`/proc/${pid}/task/${pid}/stat`),
});

/** proc(5): utime and stime are fields 14 and 15. Field 2, a name in parentheses, may contain spaces. */
function cpuOf(path: string): number {
  const stat = readFileSync(path, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MICROSECONDS;
}

/** Resident memory in bytes. */
export function residentOf(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  return Number(kibibytes ?? 0) * 1_024;
}

/** Resolves when a process has caught up with its work: it uses almost no CPU time, or 8 s have passed. */
export async function settled(pid: number): Promise<void> {
  let last = usageOf(pid).process;
  let quiet = 0;
  for (let step = 0; step < MAX_STEPS && quiet < QUIET_STEPS; step++) {
    await delay(STEP_MS);
    const used = usageOf(pid).process;
    quiet = used - last <= TICK_MICROSECONDS ? quiet + 1 : 0;
    last = used;
  }
}
