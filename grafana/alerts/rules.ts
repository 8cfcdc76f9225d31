import { CHANGE_RULES } from './change-rules.ts';
import { CLIENT_RULES } from './client-rules.ts';
import type { RuleGroup } from './rule.ts';
import { SELF_RULES } from './self-rules.ts';
import { SESSION_RULES } from './session-rules.ts';
import { TOOL_RULES } from './tool-rules.ts';

/** Every rule. The files for Prometheus and Grafana are made from this. */
export const RULE_GROUPS: readonly RuleGroup[] = [CLIENT_RULES, SESSION_RULES, TOOL_RULES, CHANGE_RULES, SELF_RULES];
