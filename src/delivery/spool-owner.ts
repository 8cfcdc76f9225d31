import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { threadId } from 'node:worker_threads';
import { codeOf } from './spool-file.ts';

/** The thread that works with a part of a spool. */
export interface Owner {
  /** Where its process id is valid: a PID namespace of a running machine or, if that is unknown, a machine. */
  pidSpace: string;
  pid: number;
  /** When the process started, as Linux counts it; `0` elsewhere. Process ids are used again, this is not. */
  start: string;
  thread: number;
}

/** `unknown`: only its silence can show that it is dead. */
export type OwnerState = 'alive' | 'dead' | 'unknown';

/** This thread of this process. */
export function thisOwner(): Owner {
  const namespace = pidNamespace();
  const start = namespace === undefined ? undefined : startOf('self');
  const pidSpace = start === undefined ? `${process.platform} ${hostname()}` : namespace;
  return {
    pidSpace: createHash('sha256')
      .update(pidSpace ?? '')
      .digest('hex')
      .slice(0, 12),
    pid: process.pid,
    start: start ?? '0',
    thread: threadId,
  };
}

export function stateOf(owner: Owner, us: Owner): OwnerState {
  if (owner.pidSpace !== us.pidSpace) return 'unknown';
  // A thread of this process may have died without the process.
  if (owner.pid === us.pid && owner.start === us.start) return 'unknown';
  if (!isRunning(owner.pid)) return 'dead';
  if (us.start === '0') return 'unknown';
  const start = startOf(owner.pid);
  if (start === undefined) return 'unknown';
  return start === owner.start ? 'alive' : 'dead';
}

/** Field 22 of `/proc/PID/stat`; `ended` for a zombie; undefined when it cannot be read. */
function startOf(pid: number | 'self'): string | undefined {
  const stat = textOf(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  // The second field is the command, in parentheses, and may contain anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' || fields[0] === 'X' ? 'ended' : fields[19];
}

function pidNamespace(): string | undefined {
  const boot = textOf('/proc/sys/kernel/random/boot_id');
  try {
    return boot === undefined ? undefined : boot + readlinkSync('/proc/self/ns/pid');
  } catch {
    return undefined;
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as another user.
    return codeOf(error) !== 'ESRCH';
  }
}
