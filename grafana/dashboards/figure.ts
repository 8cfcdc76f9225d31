import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  ReduceDataOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import type { ThresholdsConfigBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { COLOR, steps } from './palette.ts';
import { describe, instants, properties, type About } from './panel.ts';
import { change } from './promql.ts';

/** One number about the whole period. */
export function figure(
  about: About,
  expr: string,
  thresholds: ThresholdsConfigBuilder = steps(COLOR.plain),
): PanelBuilder {
  return describe(new PanelBuilder(), about)
    .targets(instants([{ expr, legend: 'now' }]))
    .thresholds(thresholds)
    .colorMode(BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.None)
    .textMode(BigValueTextMode.Value)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']));
}

/** Whether an increase is bad; this colours the change. */
type More = 'bad' | 'neither';

/** The number, and its change against the previous period. */
export function compared(about: About, expr: string, more: More, thresholds?: ThresholdsConfigBuilder): PanelBuilder {
  const changed = more === 'bad' ? steps(COLOR.good, [0.1, COLOR.warning], [0.5, COLOR.bad]) : steps(COLOR.quiet);
  return figure(about, expr, thresholds)
    .targets(
      instants([
        { expr, legend: 'now' },
        { expr: change(expr), legend: 'change' },
      ]),
    )
    .textMode(BigValueTextMode.ValueAndName)
    .overrideByQuery('B', properties({ unit: 'percentunit', decimals: 0, thresholds: changed }));
}
