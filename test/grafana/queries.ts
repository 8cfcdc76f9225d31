import { renderDashboards } from '../../grafana/dashboards/render.ts';

type SourceType = 'prometheus' | 'tempo' | 'jaeger';

/** One query of a built dashboard. */
export interface BuiltQuery {
  /** The dashboard's uid. */
  dashboard: string;
  /** The panel's title; of an annotation or a variable its name. */
  panel: string;
  of: 'panel' | 'annotation' | 'variable';
  type: SourceType;
  /** PromQL, TraceQL, or for Jaeger the search as JSON; with Grafana's variables in it. */
  expr: string;
  /** Over time, or at the end of the period. */
  instant: boolean;
  exemplar: boolean;
}

export interface Source {
  type: string;
  uid: string;
}

export interface BuiltTarget {
  refId: string;
  datasource: Source;
  expr?: string;
  query?: string;
  instant?: boolean;
  exemplar?: boolean;
  service?: string;
  operation?: string;
  tags?: string;
  minDuration?: string;
  interval?: string;
}

export interface BuiltPanel {
  id: number;
  type: string;
  title: string;
  description?: string;
  repeat?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  datasource?: Source;
  targets?: BuiltTarget[];
  panels?: BuiltPanel[];
  fieldConfig?: { defaults: { noValue?: string } };
}

export interface BuiltDashboard {
  uid: string;
  title: string;
  schemaVersion: number;
  tags: string[];
  links: { url: string; includeVars: boolean; keepTime: boolean }[];
  panels: BuiltPanel[];
  templating: {
    list: { name: string; type: string; query: string; datasource?: Source; current: { value: unknown } }[];
  };
  annotations: { list: { name: string; target: BuiltTarget; filter: { ids: number[] } }[] };
}

export const builtDashboards = (): BuiltDashboard[] =>
  // This repository builds it from types.
  renderDashboards().map(({ text }) => JSON.parse(text) as BuiltDashboard);

/** Panels, those in folded rows included, rows not. */
export const panelsOf = ({ panels }: Pick<BuiltDashboard, 'panels'>): BuiltPanel[] =>
  panels.flatMap((panel) => (panel.type === 'row' ? panelsOf({ panels: panel.panels ?? [] }) : [panel]));

/** Every query of the built dashboards. */
export const allQueries = (): BuiltQuery[] =>
  builtDashboards().flatMap((dashboard) => [
    ...panelsOf(dashboard).flatMap((panel) =>
      (panel.targets ?? []).map((target) => queryOf(dashboard, panel.title, 'panel', target)),
    ),
    ...dashboard.annotations.list.map(({ name, target }) => queryOf(dashboard, name, 'annotation', target)),
    ...dashboard.templating.list
      .filter(({ type }) => type === 'query')
      .map(({ name, query }): BuiltQuery => {
        const expr = /^label_values\((.+), \w+\)$/.exec(query)?.[1] ?? query;
        return {
          dashboard: dashboard.uid,
          panel: name,
          of: 'variable',
          type: 'prometheus',
          expr,
          instant: true,
          exemplar: false,
        };
      }),
  ]);

function queryOf(dashboard: BuiltDashboard, panel: string, of: BuiltQuery['of'], target: BuiltTarget): BuiltQuery {
  const { service, operation, tags, minDuration } = target;
  const type = sourceType(target.datasource.type);
  return {
    dashboard: dashboard.uid,
    panel,
    of,
    type,
    expr: target.expr ?? target.query ?? JSON.stringify({ service, operation, tags, minDuration }),
    instant: target.instant === true,
    exemplar: target.exemplar === true,
  };
}

function sourceType(type: string): SourceType {
  if (type === 'prometheus' || type === 'tempo' || type === 'jaeger') return type;
  throw new Error(`no dashboard queries a ${type}`);
}

/** What Grafana would put for its own variables and for ours; all servers, clients, tools and instances are chosen. */
const CHOSEN: Readonly<Record<string, string>> = {
  server: '.*',
  client: '.*',
  tool: '.*',
  instance: '.*',
  window: '15m',
  price_per_server_hour: '0.10',
  long: '1h',
  session: 'none',
  service: 'mcpspan',
  jaeger_tags: '',
  __range: '1h',
  __range_s: '3600',
  __interval: '1m',
  __rate_interval: '4m',
};

/** A query as Grafana would send it: `$name` and `${name:format}` replaced. */
export const filledIn = (expr: string, chosen: Readonly<Record<string, string>> = {}): string =>
  expr.replaceAll(/\$(\w+)|\$\{(\w+)(?::\w+)?\}/g, (text, bare?: string, braced?: string) => {
    const name = bare ?? braced ?? '';
    return chosen[name] ?? CHOSEN[name] ?? text;
  });
