import {
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  FieldColorBuilder,
  FieldColorModeId,
  type ThresholdsConfigBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import {
  PanelBuilder as HeatmapBuilder,
  HeatmapColorOptionsBuilder,
  YAxisConfigBuilder,
} from '@grafana/grafana-foundation-sdk/heatmap';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import { PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import type { Link } from './links.ts';
import { properties, describe, ranges, type About, type Query } from './panel.ts';

export const legend = (): VizLegendOptionsBuilder =>
  new VizLegendOptionsBuilder()
    .showLegend(true)
    .displayMode(LegendDisplayMode.List)
    .placement(LegendPlacement.Bottom)
    .calcs([]);

export const tooltip = (): VizTooltipOptionsBuilder =>
  new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending).hideZeros(true);

/** A name keeps its colour from panel to panel. */
const byName = (): FieldColorBuilder => new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName);

/** Lines over time. */
export const lines = (about: About, queries: readonly Query[]): PanelBuilder =>
  describe(new PanelBuilder(), about)
    .targets(ranges(queries))
    .colorScheme(byName())
    .drawStyle(GraphDrawStyle.Line)
    .lineWidth(1)
    .fillOpacity(0)
    .showPoints(VisibilityMode.Auto)
    .min(0)
    .legend(legend())
    .tooltip(tooltip());

/** Lines, with dashed ones where a figure begins to be of interest. */
export const linesWithLimits = (
  about: About,
  queries: readonly Query[],
  thresholds: ThresholdsConfigBuilder,
): PanelBuilder =>
  lines(about, queries)
    .thresholds(thresholds)
    .thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));

/**
 * What was counted in each step, stacked. For what is rare: with `counted(…, '$__interval')` a first event shows, which
 * a rate would miss. Steps are wide enough to hold a few exports each.
 */
export const bars = (about: About, queries: readonly Query[]): PanelBuilder =>
  lines(about, [])
    .targets(ranges(queries, '5m'))
    .drawStyle(GraphDrawStyle.Bars)
    .lineWidth(0)
    .fillOpacity(80)
    .showPoints(VisibilityMode.Never)
    .stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));

/** A click on any of its series leads on. */
export const leadingTo = (panel: PanelBuilder, link: Link): PanelBuilder =>
  panel.overrideByRegexp('.*', properties({ more: { links: [link] } }));

/** Series that have a colour of their own, by the name in their legend. */
export function colored(panel: PanelBuilder, colors: Readonly<Record<string, string>>): PanelBuilder {
  for (const [name, color] of Object.entries(colors)) panel.overrideByName(name, properties({ color }));
  return panel;
}

/** Where values lie, over time; each diamond is a trace. */
export const spread = (about: About, { expr }: Query): HeatmapBuilder =>
  describe(new HeatmapBuilder(), about)
    .targets(ranges([{ expr, legend: '{{le}}', format: PromQueryFormat.Heatmap, exemplar: true }]))
    .color(new HeatmapColorOptionsBuilder().scheme('Blues').steps(32).exponent(0.5))
    .yAxis(new YAxisConfigBuilder().unit(about.unit ?? 'short'))
    .cellGap(1)
    .exemplarsColor('orange');
