import { performance } from 'node:perf_hooks';

const origin = performance.timeOrigin;

/** Milliseconds since the epoch that never run backwards. */
export const now = (): number => origin + performance.now();
