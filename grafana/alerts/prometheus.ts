import { dashboardUrl, GRAFANA_OF_PROMETHEUS, runbookUrl } from './links.ts';
import { DAY, HOUR, laidOut, MINUTE, Promql } from './promql.ts';
import type { AlertRule, RuleGroup, Scope } from './rule.ts';
import { writeYaml } from './yaml.ts';

/** Seconds between evaluations. */
export const INTERVAL = MINUTE;

/** Prometheus' rule file. @param faster divides all durations, so that a test need not wait for hours */
export function prometheusRules(groups: readonly RuleGroup[], faster = 1): string {
  const promql = new Promql(faster);
  const scope: Scope = {
    promql,
    use: ({ record }) => record,
    past: ({ record }) => `avg_over_time(${promql.range(record, DAY, HOUR)})`,
  };
  return writeYaml(
    {
      groups: groups.map(({ name, recording, alerts }) => ({
        name,
        interval: promql.duration(INTERVAL),
        rules: [
          ...recording.map((rule) => ({ record: rule.record, expr: laidOut(rule.expr(scope)) })),
          ...alerts.map((rule) => ({
            alert: rule.alert,
            expr: laidOut(rule.expr(scope)),
            for: promql.duration(rule.for),
            labels: { severity: rule.severity },
            annotations: annotations(rule, GRAFANA_OF_PROMETHEUS),
          })),
        ],
      })),
    },
    (item) =>
      groups
        .flatMap(({ recording, alerts }) => [...recording, ...alerts])
        .find((rule) => ('record' in rule ? rule.record === item['record'] : rule.alert === item['alert']))?.comment,
  );
}

/** The texts of an alert; `.Value` is its figure. @param grafana its address, or a template of it */
export function annotations(rule: AlertRule, grafana: string): Record<string, string> {
  return {
    summary: rule.summary,
    description: `${rule.meaning}\n${rule.action}`,
    dashboard_url: dashboardUrl(rule, grafana),
    runbook_url: runbookUrl(rule),
  };
}
