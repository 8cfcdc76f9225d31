import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readProfiles, type Place } from './cpu-profile.ts';
import { startLoad } from './load-process.ts';
import { measureCalls } from './measure.ts';
import { coresHere, startScript } from './program.ts';
import { ROUTE_NAMES, startRoute } from './routes.ts';
import { SHAPES } from './shapes.ts';

/* Shows where a relay spends its time under one shape of load, for each thread. */

const { values } = parseArgs({
  options: {
    shape: { type: 'string', default: 'json/16' },
    route: { type: 'string', default: 'otlp' },
    seconds: { type: 'string', default: '8' },
    rows: { type: 'string', default: '40' },
    mcpspan: { type: 'string', default: new URL('../src/cli.ts', import.meta.url).pathname },
  },
});
const shape = SHAPES.find(({ name }) => name === values.shape);
const name = ROUTE_NAMES.find((one) => one === values.route);
if (shape === undefined || shape.idle === true || name === undefined) throw new Error('no such shape or route');

await using stack = new AsyncDisposableStack();
const upstream = stack.adopt(await startScript('upstream.ts'), (program) => program.stop());
const sink = stack.adopt(await startScript('sink.ts'), (program) => program.stop());
const load = stack.adopt(await startLoad(), (program) => program.stop());
const folder = mkdtempSync(join(tmpdir(), 'bench-profile-'));
const route = await startRoute(name, {
  upstreamPort: upstream.port,
  sinkPort: sink.port,
  mcpspan: values.mcpspan,
  nodeFlags: ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=500'],
});
if (route === undefined) throw new Error(`${name} is not installed`);
const [first, ...others] = coresHere();
const cores = first === undefined || others.length === 0 ? undefined : { proxy: [first], others };
const sample = await measureCalls(
  { load, upstreamPid: upstream.pid, sink: { pid: sink.pid, port: sink.port }, cores },
  route,
  shape,
  Number(values.seconds),
);
await route.stop();

const rows = Number(values.rows);

/** The own time of each package, and of each file of ours. */
function byFile(places: readonly Place[]): [string, number][] {
  const files = new Map<string, number>();
  for (const { name, self } of places) {
    const where = name.startsWith('(') && !name.includes('/') ? name : (name.split(' ').at(-1) ?? name);
    const file = where.replace(/:\d+$/, '').replace(/^((?:@[^/]+\/)?[^/]+)\/.*\.m?js$/, '$1');
    files.set(file, (files.get(file) ?? 0) + self);
  }
  return [...files].toSorted((a, b) => b[1] - a[1]).slice(0, rows);
}
const { perSecond, cpu = 0, relay = 0 } = sample;
process.stdout.write(
  `${shape.name} over ${name}: ${perSecond.toFixed(0)} requests/s, ${cpu.toFixed(1)} µs of CPU each, ` +
    `${relay.toFixed(1)} of them on the main thread (profiled: slower than usual)\n`,
);
const row = (milliseconds: number, of: number, name: string): string =>
  `  ${((100 * milliseconds) / of).toFixed(1).padStart(5)} %  ${name}`;
for (const { thread, busy, places } of readProfiles(folder)) {
  const list = (title: string, by: 'self' | 'total'): string =>
    [
      `  by ${title}`,
      ...places
        .toSorted((a, b) => b[by] - a[by])
        .slice(0, rows)
        .map((place) => row(place[by], busy, place.name)),
    ].join('\n');
  process.stdout.write(
    `\n${thread}: ${busy.toFixed(0)} ms busy\n${list('self time', 'self')}\n${list('time with callees', 'total')}\n` +
      `  by file\n${byFile(places)
        .map(([file, self]) => row(self, busy, file))
        .join('\n')}\n`,
  );
}
