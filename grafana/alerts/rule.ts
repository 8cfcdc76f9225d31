import type { DashboardUid } from '../dashboards/links.ts';
import type { Label } from '../dashboards/promql.ts';
import type { Promql } from './promql.ts';

/** What a rule needs to write its expression. */
export interface Scope {
  promql: Promql;
  /** Refers to a recording rule: by its name in Prometheus, by its expression if there are no recording rules. */
  use(rule: RecordingRule): string;
  /** The usual value of a recording rule: its average over the day before the last hour. */
  past(rule: RecordingRule): string;
}

/** Named level:metric:operation; the level says which labels are left after summing over instances. */
export interface RecordingRule {
  record: string;
  /** Explains the figure to the reader of the file. */
  comment: string;
  expr(scope: Scope): string;
}

export type Severity = 'critical' | 'warning' | 'info';

export interface Panel {
  dashboard: DashboardUid;
  title: string;
}

/**
 * Texts are Go templates. They use `.Labels.x` and `.Value`, never `$labels`, since Grafana expands `$` in some fields
 * of a provisioning file and not in others.
 */
export interface AlertRule {
  alert: string;
  /** The labels that say what the alert is about. */
  about: readonly Label[];
  severity: Severity;
  /** How long the condition must hold, in seconds. */
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
