import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { labels } from '../dashboards/promql.ts';
import type { AlertRule, Panel } from './rule.ts';

/**
 * The address of Grafana for people, where nothing else is said; docker-compose.yml publishes it there. Change it, then run
 * `npm run grafana:build`.
 */
export const GRAFANA = 'http://localhost:3001';
/** The same in the templates of Prometheus, where an external label may say it without a change of the rules. */
export const GRAFANA_OF_PROMETHEUS = `{{ with .ExternalLabels.grafana_url }}{{ . }}{{ else }}${GRAFANA}{{ end }}`;
/** The prefix of `<alert>.md`: a path in this repository, or the URL where you publish the pages. */
const RUNBOOKS = 'docs/runbooks/';

/** Variables of the dashboards, and the labels that they filter by. */
const VARIABLES = [
  ['server', 'server'],
  ['client', 'client'],
  ['tool', 'toolName'],
  ['instance', 'instance'],
] as const;

interface BuiltPanel {
  id?: number;
  title?: string;
  panels?: BuiltPanel[];
}

interface BuiltDashboard {
  uid: string;
  panels: BuiltPanel[];
}

export const runbookUrl = ({ alert }: AlertRule): string => `${RUNBOOKS}${alert}.md`;

/** The id of a panel in its built dashboard; throws when there is no panel of that title. */
export function panelId({ dashboard, title }: Panel): number {
  const id = dashboards().get(dashboard)?.get(title);
  if (id === undefined) throw new Error(`an alert links to a panel that ${dashboard} does not have: ${title}`);
  return id;
}

/** A link to the panel, in the Grafana at that address. It sets the variables to the labels that the alert is about, if they have a value. */
export function dashboardUrl({ panel, about }: AlertRule, grafana: string): string {
  const chosen = VARIABLES.filter(([, label]) => about.includes(label)).map(
    ([variable, label]) => `{{ with .Labels.${labels(label)} }}&var-${variable}={{ . | urlquery }}{{ end }}`,
  );
  return `${grafana}/d/${panel.dashboard}?viewPanel=panel-${panelId(panel)}${chosen.join('')}`;
}

function dashboards(): Map<string, Map<string, number>> {
  const folder = join(import.meta.dirname, '..', 'dashboards');
  const built = globSync('*.json', { cwd: folder }).map((file): BuiltDashboard => {
    // This repository builds the file from types.
    return JSON.parse(readFileSync(join(folder, file), 'utf8')) as BuiltDashboard;
  });
  return new Map(built.map(({ uid, panels }) => [uid, new Map(flat(panels))]));
}

/** A folded row contains its panels. */
function flat(panels: readonly BuiltPanel[]): [string, number][] {
  return panels.flatMap(({ id, title, panels: inner = [] }): [string, number][] => [
    ...(id === undefined || title === undefined ? [] : [[title, id] satisfies [string, number]]),
    ...flat(inner),
  ]);
}
