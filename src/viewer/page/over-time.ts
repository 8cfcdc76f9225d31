/** The time of a chart, in milliseconds since the epoch, and the length of each stretch, in seconds. */
export interface ChartSpan {
  from: number;
  to: number;
  stretch: number;
}

/** A stretch that has only begun says little: below this share it is left out. */
const MIN_BEGUN_SHARE = 0.25;

/**
 * One value for each stretch, the last one included; times in seconds since the epoch.
 * @param value gets how much of its stretch has passed, in seconds
 * @param otherwise stands where nothing ended
 */
export function overTime<Interval extends { at: number }, Value>(
  intervals: readonly Interval[],
  { from, to, stretch }: ChartSpan,
  value: (interval: Interval, seconds: number) => Value,
  otherwise: Value,
): { times: number[]; values: Value[] } {
  const width = stretch * 1_000;
  const known = new Map(intervals.map((interval) => [interval.at, interval]));
  const times: number[] = [];
  const values: Value[] = [];
  for (let time = Math.ceil(from / width) * width; time <= to; time += width) {
    const passed = Math.min(width, to - time);
    // Unless everything happened in it: then it is all there is.
    if (passed < MIN_BEGUN_SHARE * width && (known.size > 1 || !known.has(time))) break;
    const interval = known.get(time);
    times.push(time / 1_000);
    values.push(interval === undefined ? otherwise : value(interval, Math.max(1, passed / 1_000)));
  }
  return { times, values };
}

/** How many stretches are taken together: a handshake in one minute may serve calls in the next. */
const MERGED_STRETCHES = 5;

/** Handshakes per tool call, of each stretch together with those before it. */
export function ratioOverTime(
  intervals: readonly { at: number; toolCalls: number; handshakes: number }[],
  span: ChartSpan,
): { times: number[]; values: (number | null)[] } {
  const { times, values } = overTime(intervals, span, (interval) => interval, undefined);
  return {
    times,
    values: values.map((_, index) => {
      const near = values.slice(Math.max(0, index + 1 - MERGED_STRETCHES), index + 1);
      const sum = (of: 'toolCalls' | 'handshakes'): number =>
        near.reduce((total, interval) => total + (interval?.[of] ?? 0), 0);
      return sum('toolCalls') === 0 ? null : sum('handshakes') / sum('toolCalls');
    }),
  };
}
