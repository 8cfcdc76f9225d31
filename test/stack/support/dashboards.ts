import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { shipped } from './shipped.ts';

/** A query of a panel or annotation, as it is in the file: with variables. */
export interface PanelQuery {
  /** `mcpspan-tools 3 A`: dashboard, panel, query. */
  readonly where: string;
  readonly title: string;
  readonly language: 'promql' | 'traceql';
  readonly text: string;
}

/** What Grafana's dashboard files hold, as far as it is read here. */
interface Panel {
  readonly id: number;
  readonly title: string;
  readonly panels?: readonly Panel[];
  readonly targets?: readonly { refId: string; expr?: string; query?: string }[];
}
interface Dashboard {
  readonly uid: string;
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { name: string; target?: { expr?: string } }[] };
  readonly templating: { readonly list: readonly { name: string; type: string; definition?: string }[] };
}

const FOLDER = shipped('grafana/dashboards');

const dashboards = (): Dashboard[] =>
  readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    // Built by the dashboards' own code, in Grafana's shape.
    .map((name) => JSON.parse(readFileSync(join(FOLDER, name), 'utf8')) as Dashboard);

const withChildren = (panel: Panel): Panel[] => [panel, ...(panel.panels ?? []).flatMap(withChildren)];

/** Every query there is; those of panels without a query language (a search in Jaeger) are left out. */
export const panelQueries = (): PanelQuery[] =>
  dashboards().flatMap(({ uid, panels, annotations }) => [
    ...panels.flatMap(withChildren).flatMap(({ id, title, targets = [] }) =>
      targets.flatMap(({ refId, expr, query }): PanelQuery[] => {
        const where = `${uid} ${id} ${refId}`;
        if (expr !== undefined) return [{ where, title, language: 'promql', text: expr }];
        return query?.startsWith('{') === true ? [{ where, title, language: 'traceql', text: query }] : [];
      }),
    ),
    ...annotations.list.flatMap(({ name, target }): PanelQuery[] =>
      target?.expr === undefined
        ? []
        : [{ where: `${uid} annotation`, title: name, language: 'promql', text: target.expr }],
    ),
  ]);

/** The `label_values(series, label)` that fill the choices at the top of a dashboard, once each. */
export const variableQueries = (): string[] => [
  ...new Set(
    dashboards().flatMap(({ templating }) =>
      templating.list.flatMap(({ type, definition }) =>
        type === 'query' && definition !== undefined ? [definition] : [],
      ),
    ),
  ),
];

/** A query as Grafana sends it. @throws on a variable that has no value here */
export function filled(text: string, values: Readonly<Record<string, string>>): string {
  return text.replaceAll(/\$(?:\{(\w+)(?::\w+)?\}|(\w+))/g, (_, braced?: string, bare?: string) => {
    const name = braced ?? bare ?? '';
    const value = values[name];
    if (value === undefined) throw new Error(`no value for the variable ${name}`);
    return value;
  });
}
