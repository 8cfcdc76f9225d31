import { labels } from '../dashboards/promql.ts';
import { DAY, HOUR, series } from './promql.ts';
import type { AlertRule, RuleGroup } from './rule.ts';

const TOOL = ['server', 'toolName'] as const;
const CHANGE = [...TOOL, 'change'] as const;
const PANEL = { dashboard: 'mcpspan-tools', title: 'Which tools changed, and how?' } as const;
const MIN_CALLS_A_DAY = 5;

const lessSafe: AlertRule = {
  alert: 'McpToolLessSafe',
  about: CHANGE,
  severity: 'warning',
  for: 0,
  comment: 'Once is enough. It ends by itself an hour after the change.',
  expr: ({ promql }) =>
    `${promql.grown(CHANGE, series('toolsChanges', { change: '=~".+-less-safe|hidden-characters"' }), HOUR)} >= 1`,
  summary:
    '{{ .Labels.gen_ai_tool_name }} on {{ .Labels.mcpspan_server }} may do more than its users agreed to: {{ .Labels.mcpspan_change }}',
  meaning:
    'The definition that the server lists has changed: a hint (readOnlyHint, destructiveHint, idempotentHint, openWorldHint) says now that the tool is less safe than before, or the definition holds characters that a person does not see and a model does. Clients that ask nobody before they call a read-only tool, and users who agreed to the old definition, do not notice.',
  action:
    'Read the definition before and after (mcpspan tools --changes {{ .Labels.gen_ai_tool_name }}, or Tools on the page of mcpspan). If nobody in your team made the change, take the server out of use until you know who did.',
  panel: PANEL,
};

const removed: AlertRule = {
  alert: 'McpToolRemoved',
  about: TOOL,
  severity: 'warning',
  for: 0,
  comment: `Only a tool that was called ${MIN_CALLS_A_DAY} times in the past day is missed, and one that has come back is not. It ends by
itself an hour after the change.`,
  expr: ({ promql }) => `${promql.grown(TOOL, series('toolsChanges', { change: '="removed"' }), HOUR)} >= 1
and on (${labels(...TOOL)}) ${promql.increase(TOOL, series('serverOperation', { method: '="tools/call"' }, '_count'), DAY)} >= ${MIN_CALLS_A_DAY}
unless on (${labels(...TOOL)}) ${promql.grown(TOOL, series('toolsChanges', { change: '=~"added|two-versions"' }), HOUR)} >= 1`,
  summary: '{{ .Labels.mcpspan_server }} no longer offers {{ .Labels.gen_ai_tool_name }}, which clients call',
  meaning:
    'Callers that were offered the tool are offered it no more, and nobody else is. Clients that work from an old list still call it, and their calls are rejected; others cannot do any more what they did with it.',
  action:
    'If it was renamed or removed on purpose, offer the old name as an alias for some weeks. Otherwise look at what the tool needs at the start of the server: a gateway leaves out the tools of a backend that it cannot reach.',
  panel: PANEL,
};

export const CHANGE_RULES: RuleGroup = { name: 'mcpspan-changes', recording: [], alerts: [lessSafe, removed] };
