/** The values in ascending order. A typed array sorts numbers ten times as fast as an array with a comparator. */
export const ascending = (values: readonly number[]): Float64Array => Float64Array.from(values).sort();

/** The quantile of a share (0 to 1) by nearest rank, of values in ascending order; undefined: there are none. */
export const quantile = (sorted: Float64Array, share: number): number | undefined =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];

export const median = (values: readonly number[]): number | undefined => quantile(ascending(values), 0.5);
