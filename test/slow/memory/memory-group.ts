import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A cgroup with a memory limit, as a container has one. */
export interface MemoryGroup extends AsyncDisposable {
  /** Written to with a process id, moves that process into the group. */
  readonly processesFile: string;
  /** The most memory that its processes had at a time. */
  maxUsedBytes(): number;
}

const ROOT = '/sys/fs/cgroup';
const REMOVAL_TRIES = 50;

/** Makes a group with a limit; otherwise says why there is none. It needs root, and a hierarchy that can be written. */
export function createMemoryGroup(name: string, limitBytes: number): MemoryGroup | string {
  try {
    return existsSync(join(ROOT, 'cgroup.controllers'))
      ? unified(name, limitBytes)
      : controlled(join(ROOT, 'memory'), name, { 'memory.limit_in_bytes': limitBytes }, 'memory.max_usage_in_bytes');
  } catch (error) {
    return `no cgroup can be made here: ${String(error)}`;
  }
}

function unified(name: string, limitBytes: number): MemoryGroup {
  writeFileSync(join(ROOT, 'cgroup.subtree_control'), '+memory');
  return controlled(ROOT, name, { 'memory.max': limitBytes, 'memory.swap.max': 0 }, 'memory.peak');
}

function controlled(
  hierarchy: string,
  name: string,
  limits: Readonly<Record<string, number>>,
  peakFile: string,
): MemoryGroup {
  const folder = join(hierarchy, name);
  mkdirSync(folder);
  try {
    for (const [file, value] of Object.entries(limits)) {
      // A kernel without swap has no limit for it.
      if (existsSync(join(folder, file))) writeFileSync(join(folder, file), String(value));
      else if (!file.includes('swap')) throw new Error(`${folder} has no ${file}`);
    }
  } catch (error) {
    rmdirSync(folder);
    throw error;
  }
  return {
    processesFile: join(folder, 'cgroup.procs'),
    maxUsedBytes: () => Number(readFileSync(join(folder, peakFile), 'utf8')),
    async [Symbol.asyncDispose]() {
      for (let tries = 1; ; tries++) {
        try {
          rmdirSync(folder);
          return;
        } catch (error) {
          // The kernel takes a moment to let go of the last process.
          if (tries === REMOVAL_TRIES) throw error;
          await delay(100);
        }
      }
    },
  };
}
