import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  DashboardBuilder,
  DashboardCursorSync,
  RowBuilder,
  type AnnotationQuery,
  type Dashboard,
  type Panel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DASHBOARDS, linksFrom, type DashboardUid } from './links.ts';
import { variables, type VariableName } from './variables.ts';

/** A heading with its panels; the first row of a dashboard needs no heading. */
export interface Row {
  title?: string;
  /** Repeats the row for each chosen value of this variable. */
  repeat?: VariableName;
  folded?: true;
  panels: readonly Builder<Panel>[];
}

export interface Plan {
  uid: DashboardUid;
  /** The question that it answers. */
  description: string;
  variables: readonly VariableName[];
  annotations?: readonly Builder<AnnotationQuery>[];
  rows: readonly Row[];
}

/** Ids of rows begin here, far from those of panels. */
const FIRST_ROW = 1_000;

export function dashboard(plan: Plan): Dashboard {
  const built = new DashboardBuilder(`mcpspan: ${DASHBOARDS[plan.uid]}`)
    .uid(plan.uid)
    .description(plan.description)
    .tags(['mcpspan'])
    .time({ from: 'now-6h', to: 'now' })
    .refresh('1m')
    .tooltip(DashboardCursorSync.Crosshair)
    .links(linksFrom(plan.uid))
    .variables(variables(plan.variables))
    .annotations([...(plan.annotations ?? [])]);
  for (const [index, { title, repeat, folded, panels }] of plan.rows.entries()) {
    const row = new RowBuilder(title ?? '').id(FIRST_ROW + index).collapsed(folded === true);
    if (repeat !== undefined) row.repeat(repeat);
    if (folded === true) for (const panel of panels) row.withPanel(panel);
    if (title !== undefined) built.withRow(row);
    if (folded !== true) for (const panel of panels) built.withPanel(panel);
  }
  return built.build();
}
