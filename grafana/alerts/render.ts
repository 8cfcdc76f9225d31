import { grafanaRules } from './grafana.ts';
import { prometheusRules } from './prometheus.ts';
import { RULE_GROUPS } from './rules.ts';

/** The files of the rules; their paths are relative to grafana/. */
export function renderAlerts(): { path: string; text: string }[] {
  return [
    { path: 'alerts/mcpspan.rules.yml', text: prometheusRules(RULE_GROUPS) },
    { path: 'provisioning/alerting/mcpspan.yaml', text: grafanaRules(RULE_GROUPS) },
  ];
}
