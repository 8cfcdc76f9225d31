import type { TraceParent } from './trace-parent.ts';

/** The standard samplers, told by name and argument (`OTEL_TRACES_SAMPLER`, `OTEL_TRACES_SAMPLER_ARG`). */
export interface SamplerSetting {
  root: 'always_on' | 'always_off' | 'traceidratio';
  ratio: number;
}

/**
 * Decides by trace id alone, on both sides of the thread boundary, so that what we tell the upstream in `traceparent`
 * is what we export. The parent counts only where the caller is to be followed (`parent` given).
 */
export type Sampler = (traceId: string, parent?: TraceParent) => boolean;

/** @param value as in `OTEL_TRACES_SAMPLER`; undefined: `parentbased_always_on`. Undefined result: unknown value. */
export function readSampler(value: string | undefined, argument: string | undefined): SamplerSetting | undefined {
  const name = (value ?? 'always_on').replace(/^parentbased_/, '');
  if (name !== 'always_on' && name !== 'always_off' && name !== 'traceidratio') return undefined;
  const ratio = argument === undefined || argument === '' ? 1 : Number(argument);
  return ratio >= 0 && ratio <= 1 ? { root: name, ratio } : undefined;
}

/** The same arithmetic as the SDK's `TraceIdRatioBasedSampler`: a test holds them together. */
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
