import type { StoredProcess } from '../store/process-row.ts';
import { UPSTREAM_FAULTS, type UpstreamFault } from '../transport/upstream-fault.ts';
import { counted, clockTime } from './figures.ts';

/** An upstream that cannot be reached now. */
export interface Outage {
  /** When it began, in milliseconds since the epoch. */
  since: number;
  /** How many requests it cost. */
  requests: number;
  fault: UpstreamFault | undefined;
}

/** The outage that a running process reports of a server; undefined: there is none. */
export function outageOf({ running, figures }: StoredProcess): Outage | undefined {
  const since = figures['upstreamFailingSince'];
  if (since === undefined || !running) return undefined;
  const fault = UPSTREAM_FAULTS[(figures['upstreamFault'] ?? 0) - 1];
  return { since, requests: figures['upstreamRequestsFailed'] ?? 0, fault };
}

/** `http://localhost:3000 cannot be reached: nothing listens there (3 requests since 14:02:11 got 502 or 504).` */
export function outageInWords({ since, requests, fault }: Outage, upstream: string, now: number): string {
  const why = fault === undefined ? '' : `: ${fault.what}`;
  const cost =
    requests === 0
      ? `since ${clockTime(since, now)}`
      : `${counted(requests, 'request')} since ${clockTime(since, now)} got 502 or 504`;
  return `${upstream} cannot be reached${why} (${cost}).`;
}

/** The worst comes first. `wrapped`: it has no upstream, as a wrapped command, or one known from spans alone. */
const STATES = ['unreached', 'untried', 'reached', 'wrapped'] as const;
export type UpstreamState = (typeof STATES)[number];

export function upstreamState(process: StoredProcess): UpstreamState {
  if (outageOf(process) !== undefined) return 'unreached';
  if (process.transport !== 'http') return 'wrapped';
  return process.figures['upstreamReached'] === undefined ? 'untried' : 'reached';
}

/** By name; `quiz-2` comes before `quiz-10`. */
export const byServer = (a: { server: string }, b: { server: string }): number =>
  a.server.localeCompare(b.server, 'en', { numeric: true });

/** A server with the processes that run for it: the replicas of one mcpspan have the same servers. */
export interface ServerHealth {
  server: string;
  /** That of the process that fares worst. */
  state: UpstreamState;
  processes: readonly StoredProcess[];
}

/** The servers of the processes that run, the worst first. */
export function serverHealth(processes: readonly StoredProcess[]): ServerHealth[] {
  const grouped = Map.groupBy(
    processes.filter(({ running }) => running),
    ({ server }) => server,
  );
  const rank = (state: UpstreamState): number => STATES.indexOf(state);
  return [...grouped]
    .map(([server, its]): ServerHealth => {
      const [worst = 'untried'] = its.map(upstreamState).toSorted((a, b) => rank(a) - rank(b));
      return { server, state: worst, processes: its };
    })
    .toSorted((a, b) => rank(a.state) - rank(b.state) || byServer(a, b));
}

/** `3 of 100 upstreams cannot be reached. 95 can be reached, 2 were not tried yet.`; `''`: there are only wrapped commands. */
export function upstreamsInWords(servers: readonly ServerHealth[]): string {
  const number = (wanted: UpstreamState): number => servers.filter(({ state }) => state === wanted).length;
  const [unreached, untried, reached] = [number('unreached'), number('untried'), number('reached')];
  const all = unreached + untried + reached;
  if (all === 0) return '';
  if (all === 1) {
    if (unreached === 1) return 'The upstream cannot be reached.';
    return untried === 1 ? 'The upstream was not tried yet.' : 'The upstream can be reached.';
  }
  if (reached === all) return `All ${all} upstreams can be reached.`;
  const tried = untried === 0 ? '' : `${untried} ${untried === 1 ? 'was' : 'were'} not tried yet`;
  const rest = [reached === 0 ? '' : `${reached} can be reached`, tried].filter(Boolean).join(', ');
  if (unreached === 0) return `Of ${all} upstreams, ${rest}.`;
  return `${unreached} of ${all} upstreams cannot be reached.${rest === '' ? '' : ` ${rest}.`}`;
}

/** A process with the servers that it runs for; one that ended, with those that it ran for. */
export interface WholeProcess {
  /** The row that was written last: what a process says of itself is the same in all. */
  latest: StoredProcess;
  servers: readonly StoredProcess[];
}

/** In the order of the first row of each. */
export const wholeProcesses = (rows: readonly StoredProcess[]): WholeProcess[] =>
  [...Map.groupBy(rows, ({ instance }) => instance).values()].flatMap((all) => {
    const running = all.filter((row) => row.running);
    const servers = running.length > 0 ? running : all;
    const [first, ...others] = servers;
    if (first === undefined) return [];
    const latest = others.reduce((best, row) => (row.seenAt > best.seenAt ? row : best), first);
    return [{ latest, servers: servers.toSorted(byServer) }];
  });

const MAX_NAMES = 3;

/** `quiz`, `files, grade, quiz`, or `files, grade, quiz and 97 more`. */
export function namesInWords(names: readonly string[]): string {
  const shown = names.slice(0, names.length <= MAX_NAMES ? MAX_NAMES : MAX_NAMES - 1).join(', ');
  return names.length <= MAX_NAMES ? shown : `${shown} and ${names.length - MAX_NAMES + 1} more`;
}
