import { TableSortByFieldStateBuilder } from '@grafana/grafana-foundation-sdk/common';
import { PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder } from '@grafana/grafana-foundation-sdk/table';
import type { Link } from './links.ts';
import { COLOR, verdictMapping, steps } from './palette.ts';
import { describe, instants, letter, NO_VALUE, properties, type About, type Look } from './panel.ts';
import { labels, type Label } from './promql.ts';

/** What a row is about: a label, its header, where a click leads. */
export interface Key {
  label: Label;
  header: string;
  link?: Link;
  width?: number;
}

/** One query over the same labels, a figure per row. */
export interface Column extends Look {
  header: string;
  expr: string;
}

export const SERVER: Key = { label: 'server', header: 'Server', width: 150 };

/** A row per set of labels, a column per query; what matters most comes first. */
export function table(
  about: About,
  keys: readonly Key[],
  columns: readonly Column[],
  sort: string,
  order: 'largest' | 'smallest' = 'largest',
): PanelBuilder {
  const headers = new Map([
    ...keys.map(({ label, header }): [string, string] => [labels(label), header]),
    ...columns.map(({ header }, index): [string, string] => [`Value #${letter(index)}`, header]),
  ]);
  const panel = describe(new PanelBuilder(), about)
    .targets(instants(columns.map(({ expr }) => ({ expr, format: PromQueryFormat.Table }))))
    .withTransformation({ id: 'merge', options: {} })
    .withTransformation({
      id: 'organize',
      options: {
        excludeByName: { Time: true },
        indexByName: Object.fromEntries([...headers.keys()].map((name, index) => [name, index])),
        renameByName: Object.fromEntries(headers),
      },
    })
    .sortBy([new TableSortByFieldStateBuilder().displayName(sort).desc(order === 'largest')])
    .filterable(true)
    .overrideByRegexp('.*', NO_VALUE);
  for (const { header, link, width } of keys) {
    const more = { ...(link && { links: [link] }), ...(width !== undefined && { 'custom.width': width }) };
    if (Object.keys(more).length > 0) panel.overrideByName(header, properties({ more }));
  }
  for (const { header, ...look } of columns) panel.overrideByName(header, properties(look));
  return panel;
}

const COLORED = { 'custom.cellOptions': { type: 'color-background', mode: 'basic' } };

/** Cells whose ground is coloured from a value on. */
export const alarming = (look: Look): Look => ({ ...look, more: { ...COLORED, ...look.more } });

export const count: Look = { unit: 'short', decimals: 0 };
export const seconds: Look = { unit: 's', decimals: 1 };
export const failed: Look = alarming({
  unit: 'percentunit',
  decimals: 1,
  thresholds: steps(COLOR.none, [0.01, COLOR.notice], [0.05, COLOR.warning], [0.2, COLOR.error]),
});
/** Never red: the server did well. */
export const rejected: Look = alarming({
  unit: 'percentunit',
  decimals: 1,
  thresholds: steps(COLOR.none, [0.05, COLOR.notice], [0.2, COLOR.warning]),
});
export const ratio: Look = alarming({
  unit: 'none',
  decimals: 2,
  thresholds: steps(COLOR.none, [0.2, COLOR.notice], [0.8, COLOR.bad]),
});
export const verdict: Look = alarming({
  mappings: verdictMapping(),
  // A mapping's colour goes before that of a threshold; Grafana wants both to be there.
  thresholds: steps(COLOR.none),
  more: { 'custom.width': 110 },
});
