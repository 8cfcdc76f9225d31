import type { Collector, ScannedKind } from './scan.ts';

/** Operations that failed, or were rejected, in the same way, and their number. Times: milliseconds since the epoch. */
export interface StoredFault {
  server: string;
  client: string;
  method: string;
  target: string | undefined;
  outcome: string;
  /** A fault of the caller; false: the operations failed. */
  rejected: boolean;
  code: string | undefined;
  number: number;
  lastAt: number;
}

/** The most frequent fault comes first. */
export function collectFaults(): Collector<StoredFault[]> {
  const found = new Map<ScannedKind, StoredFault>();
  return {
    visit: (kind, startedUs, tookUs) => {
      if (!kind.failed && !kind.rejected) return;
      let fault = found.get(kind);
      if (fault === undefined) {
        const { server, client, method, target, outcome, rejected, code } = kind;
        fault = {
          server,
          client,
          method,
          target: target || undefined,
          outcome,
          rejected,
          code: code || undefined,
          number: 0,
          lastAt: 0,
        };
        found.set(kind, fault);
      }
      fault.number++;
      fault.lastAt = Math.max(fault.lastAt, (startedUs + tookUs) / 1_000);
    },
    finish: () => [...found.values()].toSorted((a, b) => b.number - a.number || b.lastAt - a.lastAt),
  };
}
