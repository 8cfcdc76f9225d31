/** When, in milliseconds since the epoch, and how long each stretch is, in seconds. */
export interface Span {
  from: number;
  at: number;
  stretch: number;
}

/** A stretch that has only begun says little: below this share of it is left out. */
const MIN_BEGUN_SHARE = 0.25;

/**
 * Values of each whole stretch of a time, and of the present one; times in seconds since the epoch.
 * @param value is told how much of its stretch has passed, in seconds
 * @param otherwise where nothing ended
 */
export function overTime<Interval extends { at: number }, Value>(
  intervals: readonly Interval[],
  { from, at, stretch }: Span,
  value: (interval: Interval, seconds: number) => Value,
  otherwise: Value,
): { times: number[]; values: Value[] } {
  const width = stretch * 1_000;
  const known = new Map(intervals.map((interval) => [interval.at, interval]));
  const times: number[] = [];
  const values: Value[] = [];
  for (let time = Math.ceil(from / width) * width; time <= at; time += width) {
    const passed = Math.min(width, at - time);
    // All there is may have happened just now.
    if (passed < MIN_BEGUN_SHARE * width && (known.size > 1 || !known.has(time))) break;
    const interval = known.get(time);
    times.push(time / 1_000);
    values.push(interval === undefined ? otherwise : value(interval, Math.max(1, passed / 1_000)));
  }
  return { times, values };
}

/** So many stretches are taken together: a handshake in one minute may be for calls in the next. */
const MERGED_STRETCHES = 5;

/** Handshakes per tool call, at each stretch of those before it and its own. */
export function ratioOverTime(
  intervals: readonly { at: number; toolCalls: number; handshakes: number }[],
  span: Span,
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
