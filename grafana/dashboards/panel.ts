import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';
import type { DynamicConfigValue, ThresholdsConfig } from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat, QueryEditorMode } from '@grafana/grafana-foundation-sdk/prometheus';
import type { ThresholdsConfigBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { PROMETHEUS } from './data-sources.ts';

/** What every panel says to its reader. */
export interface About {
  /** Chosen by hand and never changed, since links and alerts use it. */
  id: number;
  /** A question. */
  title: string;
  /** What the figure means, and how to read it. */
  means: string;
  /** What to do about it. */
  todo: string;
  /** What it means when there are no data. */
  empty: string;
  size: readonly [width: number, height: number];
  unit?: string;
  decimals?: number;
}

interface Describable {
  id(id: number): this;
  title(title: string): this;
  description(description: string): this;
  noValue(text: string): this;
  span(width: number): this;
  height(height: number): this;
  unit(unit: string): this;
  decimals(decimals: number): this;
  datasource(source: DataSourceRef): this;
}

export function describe<Panel extends Describable>(panel: Panel, about: About, source = PROMETHEUS): Panel {
  const [width, height] = about.size;
  panel.id(about.id).title(about.title).noValue(about.empty).span(width).height(height).datasource(source);
  panel.description(`${about.means}\n\n**What to do:** ${about.todo}`);
  if (about.unit !== undefined) panel.unit(about.unit);
  if (about.decimals !== undefined) panel.decimals(about.decimals);
  return panel;
}

export interface Query {
  expr: string;
  legend?: string;
  /** Show the traces behind the figure. */
  exemplar?: boolean;
  format?: PromQueryFormat;
}

/** Our metrics are exported once a minute: a shorter step would compute rates within one sample. */
const MIN_STEP = '1m';

export const letter = (index: number): string => String.fromCharCode('A'.charCodeAt(0) + index);

const query = ({ expr, legend, exemplar, format }: Query, index: number): DataqueryBuilder => {
  const built = new DataqueryBuilder().refId(letter(index)).datasource(PROMETHEUS).expr(expr);
  built.editorMode(QueryEditorMode.Code).format(format ?? PromQueryFormat.TimeSeries);
  if (legend !== undefined) built.legendFormat(legend);
  return exemplar === true ? built.exemplar(true) : built;
};

/** Queries for values over time. */
export const ranges = (queries: readonly Query[], minStep = MIN_STEP): Builder<Dataquery>[] =>
  queries.map((each, index) => query(each, index).range().interval(minStep));

/** Queries for one value about the whole period, at its end. */
export const instants = (queries: readonly Query[]): Builder<Dataquery>[] =>
  queries.map((each, index) => query(each, index).instant().interval(MIN_STEP));

/** One override's properties, with thresholds built. */
export interface Look {
  unit?: string;
  decimals?: number;
  thresholds?: ThresholdsConfigBuilder;
  mappings?: unknown;
  color?: string;
  /** Further properties, by their id in Grafana. */
  more?: Readonly<Record<string, unknown>>;
}

export function properties({ unit, decimals, thresholds, mappings, color, more }: Look): DynamicConfigValue[] {
  const found: [string, unknown][] = [
    ['unit', unit],
    ['decimals', decimals],
    ['thresholds', thresholds?.build() satisfies ThresholdsConfig | undefined],
    ['mappings', mappings],
    ['color', color === undefined ? undefined : { mode: 'fixed', fixedColor: color }],
    ...Object.entries(more ?? {}),
  ];
  return found.filter(([, value]) => value !== undefined).map(([id, value]) => ({ id, value }));
}

/** A cell without a value shows a dash; without this it would show the text of an empty panel. */
export const NO_VALUE = properties({ more: { noValue: '–' } });
