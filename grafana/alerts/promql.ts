import { METRIC, type MetricName } from '../../src/telemetry/semconv.ts';
import { labels, selector, type Label, type Matchers } from '../dashboards/promql.ts';
import { prometheusName } from '../prometheus-name.ts';

export const MINUTE = 60;
export const HOUR = 3_600;
export const DAY = 86_400;

const UNITS = [
  ['d', DAY],
  ['h', HOUR],
  ['m', MINUTE],
  ['s', 1],
  ['ms', 0.001],
] as const;

/** `mcpspan_handshakes_total{mcpspan_handshake_kind="failed"}`. */
export function series(name: MetricName, matchers: Matchers = {}, part: '' | '_bucket' | '_count' = ''): string {
  const metric = prometheusName(METRIC[name]) + part;
  return Object.keys(matchers).length === 0 ? metric : selector(metric, matchers);
}

/** Indents each line by the parentheses that are open there. */
export function laidOut(expression: string): string {
  let depth = 0;
  const lines = expression.split('\n').map((line) => {
    const text = line.trim();
    const bare = text.replaceAll(/"[^"]*"/g, '');
    const closed = /^\)*/.exec(bare)?.[0].length ?? 0;
    const indented = `${'  '.repeat(Math.max(0, depth - closed))}${text}`;
    for (const character of bare) depth += character === '(' ? 1 : character === ')' ? -1 : 0;
    return indented;
  });
  return lines.join('\n');
}

/** Writes PromQL. A test may divide every duration by a factor. */
export class Promql {
  readonly #faster: number;

  constructor(faster = 1) {
    this.#faster = faster;
  }

  /** `1h30m` of seconds. */
  duration(seconds: number): string {
    let left = seconds / this.#faster;
    let text = '';
    for (const [unit, size] of UNITS) {
      // The rest is not exact in binary.
      const count = unit === 'ms' ? Math.round(left / size) : Math.floor(left / size);
      if (count > 0) text += `${count}${unit}`;
      left -= count * size;
    }
    return text === '' ? '0s' : text;
  }

  /** `metric[15m] offset 1h`. */
  range(selector: string, seconds: number, ago = 0): string {
    return `${selector}[${this.duration(seconds)}]${ago === 0 ? '' : ` offset ${this.duration(ago)}`}`;
  }

  /** How much counters grew in a window, summed. It suits counters that begin at 0 with the process. */
  increase(by: readonly Label[], selector: string, seconds: number): string {
    return `sum by (${labels(...by)}) (increase(${this.range(selector, seconds)}))`;
  }

  /**
   * The same for counters that begin with their first event, as most of ours do. `increase` misses the first value of a
   * series, so a rare event would never be seen. A series that was not there in the hour before the window counts in
   * full. (So does a series that comes back after a longer gap.)
   */
  grown(by: readonly Label[], selector: string, seconds: number): string {
    return `sum by (${labels(...by)}) (
(
max_over_time(${this.range(selector, seconds)})
unless last_over_time(${this.range(selector, HOUR, seconds)})
)
or increase(${this.range(selector, seconds)})
)`;
  }

  /** The same since the counters last arrived, within a day: `increase` misses what was added while nothing arrived. */
  grownSinceHeard(by: readonly Label[], selector: string, seconds: number): string {
    const now = `last_over_time(${this.range(selector, seconds)})`;
    return `sum by (${labels(...by)}) (
${now}
- (
last_over_time(${this.range(selector, DAY, seconds)})
or ${now} * 0
)
)`;
  }
}
