/** When, in milliseconds since the epoch, and how long each stretch is, in seconds. */
export interface Span {
  from: number;
  at: number;
  stretch: number;
}

/** A stretch that has only begun says little: below this share of it is left out. */
const BEGUN = 0.25;

/**
 * Values of each whole stretch of a time, and of the present one; times in seconds since the epoch.
 * @param value is told how much of its stretch has passed, in seconds
 * @param otherwise where nothing ended
 */
export function overTime<Beat extends { at: number }, Value>(
  beats: readonly Beat[],
  { from, at, stretch }: Span,
  value: (beat: Beat, seconds: number) => Value,
  otherwise: Value,
): { times: number[]; values: Value[] } {
  const width = stretch * 1_000;
  const known = new Map(beats.map((beat) => [beat.at, beat]));
  const times: number[] = [];
  const values: Value[] = [];
  for (let time = Math.ceil(from / width) * width; time <= at; time += width) {
    const passed = Math.min(width, at - time);
    // All there is may have happened just now.
    if (passed < BEGUN * width && (known.size > 1 || !known.has(time))) break;
    const beat = known.get(time);
    times.push(time / 1_000);
    values.push(beat === undefined ? otherwise : value(beat, Math.max(1, passed / 1_000)));
  }
  return { times, values };
}
