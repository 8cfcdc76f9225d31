import { AnnotationQueryBuilder, type AnnotationQuery } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import { DataqueryBuilder } from '@grafana/grafana-foundation-sdk/prometheus';
import { PROMETHEUS } from './data-sources.ts';
import { COLOR, VERDICT } from './palette.ts';
import { labels, traffic } from './promql.ts';

const CLIENT = ['server', 'client'] as const;

/** The code of the current verdict on each client; if replicas disagree, the worst. */
export const VERDICT_CODE = `max by (${labels(...CLIENT)}) (${Object.entries(VERDICT)
  .map(([verdict, { code }]) => `${code} * (${traffic('clientVerdict', { verdict: `="${verdict}"` })} == 1)`)
  .join(' or ')})`;

/** The number of clients that open a session for each call. It is 0, not empty, if there is any verdict. */
export const PER_CALL_CLIENTS = `count(max by (${labels(...CLIENT)}) (${traffic('clientVerdict', {
  verdict: '="per-call"',
})} == 1)) or 0 * count(${traffic('clientVerdict')})`;

const held = (ago: string): string =>
  `max by (${labels(...CLIENT, 'verdict')}) (${traffic('clientVerdict')}${ago}) == 1`;

/** The verdict holds now, it did not hold one step before, and another one did: a first verdict is not a change. */
const CHANGED = `(${held('')}) unless (${held(' offset $__interval')}) and on (${labels(...CLIENT)}) (${held(
  ' offset $__interval',
)})`;

/**
 * Marks the log event `mcpspan.client.changed` on these panels. The shipped pipeline has no log store, so the marks
 * come from the metric that changes with the event.
 */
export const verdictChanges = (panels: readonly number[]): Builder<AnnotationQuery> => ({
  build() {
    const client = labels('client');
    const annotation = new AnnotationQueryBuilder()
      .name('Verdict changed')
      .datasource(PROMETHEUS)
      .enable(true)
      .iconColor(COLOR.warning)
      .filter({ build: () => ({ exclude: false, ids: [...panels] }) })
      .target(new DataqueryBuilder().refId('Anno').datasource(PROMETHEUS).expr(CHANGED).range().interval('1m'))
      .expr(CHANGED)
      .step('1m')
      .titleFormat(`{{${client}}} on {{${labels('server')}}} is now {{${labels('verdict')}}}`)
      .tagKeys([client, labels('verdict')].join(','))
      .build();
    // The builder's default hides the switch behind a menu.
    delete annotation.placement;
    return annotation;
  },
});
