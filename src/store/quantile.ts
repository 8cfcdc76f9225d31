/** The nearest rank of a share (0 to 1) of values in ascending order; undefined: there are none. */
export const quantile = (sorted: readonly number[], share: number): number | undefined =>
  sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];

export const ascending = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);

export const median = (values: readonly number[]): number | undefined => quantile(ascending(values), 0.5);
