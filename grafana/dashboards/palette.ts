import {
  MappingType,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type { Verdict } from '../../src/session/behaviour.ts';

/** One colour for one thing, on every dashboard. */
export const COLOR = {
  good: 'green',
  notice: 'yellow',
  warning: 'orange',
  bad: 'red',
  error: 'dark-red',
  plain: 'blue',
  quiet: 'text',
  none: 'transparent',
} as const;

/** From harmless to worst: if replicas disagree, the highest code is shown. */
export const VERDICT: Readonly<Record<Verdict, { code: number; color: string }>> = {
  modern: { code: 1, color: 'blue' },
  reusing: { code: 2, color: 'green' },
  'one-shot': { code: 3, color: 'purple' },
  mixed: { code: 4, color: 'yellow' },
  sessionless: { code: 5, color: 'orange' },
  'per-call': { code: 6, color: 'red' },
};

export const verdictMapping = (): ValueMapping[] => [
  {
    type: MappingType.ValueToText,
    options: Object.fromEntries(
      Object.entries(VERDICT).map(([text, { code, color }]) => [String(code), { text, color, index: code }]),
    ),
  },
];

/** `steps(COLOR.good, [0.01, COLOR.warning])`: green below 1 %, orange from there on. */
export function steps(
  lowest: string,
  ...higher: readonly (readonly [from: number, color: string])[]
): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([{ value: null, color: lowest }, ...higher.map(([value, color]) => ({ value, color }))]);
}
