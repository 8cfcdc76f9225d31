import { setTimeout as delay } from 'node:timers/promises';
import type { LoadProcess } from './load-process.ts';
import { pin } from './program.ts';
import type { Route, RouteName } from './routes.ts';
import { SHAPES, type Shape } from './shapes.ts';
import type { Taken } from './sink.ts';
import { residentOf, settled, usageOf } from './usage.ts';

/** The figures of one run of a shape over a route; undefined if there is nothing to measure. */
export interface Sample {
  shape: string;
  route: RouteName;
  round: number;
  requests: number;
  perSecond: number;
  /** In microseconds. */
  p50: number;
  p99: number;
  p999: number;
  /** Per request, in microseconds: the proxy's whole process, and its main thread. */
  cpu: number | undefined;
  relay: number | undefined;
  /** Resident memory of the proxy after the run, in MiB. */
  resident: number | undefined;
  /** Spans that reached the sink, per request. Fewer than in a run at low load means that copies were dropped. */
  spans: number | undefined;
  /** The memory that a standing stream takes, in KiB. */
  stream: number | undefined;
}

/** The processes around the proxy, and the cores that they may use. */
export interface Bench {
  load: LoadProcess;
  upstreamPid: number;
  sink: { pid: number; port: number };
  /** Undefined: every process may use every core. */
  cores: { proxy: number[]; others: number[] } | undefined;
}

const MEBIBYTE = 1_048_576;
const WARM_UP_SECONDS = 2;
/** A proxy without load needs this long to catch up with what it collected. */
const STREAMS_SETTLE_MS = 1_500;

export async function takenBy(sinkPort: number): Promise<Taken> {
  const response = await fetch(`http://127.0.0.1:${sinkPort}/`);
  // The sink is ours, and writes this.
  return (await response.json()) as Taken;
}

/** Requests: warms up, waits until the proxy has nothing left to do, measures, and waits again. */
export async function measureCalls(
  bench: Bench,
  route: Route,
  shape: Shape,
  seconds: number,
): Promise<Omit<Sample, 'round'>> {
  const { load, sink } = bench;
  place(bench, route, shape);
  await load.open(shape, route.port, WARM_UP_SECONDS);
  const pid = route.proxy?.pid;
  if (pid !== undefined) await settled(pid);
  const before = pid === undefined ? undefined : usageOf(pid);
  const spansBefore = (await takenBy(sink.port)).spans;
  const measured = await load.measure(seconds);
  if (pid !== undefined) await settled(pid);
  const after = pid === undefined ? undefined : usageOf(pid);
  const spans = (await takenBy(sink.port)).spans - spansBefore;
  await load.close();
  const { requests, p50, p99, p999 } = measured;
  const per = (used: number | undefined, until: number | undefined): number | undefined =>
    used === undefined || until === undefined ? undefined : (until - used) / requests;
  return {
    shape: shape.name,
    route: route.name,
    requests,
    perSecond: requests / measured.seconds,
    p50,
    p99,
    p999,
    cpu: per(before?.process, after?.process),
    relay: per(before?.mainThread, after?.mainThread),
    resident: pid === undefined ? undefined : residentOf(pid) / MEBIBYTE,
    spans: route.name === 'otlp' ? spans / requests : undefined,
    stream: undefined,
  };
}

/** Measures standing streams, with a proxy that was started for them and warmed up with calls. */
export async function measureStreams(bench: Bench, route: Route, shape: Shape): Promise<Omit<Sample, 'round'>> {
  const { load } = bench;
  const pid = route.proxy?.pid;
  const calls = SHAPES.find(({ name }) => name === 'json/16');
  place(bench, route, shape);
  if (calls !== undefined) await load.open(calls, route.port, WARM_UP_SECONDS);
  await load.close();
  if (pid !== undefined) await settled(pid);
  const before = pid === undefined ? 0 : residentOf(pid);
  await load.open(shape, route.port, 0);
  const { requests, p50, p99, p999, seconds } = await load.measure(0);
  await delay(STREAMS_SETTLE_MS);
  const after = pid === undefined ? 0 : residentOf(pid);
  await load.close();
  return {
    shape: shape.name,
    route: route.name,
    requests,
    perSecond: requests / seconds,
    p50,
    p99,
    p999,
    cpu: undefined,
    relay: undefined,
    resident: pid === undefined ? undefined : after / MEBIBYTE,
    spans: undefined,
    stream: pid === undefined ? undefined : (after - before) / 1_024 / shape.connections,
  };
}

/** Puts the proxy on one core and everything else on the others, or on the same, or lets everything use every core. */
function place({ load, upstreamPid, sink, cores }: Bench, route: Route, { free, crowded }: Shape): void {
  if (cores === undefined) return;
  const all = [...cores.proxy, ...cores.others];
  const others = crowded === true ? cores.proxy : cores.others;
  for (const pid of [load.pid, upstreamPid, sink.pid]) pin(pid, free === true ? all : others);
  if (route.proxy !== undefined) pin(route.proxy.pid, free === true ? all : cores.proxy);
}
