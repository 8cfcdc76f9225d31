import { ROOT_CONTEXT } from '@opentelemetry/api';
import { SamplingDecision, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import { createSampler, readSampler } from '../../../src/transport/trace/sampling.ts';
import { deriveRootIds } from '../../../src/transport/trace/trace-id.ts';

const IDS = [
  ...Array.from({ length: 5_000 }, (_, index) => deriveRootIds('quiz', String(index)).traceId),
  'f'.repeat(32),
  `${'f'.repeat(8)}${'0'.repeat(24)}`,
  `${'0'.repeat(31)}1`,
  `${'f'.repeat(7)}e${'0'.repeat(24)}`,
  `80000000${'0'.repeat(24)}`,
  `7fffffff${'0'.repeat(24)}`,
];

describe('our copy of the sampling decision', () => {
  it.each([0, 1e-9, 0.001, 0.01, 0.1, 0.25, 1 / 3, 0.5, 0.75, 0.999, 1 - 1e-9, 1])(
    "is the SDK's, for the ratio %d [OTEL-SAMPLING-1]",
    (ratio) => {
      const theirs = new TraceIdRatioBasedSampler(ratio);
      const ours = createSampler({ root: 'traceidratio', ratio });
      const differing = IDS.filter(
        (id) => ours(id) !== (theirs.shouldSample(ROOT_CONTEXT, id).decision === SamplingDecision.RECORD_AND_SAMPLED),
      );
      expect(differing).toEqual([]);
    },
  );

  it('samples about as many as the ratio says', () => {
    const sampled = IDS.filter((id) => createSampler({ root: 'traceidratio', ratio: 0.25 })(id)).length;
    expect(sampled / IDS.length).toBeGreaterThan(0.2);
    expect(sampled / IDS.length).toBeLessThan(0.3);
  });

  it('is always on or off where that is said', () => {
    expect(IDS.every((id) => createSampler({ root: 'always_on', ratio: 0 })(id))).toBe(true);
    expect(IDS.some((id) => createSampler({ root: 'always_off', ratio: 1 })(id))).toBe(false);
  });

  it("is the parent's where one is given", () => {
    const parent = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) };
    expect(createSampler({ root: 'always_off', ratio: 1 })(parent.traceId, { ...parent, sampled: true })).toBe(true);
    expect(createSampler({ root: 'always_on', ratio: 1 })(parent.traceId, { ...parent, sampled: false })).toBe(false);
  });
});

describe('OTEL_TRACES_SAMPLER', () => {
  it.each([
    [undefined, undefined, { root: 'always_on', ratio: 1 }],
    ['always_on', '', { root: 'always_on', ratio: 1 }],
    ['always_off', undefined, { root: 'always_off', ratio: 1 }],
    ['traceidratio', '0.1', { root: 'traceidratio', ratio: 0.1 }],
    ['traceidratio', undefined, { root: 'traceidratio', ratio: 1 }],
    ['parentbased_always_on', undefined, { root: 'always_on', ratio: 1 }],
    ['parentbased_always_off', undefined, { root: 'always_off', ratio: 1 }],
    ['parentbased_traceidratio', '0', { root: 'traceidratio', ratio: 0 }],
  ])('%j with the argument %j is understood [OTEL-SAMPLING-2]', (value, argument, setting) => {
    expect(readSampler(value, argument)).toEqual(setting);
  });

  it.each([
    ['jaeger_remote', undefined],
    ['', undefined],
    ['traceidratio', '1.5'],
    ['traceidratio', '-1'],
    ['traceidratio', 'half'],
  ])('%j with the argument %j is not', (value, argument) => {
    expect(readSampler(value, argument)).toBeUndefined();
  });
});
