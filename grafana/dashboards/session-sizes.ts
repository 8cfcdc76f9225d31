import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/barchart';
import { StackingMode, VisibilityMode, VizOrientation } from '@grafana/grafana-foundation-sdk/common';
import { PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { legend, tooltip } from './chart.ts';
import { COLOR } from './palette.ts';
import { describe, instants, letter, properties } from './panel.ts';
import { IN_SESSION } from './handshake-ratio.ts';
import { bound, counted, labels, sum, traffic } from './promql.ts';

const REAL = { sessionSource: `=~"${IN_SESSION}"` } as const;

/** Ended sessions with at most so many tool calls, by client. */
const upTo = (calls: number): string =>
  sum(['client'], counted(traffic('sessionToolCalls', { ...REAL, le: bound(calls) }, '_bucket')));
const all = sum(['client'], counted(traffic('sessionToolCalls', REAL, '_count')));

const SIZES = [
  ['no call', upTo(0), COLOR.quiet],
  ['1 call', `${upTo(1)} - ${upTo(0)}`, COLOR.bad],
  ['2 or 3', `${upTo(3)} - ${upTo(1)}`, COLOR.notice],
  ['4 to 10', `${upTo(10)} - ${upTo(3)}`, 'light-green'],
  ['more', `${all} - ${upTo(10)}`, COLOR.good],
] as const;

/** The histogram `mcpspan.session.tool_calls`, a bar per client. */
export function sessionSizes(id: number): Builder<Panel> {
  const headers = Object.fromEntries([
    [labels('client'), 'Client'],
    ...SIZES.map(([name], index) => [`Value #${letter(index)}`, name]),
  ]);
  const panel = describe(new PanelBuilder(), {
    id,
    title: 'How many tool calls does a session get?',
    means:
      'Sessions that ended in the period, by the number of tool calls they got; each bar is one client. All red is one session per call; mostly green is a client that keeps its session.',
    todo: 'For a red bar look at the verdict: `per-call` loses state, `one-shot` only wastes a handshake. A grey bar opens sessions for nothing: see who does, below.',
    empty: 'No session ended in this period; one that falls silent ends after ten minutes',
    size: [12, 9],
    unit: 'short',
    decimals: 0,
  })
    .targets(instants(SIZES.map(([, expr]) => ({ expr, format: PromQueryFormat.Table }))))
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        indexByName: Object.fromEntries(Object.keys(headers).map((name, index) => [name, index])),
        renameByName: headers,
      },
    })
    .xField('Client')
    .orientation(VizOrientation.Horizontal)
    .stacking(StackingMode.Percent)
    .showValue(VisibilityMode.Never)
    .legend(legend())
    .tooltip(tooltip());
  for (const [name, , color] of SIZES) panel.overrideByName(name, properties({ color }));
  return panel;
}
