import type { TraceParent } from './trace-parent.ts';

/** One of the standard samplers, by name and argument (`OTEL_TRACES_SAMPLER`, `OTEL_TRACES_SAMPLER_ARG`). */
export interface SamplerSetting {
  root: 'always_on' | 'always_off' | 'traceidratio';
  ratio: number;
}

/**
 * Decides by the trace id alone, so that both sides of the thread boundary agree: the `traceparent` for the upstream
 * says what we export. A parent decides only where it is given, as the caller is to be followed.
 */
export type Sampler = (traceId: string, parent?: TraceParent) => boolean;

/**
 * @param value as in `OTEL_TRACES_SAMPLER`; undefined means `parentbased_always_on`. @returns undefined for an unknown
 * value
 */
export function readSampler(value: string | undefined, argument: string | undefined): SamplerSetting | undefined {
  const name = (value ?? 'always_on').replace(/^parentbased_/, '');
  if (name !== 'always_on' && name !== 'always_off' && name !== 'traceidratio') return undefined;
  const ratio = argument === undefined || argument === '' ? 1 : Number(argument);
  return ratio >= 0 && ratio <= 1 ? { root: name, ratio } : undefined;
}

/** Computes as the SDK's `TraceIdRatioBasedSampler` does: a test compares them. */
export function createSampler({ root, ratio }: SamplerSetting): Sampler {
  const bound = Math.floor(ratio * 0xffffffff);
  const byTraceId = (traceId: string): boolean => {
    if (root === 'always_on') return true;
    if (root === 'always_off') return false;
    return ratio >= 1 || accumulate(traceId) < bound;
  };
  return (traceId, parent) => (parent === undefined ? byTraceId(traceId) : parent.sampled);
}

function accumulate(traceId: string): number {
  let sum = 0;
  for (let from = 0; from < 32; from += 8) sum = (sum ^ Number.parseInt(traceId.slice(from, from + 8), 16)) >>> 0;
  return sum;
}
