import { GRAFANA, panelId } from './links.ts';
import { annotations, INTERVAL } from './prometheus.ts';
import { DAY, HOUR, laidOut, MINUTE, Promql } from './promql.ts';
import type { AlertRule, RuleGroup, Scope } from './rule.ts';
import { writeYaml } from './yaml.ts';

const DATA_SOURCE = 'prometheus';
const FOLDER = 'mcpspan';
const EXPRESSIONS = '__expr__';
/** The step of subqueries about the past, in seconds. Each step costs as much as the rule. */
const STEP = 15 * MINUTE;

/**
 * Grafana's provisioning file. Recording rules are written out where they are used, so that the file needs no rules in
 * Prometheus. Each rule has the three steps into which Grafana itself converts a Prometheus rule: every value that the
 * query returns is alerting, even 0.
 */
export function grafanaRules(groups: readonly RuleGroup[]): string {
  const promql = new Promql();
  const scope: Scope = {
    promql,
    use: (rule) => `(\n${rule.expr(scope)}\n)`,
    past: (rule) =>
      `avg_over_time(\n(\n${rule.expr(scope)}\n)[${promql.duration(DAY)}:${promql.duration(STEP)}] offset ${promql.duration(HOUR)}\n)`,
  };
  const alerts = groups.flatMap((group) => group.alerts);
  return writeYaml(
    {
      apiVersion: 1,
      groups: groups.map((group) => ({
        orgId: 1,
        name: group.name,
        folder: FOLDER,
        interval: promql.duration(INTERVAL),
        rules: group.alerts.map((rule) => provisioned(rule, scope)),
      })),
    },
    ({ title }) => alerts.find(({ alert }) => alert === title)?.comment,
  );
}

function provisioned(rule: AlertRule, scope: Scope): object {
  const texts = Object.entries(annotations(rule, GRAFANA)).map(([name, text]) => [name, inGrafana(text)]);
  const panel = panelId(rule.panel);
  return {
    uid: uidOf(rule.alert),
    title: rule.alert,
    condition: 'C',
    data: [
      step('A', DATA_SOURCE, 600, {
        datasource: { type: 'prometheus', uid: DATA_SOURCE },
        editorMode: 'code',
        expr: laidOut(rule.expr(scope)),
        instant: true,
        range: false,
      }),
      // Grafana expands `$` in other fields, but not in the model, so it is written once.
      step('B', EXPRESSIONS, 0, { type: 'math', expression: 'is_number($A) || is_nan($A) || is_inf($A)' }),
      step('C', EXPRESSIONS, 0, {
        type: 'threshold',
        expression: 'B',
        conditions: [{ evaluator: { type: 'gt', params: [0] } }],
      }),
    ],
    dashboardUid: rule.panel.dashboard,
    panelId: panel,
    noDataState: 'OK',
    execErrState: 'Error',
    for: scope.promql.duration(rule.for),
    missing_series_evals_to_resolve: 1,
    annotations: {
      ...Object.fromEntries(texts),
      __dashboardUid__: rule.panel.dashboard,
      __panelId__: String(panel),
    },
    labels: { severity: rule.severity },
    isPaused: false,
  };
}

function step(refId: string, datasourceUid: string, seconds: number, model: object): object {
  return {
    refId,
    relativeTimeRange: { from: seconds, to: 0 },
    datasourceUid,
    model: { refId, ...model, intervalMs: 1_000, maxDataPoints: 43_200 },
  };
}

/** In Grafana the value of an alert is the value of a step. */
const inGrafana = (text: string): string => text.replaceAll(/\.Value\b/g, '.Values.A.Value');

/** `mcpspan-tool-slow` of `McpToolSlow`. */
const uidOf = (alert: string): string =>
  `mcpspan${alert.replace(/^Mcp(span)?/, '').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
