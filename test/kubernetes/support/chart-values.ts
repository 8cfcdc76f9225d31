import type { Values } from '../../stack/support/kubernetes/helm.ts';

/** Values of the chart for one server. */
export const valuesFor = (upstream: string, more: Values = {}): Values => ({
  servers: [{ name: 'quiz', upstream }],
  ...more,
});
