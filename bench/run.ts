import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startLoad } from './load-process.ts';
import { measureCalls, measureStreams, type Bench, type Sample } from './measure.ts';
import { coresHere, pin, startScript } from './program.ts';
import { ROUTE_NAMES, startRoute, type Route, type RouteName, type RouteOptions } from './routes.ts';
import { SHAPES, type Shape } from './shapes.ts';
import { barTable, shapeTable } from './tables.ts';
import { residentOf } from './usage.ts';

const USAGE = `node bench/run.ts [options]
  --seconds N      length of a run (default 5)
  --rounds N       how often each run is made (default 3)
  --only LIST      shapes, or beginnings of their names: ${SHAPES.map(({ name }) => name).join(', ')}
  --routes LIST    of ${ROUTE_NAMES.join(', ')} (default all)
  --unpinned       let the processes share all cores
  --mcpspan FILE   another command line than src/cli.ts, for example dist/cli.js
  --json FILE      every sample and the figures above, for a machine`;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: '' },
    routes: { type: 'string', default: ROUTE_NAMES.join(',') },
    unpinned: { type: 'boolean', default: false },
    mcpspan: { type: 'string', default: new URL('../src/cli.ts', import.meta.url).pathname },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(`${USAGE}\n`);
  process.exit(0);
}

const seconds = Number(values.seconds);
const rounds = Number(values.rounds);
const only = values.only.split(',');
const shapes = SHAPES.filter(({ name }) => only.some((prefix) => name.startsWith(prefix)));
const chosen = ROUTE_NAMES.filter((name) => values.routes.split(',').includes(name));
const tell = (line: string): void => void process.stderr.write(`${line}\n`);

await using stack = new AsyncDisposableStack();
const upstream = stack.adopt(await startScript('upstream.ts'), (program) => program.stop());
const sink = stack.adopt(await startScript('sink.ts'), (program) => program.stop());
const load = stack.adopt(await startLoad(), (program) => program.stop());
const cores = values.unpinned ? [] : coresHere();
const [first, ...others] = cores;
const bench: Bench = {
  load,
  upstreamPid: upstream.pid,
  sink: { pid: sink.pid, port: sink.port },
  cores: first === undefined || others.length === 0 ? undefined : { proxy: [first], others },
};
if (bench.cores === undefined) tell('nothing is held to a core: figures of one run are hard to compare');
else pin(process.pid, bench.cores.others);

const options: RouteOptions = { upstreamPort: upstream.port, sinkPort: sink.port, mcpspan: values.mcpspan };
const routes: Route[] = [];
for (const name of chosen) {
  const route = await startRoute(name, options);
  if (route === undefined) tell(`${name} is not installed: left out`);
  else routes.push(stack.adopt(route, (one) => one.stop()));
}

// Before anything is timed, each route must give correct answers for every shape.
const ANSWERS_SECONDS = 0.2;
for (const shape of shapes) {
  for (const route of routes) {
    await load.open(shape, route.port, shape.idle === true ? 0 : ANSWERS_SECONDS).catch((error: unknown) => {
      throw new Error(`${route.name} answers ${shape.name} wrong`, { cause: error });
    });
    await load.close();
  }
}

const samples: Sample[] = [];
for (let round = 1; round <= rounds; round++) {
  for (const shape of shapes) {
    // Every second round goes in the other order, so that no route is always first.
    for (const route of round % 2 === 0 ? routes.toReversed() : routes) {
      tell(`round ${round} of ${rounds}  ${shape.name}  ${route.name}`);
      samples.push({ round, ...(await measure(shape, route)) });
    }
  }
}

function measure(shape: Shape, route: Route): Promise<Omit<Sample, 'round'>> {
  return shape.idle === true ? overFreshProcess(shape, route.name) : measureCalls(bench, route, shape, seconds);
}

/** A process reuses memory of earlier runs in later ones, so the memory of streams is measured in a new process. */
async function overFreshProcess(shape: Shape, name: RouteName): Promise<Omit<Sample, 'round'>> {
  const route = await startRoute(name, options);
  if (route === undefined) throw new Error(`${name} is gone`);
  try {
    return await measureStreams(bench, route, shape);
  } finally {
    await route.stop();
  }
}

const otlp = routes.find(({ name }) => name === 'otlp')?.proxy;
const residentAfter = otlp === undefined ? undefined : residentOf(otlp.pid) / 1_048_576;
for (const shape of shapes) process.stdout.write(`${shapeTable(shape, samples)}\n\n`);
process.stdout.write(`${barTable(samples, residentAfter)}\n`);
if (values.json !== undefined)
  writeFileSync(values.json, JSON.stringify({ seconds, residentAfter, samples }, undefined, 2));
