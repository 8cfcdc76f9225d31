import type { Sample } from './measure.ts';
import type { RouteName } from './routes.ts';

/** A promise about speed or memory: a figure of mcpspan, usually divided by that of the bare pipe in the same round. */
interface Bar {
  text: string;
  shape: string;
  route: RouteName;
  figure: keyof Sample;
  /** The figure of the pipe to divide by; undefined: the figure is taken as it is. */
  against: keyof Sample | undefined;
  bound: { most: number } | { least: number };
  unit: string;
}

export interface Verdict {
  text: string;
  bound: string;
  /** Undefined: it was not measured. */
  measured: string | undefined;
  met: boolean | undefined;
}

const cpu = (text: string, shape: string, figure: 'cpu' | 'relay', most: number, route: RouteName = 'otlp'): Bar => ({
  text: `${text}: ${figure === 'relay' ? "relay thread's" : "whole process'"} CPU per request`,
  shape,
  route,
  figure,
  against: 'cpu',
  bound: { most },
  unit: '× pipe',
});

const against = (figure: 'p99' | 'perSecond', text: string, shape: string, bound: Bar['bound']): Bar => ({
  text,
  shape,
  route: 'otlp',
  figure,
  against: figure,
  bound,
  unit: '× pipe',
});

const BARS: readonly Bar[] = [
  cpu('small JSON', 'json/16', 'relay', 0.8),
  cpu('small JSON', 'json/16', 'cpu', 1.3),
  cpu('event stream', 'sse/16', 'cpu', 1.15),
  cpu('session churn, connections kept', 'churn/16', 'cpu', 1.45),
  cpu('session churn, a new connection for each session', 'fresh/16', 'cpu', 1.5),
  cpu('64 KB JSON', 'json64k/16', 'cpu', 1.25),
  cpu('1 MB JSON', 'json1m/4', 'cpu', 1.1),
  cpu('small JSON, all off', 'json/16', 'cpu', 0.75, 'off'),
  against('p99', 'all processes on one core: p99', 'crowded/16', { most: 2 }),
  against('p99', 'steady 500 requests/s: p99', 'steady/500', { most: 1.1 }),
  against('perSecond', 'small JSON, no process held to a core: requests/s', 'free/16', { least: 0.85 }),
  {
    text: 'resident memory of a standing stream',
    shape: 'idle/500',
    route: 'otlp',
    figure: 'stream',
    against: undefined,
    bound: { most: 20 },
    unit: 'KiB',
  },
];

const MAX_RESIDENT_MIB = 200;

/** @param residentAfter resident memory of mcpspan with OTLP when everything is over, in MiB */
export function judge(samples: readonly Sample[], residentAfter: number | undefined): Verdict[] {
  const verdicts = BARS.map((bar): Verdict => {
    const { text, shape, route, figure, against, bound, unit } = bar;
    const value = against === undefined ? medianOf(samples, shape, route, figure) : ratioOf(samples, bar);
    return verdict(text, bound, value, unit);
  });
  verdicts.push(verdict('resident memory after all of it', { most: MAX_RESIDENT_MIB }, residentAfter, 'MiB'));
  return verdicts;
}

function verdict(text: string, bound: Bar['bound'], value: number | undefined, unit: string): Verdict {
  const met = value === undefined ? undefined : 'most' in bound ? value <= bound.most : value >= bound.least;
  return {
    text,
    bound: 'most' in bound ? `≤ ${bound.most} ${unit}` : `≥ ${bound.least} ${unit}`,
    measured: value?.toFixed(2),
    met,
  };
}

export function medianOf(
  samples: readonly Sample[],
  shape: string,
  route: RouteName,
  figure: keyof Sample,
): number | undefined {
  const values = samples.flatMap((sample) => {
    const value = sample[figure];
    return sample.shape === shape && sample.route === route && typeof value === 'number' ? [value] : [];
  });
  return median(values);
}

/** The median over the rounds: in each round the figure is divided by the pipe's figure of the same round. */
export function ratioOf(
  samples: readonly Sample[],
  { shape, route, figure, against }: Pick<Bar, 'shape' | 'route' | 'figure' | 'against'>,
): number | undefined {
  if (against === undefined) return undefined;
  const ratios = samples.flatMap((sample) => {
    if (sample.shape !== shape || sample.route !== route) return [];
    const pipe = samples.find(
      (other) => other.route === 'pipe' && other.shape === shape && other.round === sample.round,
    )?.[against];
    const value = sample[figure];
    return typeof value === 'number' && typeof pipe === 'number' ? [value / pipe] : [];
  });
  return median(ratios);
}

function median(values: number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  return low === undefined || high === undefined ? undefined : (low + high) / 2;
}
