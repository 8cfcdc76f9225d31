import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startLoad } from './load-process.ts';
import { takenBy } from './measure.ts';
import { startScript } from './program.ts';
import { startRoute } from './routes.ts';
import { SHAPES, type Shape } from './shapes.ts';
import { residentOf, settled } from './usage.ts';

/*
 * Endurance: as much traffic as gets through, with sessions that come and go, then half of that load. These must hold:
 * memory stays flat after the warm-up, no copy is dropped at half load, and at the end no session is open.
 */

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    sessions: { type: 'string', default: '20000' },
    'idle-seconds': { type: 'string', default: '5' },
    // So small that the store is full before the first third is over, and is pruned from then on.
    'store-max-mb': { type: 'string', default: '100' },
    mcpspan: { type: 'string', default: new URL('../src/cli.ts', import.meta.url).pathname },
  },
});
const fullSeconds = Number(values.minutes) * 60;
const sessions = Number(values.sessions);
const idleSeconds = Number(values['idle-seconds']);

const EXPORT_INTERVAL_MS = 2_000;
/** After this time the exporters have sent everything. */
const EXPORT_SETTLE_MS = 2 * EXPORT_INTERVAL_MS + 500;
const HALF_SHARE = 0.2;
const MIN_HALF_SECONDS = 10;
/** The share of the run that counts as warm-up. */
const WARM_UP_SHARE = 0.25;
/** Memory counts as flat if the trend of the samples grows by less than this share over the rest of the run. */
const MAX_GROWTH_SHARE = 0.1;
const MEBIBYTE = 1_048_576;

const tell = (line: string): void => void process.stderr.write(`${line}\n`);
const shapeNamed = (name: string): Shape => {
  const shape = SHAPES.find((one) => one.name === name);
  if (shape === undefined) throw new Error(`no shape ${name}`);
  return shape;
};

await using stack = new AsyncDisposableStack();
const upstream = stack.adopt(await startScript('upstream.ts'), (program) => program.stop());
const sink = stack.adopt(await startScript('sink.ts'), (program) => program.stop());
const callers = stack.adopt(await startLoad(), (load) => load.stop());
const comers = stack.adopt(await startLoad(), (load) => load.stop());
const started = await startRoute('otlp', {
  upstreamPort: upstream.port,
  sinkPort: sink.port,
  mcpspan: values.mcpspan,
  mcpspanArgs: ['--idle-seconds', values['idle-seconds'], '--store-max-mb', values['store-max-mb']],
  env: { OTEL_METRIC_EXPORT_INTERVAL: String(EXPORT_INTERVAL_MS) },
});
if (started?.proxy === undefined) throw new Error('mcpspan did not start');
const route = stack.adopt(started, (one) => one.stop());
const { pid } = started.proxy;

const metric = async (name: string): Promise<number> => (await takenBy(sink.port)).metrics[name] ?? 0;
const caughtUp = async (): Promise<void> => {
  await settled(pid);
  await delay(EXPORT_SETTLE_MS);
};

/** Sends calls and opens new sessions side by side for so long; returns the calls per second. */
async function play(calls: Shape, churn: Shape, seconds: number): Promise<number> {
  await callers.open(calls, route.port, 0);
  await comers.open(churn, route.port, 0);
  const [measured] = await Promise.all([callers.measure(seconds), comers.measure(seconds)]);
  await callers.close();
  await comers.close();
  return measured.requests / measured.seconds;
}

const calls = shapeNamed('json/16');
const churn = shapeNamed('churn/16');
const churnRate = (sessions * churn.cycle.length) / fullSeconds;

const resident: { minutes: number; mebibytes: number }[] = [];
const from = performance.now();
const sampler = setInterval(() => {
  resident.push({ minutes: (performance.now() - from) / 60_000, mebibytes: residentOf(pid) / MEBIBYTE });
}, 1_000);
tell(`full load for ${fullSeconds} s, with ${sessions} sessions coming and going`);
const perSecond = await play(calls, { ...churn, rate: churnRate }, fullSeconds);
clearInterval(sampler);
// The last value while sessions were open: without it, zero afterwards would prove nothing.
const openAtFull = await metric('mcpspan.sessions.open');
await caughtUp();
const droppedAtFull = await metric('mcpspan.self.copies_dropped');

const halfSeconds = Math.max(MIN_HALF_SECONDS, HALF_SHARE * fullSeconds);
tell(`${perSecond.toFixed(0)} requests/s; now half of it for ${halfSeconds} s`);
await play({ ...calls, rate: perSecond / 2 }, { ...churn, rate: churnRate / 2 }, halfSeconds);
await caughtUp();
const droppedAtHalf = (await metric('mcpspan.self.copies_dropped')) - droppedAtFull;

tell('now silence');
await delay(idleSeconds * 1_000);
await caughtUp();
const open = await metric('mcpspan.sessions.open');
const opened = await metric('mcpspan.sessions');

const warm = resident.slice(Math.floor(resident.length * WARM_UP_SHARE));
const trend = slopeOf(warm);
const mean = warm.reduce((sum, { mebibytes }) => sum + mebibytes, 0) / warm.length;
const growth = trend * ((warm.at(-1)?.minutes ?? 0) - (warm[0]?.minutes ?? 0));
const rows: [string, string, boolean | undefined][] = [
  ['requests/s at full load', perSecond.toFixed(0), undefined],
  ['sessions opened', String(opened), opened >= sessions],
  ['sessions open at full load', String(openAtFull), openAtFull > 0],
  ['copies dropped at full load', String(droppedAtFull), undefined],
  ['copies dropped at half load', String(droppedAtHalf), droppedAtHalf === 0],
  ['sessions open after silence', String(open), open === 0],
  [
    'resident memory',
    `${mean.toFixed(0)} MiB, ${trend.toFixed(2)} MiB/min, ${growth.toFixed(1)} MiB in all once warm`,
    growth <= MAX_GROWTH_SHARE * mean,
  ],
];
for (const [what, value, met] of rows) {
  process.stdout.write(`${what.padEnd(30)}  ${value}${met === undefined ? '' : met ? '  yes' : '  NO'}\n`);
}
if (rows.some(([, , met]) => met === false)) process.exitCode = 1;

/** The least-squares trend, in MiB per minute. */
function slopeOf(samples: readonly { minutes: number; mebibytes: number }[]): number {
  const count = samples.length;
  const meanX = samples.reduce((sum, { minutes }) => sum + minutes, 0) / count;
  const meanY = samples.reduce((sum, { mebibytes }) => sum + mebibytes, 0) / count;
  let above = 0;
  let below = 0;
  for (const { minutes, mebibytes } of samples) {
    above += (minutes - meanX) * (mebibytes - meanY);
    below += (minutes - meanX) ** 2;
  }
  return below === 0 ? 0 : above / below;
}
