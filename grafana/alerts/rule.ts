import type { DashboardUid } from '../dashboards/links.ts';
import type { Label } from '../dashboards/promql.ts';
import type { Promql } from './promql.ts';

/** What an expression is written with. */
export interface Scope {
  promql: Promql;
  /** A recording rule: by its name in Prometheus, by its expression where there are no recording rules. */
  use(rule: RecordingRule): string;
  /** Its average over the day before the last hour: what was usual. */
  past(rule: RecordingRule): string;
}

/** Named level:metric:operation; the level is what is left after summing over instances. */
export interface RecordingRule {
  record: string;
  /** What the figure is, for who reads the file. */
  comment: string;
  expr(scope: Scope): string;
}

export type Severity = 'critical' | 'warning' | 'info';

export interface Panel {
  dashboard: DashboardUid;
  title: string;
}

/**
 * Texts are Go templates. They say `.Labels.x` and `.Value`, never `$labels`: Grafana expands `$` in some fields of a
 * provisioning file and not in others.
 */
export interface AlertRule {
  alert: string;
  /** The labels that tell what it is about. */
  about: readonly Label[];
  severity: Severity;
  /** Seconds. */
  for: number;
  comment: string;
  expr(scope: Scope): string;
  summary: string;
  meaning: string;
  action: string;
  panel: Panel;
}

export interface RuleGroup {
  name: string;
  recording: readonly RecordingRule[];
  alerts: readonly AlertRule[];
}
