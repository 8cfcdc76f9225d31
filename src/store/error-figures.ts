import type { Collector, ScannedKind } from './scan.ts';

/** Operations that failed in the same way, and their number. Times: milliseconds since the epoch. */
export interface StoredError {
  server: string;
  client: string;
  method: string;
  target: string | undefined;
  outcome: string;
  code: string | undefined;
  number: number;
  lastAt: number;
}

/** The most frequent error comes first. */
export function collectErrors(): Collector<StoredError[]> {
  const found = new Map<ScannedKind, StoredError>();
  return {
    visit: (kind, startedUs, tookUs) => {
      if (!kind.error) return;
      let error = found.get(kind);
      if (error === undefined) {
        const { server, client, method, target, outcome, code } = kind;
        error = {
          server,
          client,
          method,
          target: target || undefined,
          outcome,
          code: code || undefined,
          number: 0,
          lastAt: 0,
        };
        found.set(kind, error);
      }
      error.number++;
      error.lastAt = Math.max(error.lastAt, (startedUs + tookUs) / 1_000);
    },
    finish: () => [...found.values()].toSorted((a, b) => b.number - a.number || b.lastAt - a.lastAt),
  };
}
