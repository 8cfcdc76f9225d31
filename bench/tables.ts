import { judge, medianOf, ratioOf, type Verdict } from './bars.ts';
import type { Sample } from './measure.ts';
import { ROUTE_NAMES, ROUTE_TITLES } from './routes.ts';
import type { Shape } from './shapes.ts';

/** One table: medians over the rounds, and their ratios to the bare pipe. */
export function shapeTable(shape: Shape, samples: readonly Sample[]): string {
  const rows = ROUTE_NAMES.filter((route) =>
    samples.some((sample) => sample.route === route && sample.shape === shape.name),
  ).map((route) => {
    const figure = (name: keyof Sample, digits = 0): string =>
      medianOf(samples, shape.name, route, name)?.toFixed(digits) ?? '';
    const ratio = (name: keyof Sample, against: keyof Sample = name): string =>
      ratioOf(samples, { shape: shape.name, route, figure: name, against })?.toFixed(2) ?? '';
    const rest = [figure('p50'), figure('p99'), figure('p999'), figure('resident')];
    if (shape.idle === true) return [ROUTE_TITLES[route], figure('stream', 1), ...rest];
    const cpu = [figure('cpu', 1), ratio('cpu'), figure('relay', 1), ratio('relay', 'cpu')];
    return [ROUTE_TITLES[route], figure('perSecond'), ratio('perSecond'), ...cpu, ...rest, figure('spans', 2)];
  });
  const latencies = ['p50 µs', 'p99 µs', 'p99.9 µs', 'RSS MiB'];
  const head =
    shape.idle === true
      ? ['route', 'KiB/stream', ...latencies]
      : ['route', 'req/s', '× pipe', 'CPU µs/req', '× pipe', 'relay µs/req', '× pipe', ...latencies, 'spans/req'];
  return `${shape.name}: ${shape.about}\n${table(head, rows)}`;
}

export function barTable(samples: readonly Sample[], residentAfter: number | undefined): string {
  const row = ({ text, bound, measured, met }: Verdict): string[] => [
    text,
    bound,
    measured ?? '',
    met === undefined ? 'not measured' : met ? 'yes' : 'NO',
  ];
  return table(['bar', 'bound', 'measured', 'met'], judge(samples, residentAfter).map(row));
}

/** The first column to the left, figures to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ');
  return [line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}
