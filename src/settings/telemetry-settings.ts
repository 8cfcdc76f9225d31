import { readSampler, type SamplerSetting } from '../transport/trace/sampling.ts';
import { readSignals, type Environment, type Signals } from './signals.ts';

/** What `OTEL_*` says: where each signal goes, and which traces are sampled. */
export interface Telemetry {
  signals: Signals;
  sampler: SamplerSetting;
}

const ALWAYS: SamplerSetting = { root: 'always_on', ratio: 1 };

export function readTelemetry(env: Environment, problems: string[]): Telemetry {
  const signals = readSignals(env, problems);
  const sampler = readSampler(env['OTEL_TRACES_SAMPLER'], env['OTEL_TRACES_SAMPLER_ARG']);
  if (sampler === undefined) {
    problems.push(
      'OTEL_TRACES_SAMPLER is not one of always_on, always_off, traceidratio, parentbased_…, or its _ARG is not from 0 to 1',
    );
  }
  return { signals, sampler: sampler ?? ALWAYS };
}
