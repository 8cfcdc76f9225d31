import { counted, clockTime } from '../../reading/figures.ts';
import type { StoredProcess } from '../../store/process-row.ts';
import { UPSTREAM_FAULTS, type UpstreamFault } from '../../transport/upstream-fault.ts';

/** An upstream that cannot be reached now. */
export interface Outage {
  /** When it began, in milliseconds since the epoch. */
  since: number;
  /** How many requests it cost. */
  requests: number;
  fault: UpstreamFault | undefined;
}

/** The outage that a running process reports; undefined: there is none. */
export function outageOf({ running, figures }: StoredProcess): Outage | undefined {
  const since = figures['upstreamFailingSince'];
  if (since === undefined || !running) return undefined;
  const fault = UPSTREAM_FAULTS[(figures['upstreamFault'] ?? 0) - 1];
  return { since, requests: figures['upstreamRequestsFailed'] ?? 0, fault };
}

/** `http://localhost:3000 cannot be reached: nothing listens there. All 3 requests since 14:02:11 got 502 or 504.` */
export function outageInWords({ since, requests, fault }: Outage, upstream: string, now: number): string {
  const why = fault === undefined ? '' : `: ${fault.what}`;
  const cost =
    requests === 0
      ? `since ${clockTime(since, now)}`
      : `${counted(requests, 'request')} since ${clockTime(since, now)} got 502 or 504`;
  return `${upstream} cannot be reached${why} (${cost}).`;
}
