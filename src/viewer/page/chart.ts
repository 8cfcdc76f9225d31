import uPlot from 'uplot';
import { NONE } from '../../reading/figures.ts';
import { h, type Island, type VirtualElement } from './element.ts';

export interface Series {
  label: string;
  /** One for each of `times`; null: no value. */
  values: readonly (number | null)[];
  /** The name of a custom property of the style sheet. */
  colour: string;
}

export interface ChartData {
  /** Seconds since the epoch. */
  times: readonly number[];
  series: readonly Series[];
  /** A figure as people read it. */
  format(value: number): string;
  height: number;
  /** Ten times as much is one step higher, so that values far apart can be read in one chart. */
  logarithmic?: boolean;
  /** Called with a stretch of time that was chosen with the mouse, in seconds since the epoch. */
  onChosen?(from: number, to: number): void;
}

/** @param summary what the chart shows, for screen readers */
export function chart(key: string, summary: string, data: ChartData): VirtualElement {
  const points = Math.max(...data.series.map(({ values }) => values.filter((value) => value !== null).length));
  if (points < MIN_POINTS) return h('p', { key: `${key} few`, class: 'few muted' }, 'Too few points for a chart.');
  return h('div', {
    key,
    class: data.series.length > 1 ? 'chart several' : 'chart',
    role: 'img',
    'aria-label': summary,
    island: { create: createChart, data },
  });
}

/** A single dot says no more than the figure above it. */
const MIN_POINTS = 2;
/** All charts of the page show their values at the same time. */
const SYNC = 'page';
const MIN_CHOSEN_PX = 6;
const MIN_AXIS_PX = 48;
const AXIS_CHAR_PX = 6.5;

function createChart(element: HTMLElement): Island<unknown> {
  let plot: uPlot | undefined;
  let latest: ChartData | undefined;
  let shape = '';
  const draw = (): void => {
    if (latest === undefined || element.clientWidth === 0) return;
    const { times, series, height } = latest;
    const columns: uPlot.AlignedData = [[...times], ...series.map(({ values }) => [...values])];
    const wanted = `${series.map(({ label, colour }) => label + colour).join()} ${height} ${theme()}`;
    if (plot === undefined || wanted !== shape) {
      plot?.destroy();
      plot = new uPlot(
        optionsOf(latest, element, () => latest),
        columns,
        element,
      );
      shape = wanted;
      return;
    }
    if (plot.width !== element.clientWidth) plot.setSize({ width: element.clientWidth, height });
    plot.setData(columns);
  };
  const sizes = new ResizeObserver(draw);
  sizes.observe(element);
  const scheme = matchMedia('(prefers-color-scheme: dark)');
  scheme.addEventListener('change', draw);
  document.addEventListener('themechange', draw);
  return {
    update(data) {
      // `chart` alone makes islands of this kind.
      latest = data as ChartData;
      draw();
    },
    destroy() {
      sizes.disconnect();
      scheme.removeEventListener('change', draw);
      document.removeEventListener('themechange', draw);
      plot?.destroy();
    },
  };
}

const theme = (): string => resolved(document.body, '--text');

/** The colour that a property stands for: a canvas does not understand `light-dark()`. */
function resolved(element: HTMLElement, property: string): string {
  element.style.color = `var(${property})`;
  const { color } = getComputedStyle(element);
  element.style.removeProperty('color');
  return color;
}

function optionsOf(data: ChartData, element: HTMLElement, latest: () => ChartData | undefined): uPlot.Options {
  const colour = (name: string): string => resolved(element, name);
  const format = (value: number | null | undefined): string =>
    value === null || value === undefined ? NONE : (latest()?.format(value) ?? '');
  const axis = { stroke: colour('--muted'), font: '11px system-ui', ticks: { show: false }, gap: 4 };
  return {
    width: element.clientWidth,
    height: data.height,
    padding: [6, 16, 0, 0],
    cursor: {
      y: false,
      // What is chosen becomes the period of the page; the chart itself does not zoom.
      drag: { x: data.onChosen !== undefined, y: false, setScale: false },
      points: { size: 6 },
      sync: { key: SYNC },
    },
    hooks: { setSelect: [(plot) => choose(plot, latest())] },
    legend: { show: true, live: true, markers: { show: data.series.length > 1 } },
    scales: {
      y:
        data.logarithmic === true
          ? { distr: 3, range: (_plot, least, most) => [powerBelow(least), powerAbove(most)] }
          : { range: (_plot, _least, most) => [0, most > 0 ? most * 1.15 : 1] },
    },
    axes: [
      { ...axis, size: 20, space: 56, grid: { show: false }, values: (_plot, ticks) => clockTicks(ticks) },
      {
        ...axis,
        // As wide as its longest figure.
        size: (_plot, values) => Math.max(MIN_AXIS_PX, ...(values ?? []).map(({ length }) => length * AXIS_CHAR_PX)),
        space: 28,
        grid: { stroke: colour('--line'), width: 1 },
        ...(data.logarithmic === true && {
          splits: (_plot, _axis, least, most) => powersIn(least, most),
          // Its own leaves every other power unnamed.
          filter: (_plot, splits) => splits,
        }),
        values: (_plot, ticks) => ticks.map((tick) => format(tick)),
      },
    ],
    series: [
      { label: 'at', value: (plot, at) => (at === null ? '' : timeIn(plot, at)) },
      ...data.series.map(({ label, colour: name }): uPlot.Series => ({
        label,
        stroke: colour(name),
        width: 1.5,
        ...(data.series.length === 1 && { fill: faint(colour(name)) }),
        points: { show: true, size: 4, filter: (plot, index) => isolated(plot.data[index] ?? []) },
        value: (_plot, value) => format(value),
      })),
    ],
  };
}

/** Hands on what was chosen, and clears it. */
function choose(plot: uPlot, data: ChartData | undefined): void {
  const { left, width } = plot.select;
  if (width < MIN_CHOSEN_PX) return;
  plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
  data?.onChosen?.(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
}

const powerBelow = (value: number): number => 10 ** Math.floor(Math.log10(value > 0 ? value : 0.001));
const powerAbove = (value: number): number => 10 ** Math.ceil(Math.log10(value > 0 ? value * 1.01 : 0.01));

function powersIn(least: number, most: number): number[] {
  const powers: number[] = [];
  for (let power = least; power <= most * 1.001; power *= 10) powers.push(power);
  return powers;
}

/** A computed colour has the form `rgb(1, 2, 3)`. */
const faint = (colour: string): string => colour.replace('rgb(', 'rgba(').replace(')', ', 0.13)');

/** The time of day, with the day where the chart has several. */
function timeIn(plot: uPlot, at: number): string {
  const [from = at] = plot.data[0];
  const clock = clockTicks([at])[0] ?? '';
  return at - from > DAY_SECONDS || (plot.data[0].at(-1) ?? at) - from > DAY_SECONDS
    ? `${clockTicks([from, at + 2 * DAY_SECONDS, at])[2] ?? ''} ${clock}`
    : clock;
}

/** The values without a neighbour, which no line leads to. */
function isolated(values: ArrayLike<number | null | undefined>): number[] {
  const found: number[] = [];
  const there = (index: number): boolean => values[index] !== null && values[index] !== undefined;
  for (let index = 0; index < values.length; index++) {
    if (there(index) && !there(index - 1) && !there(index + 1)) found.push(index);
  }
  return found;
}

const DAY_SECONDS = 86_400;

/** Times of the day; days of the month where there are several. */
function clockTicks(ticks: readonly number[]): string[] {
  const days = (ticks.at(-1) ?? 0) - (ticks[0] ?? 0) > DAY_SECONDS;
  const two = (value: number): string => String(value).padStart(2, '0');
  return ticks.map((tick) => {
    const at = new Date(tick * 1_000);
    if (days) return `${two(at.getMonth() + 1)}-${two(at.getDate())}`;
    const seconds = at.getSeconds() === 0 ? '' : `:${two(at.getSeconds())}`;
    return `${two(at.getHours())}:${two(at.getMinutes())}${seconds}`;
  });
}
