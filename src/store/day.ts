export const DAY_US = 86_400_000_000;

/** The beginning of the day (UTC) that a time in microseconds falls into. */
export const dayOf = (atUs: number): number => atUs - (atUs % DAY_US);
