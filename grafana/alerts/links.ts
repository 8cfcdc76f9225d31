import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { labels } from '../dashboards/promql.ts';
import type { AlertRule, Panel } from './rule.ts';

/** Where Grafana is, as people reach it; docker-compose.yml publishes it there. Change it, then `npm run grafana:build`. */
const GRAFANA = 'http://localhost:3001';
/** What stands before `<alert>.md`: a path in this repository, or the URL at which you publish the pages. */
const RUNBOOKS = 'docs/runbooks/';

/** Variables of the dashboards, and the labels that they choose by. */
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

/** The id that a panel has in its built dashboard; throws when there is no panel of that title. */
export function panelId({ dashboard, title }: Panel): number {
  const id = dashboards().get(dashboard)?.get(title);
  if (id === undefined) throw new Error(`an alert links to a panel that ${dashboard} does not have: ${title}`);
  return id;
}

/** Link to the panel, with the variables set to what the alert is about, as far as it has a name. */
export function dashboardUrl({ panel, about }: AlertRule): string {
  const chosen = VARIABLES.filter(([, label]) => about.includes(label)).map(
    ([variable, label]) => `{{ with .Labels.${labels(label)} }}&var-${variable}={{ . | urlquery }}{{ end }}`,
  );
  return `${GRAFANA}/d/${panel.dashboard}?viewPanel=panel-${panelId(panel)}${chosen.join('')}`;
}

function dashboards(): Map<string, Map<string, number>> {
  const folder = join(import.meta.dirname, '..', 'dashboards');
  const built = globSync('*.json', { cwd: folder }).map((file): BuiltDashboard => {
    // Built by this repository, from types.
    return JSON.parse(readFileSync(join(folder, file), 'utf8')) as BuiltDashboard;
  });
  return new Map(built.map(({ uid, panels }) => [uid, new Map(flat(panels))]));
}

/** Rows hold panels of their own when they are folded. */
function flat(panels: readonly BuiltPanel[]): [string, number][] {
  return panels.flatMap(({ id, title, panels: inner = [] }): [string, number][] => [
    ...(id === undefined || title === undefined ? [] : [[title, id] satisfies [string, number]]),
    ...flat(inner),
  ]);
}
