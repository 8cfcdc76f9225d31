import { labels, type Matchers } from '../dashboards/promql.ts';
import { MIN_CALLS } from '../dashboards/handshake-ratio.ts';
import { WINDOW } from './calls.ts';
import { HOUR, MINUTE, series } from './promql.ts';
import type { AlertRule, RecordingRule, RuleGroup } from './rule.ts';

const TOOL = ['server', 'toolName'] as const;
const TOOL_OF_CLIENT = ['server', 'client', 'toolName'] as const;
const MIN_CALLS_OF_CLIENT = 10;
const CALL = { method: '="tools/call"' } as const;

/** The `error.type` of calls that got no answer from the server, or an answer from something in front of it. */
const UNREACHABLE = 'upstream_unreachable|upstream_reset|timeout|502|503|504';
/** A call without an error has no `error.type`, which matches as empty. */
const FAILED = { errorType: `!~"|${UNREACHABLE}"` } as const;

const operations = (matchers: Matchers): string => series('serverOperation', matchers, '_count');

const toolOperations: RecordingRule = {
  record: 'tool:mcp_server_operation_calls:increase15m',
  comment: 'Tool calls by tool, over all clients.',
  expr: ({ promql }) => promql.grown(TOOL, operations(CALL), WINDOW),
};

const toolErrors: RecordingRule = {
  record: 'tool:mcp_server_operation_errors:ratio15m',
  comment: 'Share of them that failed, without calls that did not reach the server; 0 if none failed.',
  expr: ({ promql, use }) => `(
${promql.grown(TOOL, operations({ ...CALL, ...FAILED }), WINDOW)}
or ${use(toolOperations)} * 0
)
/ (${use(toolOperations)} > 0)`,
};

const p95: RecordingRule = {
  record: 'tool:mcp_server_operation_duration_seconds:p95_15m',
  comment:
    '95 of 100 calls of the tool took no longer. Without calls there is no such figure (NaN would spoil averages).',
  expr: ({ promql }) => `histogram_quantile(
0.95,
sum by (${labels(...TOOL)}, le) (rate(${promql.range(series('serverOperation', CALL, '_bucket'), WINDOW)}))
) >= 0`,
};

const clientToolCalls: RecordingRule = {
  record: 'client_tool:mcp_server_operation_calls:increase1h',
  comment: 'Tool calls by client and tool; over an hour, since each client makes few.',
  expr: ({ promql }) => promql.grown(TOOL_OF_CLIENT, operations(CALL), HOUR),
};

const clientToolErrors: RecordingRule = {
  record: 'client_tool:mcp_server_operation_errors:increase1h',
  comment: 'The number of them that failed; 0 if none failed.',
  expr: ({ promql, use }) =>
    `${promql.grown(TOOL_OF_CLIENT, operations({ ...CALL, ...FAILED }), HOUR)}
or ${use(clientToolCalls)} * 0`,
};

const others = (figure: string): string => `(
sum by (${labels(...TOOL)}) (${figure})
- on (${labels(...TOOL)}) group_right () ${figure}
)`;

const errorsOfOthers: RecordingRule = {
  record: 'client_tool:mcp_server_operation_errors_of_others:ratio1h',
  comment: `Share of failed calls of the tool among all other clients, if they made ${MIN_CALLS_OF_CLIENT}.`,
  expr: ({ use }) => `${others(use(clientToolErrors))}
/ (${others(use(clientToolCalls))} >= ${MIN_CALLS_OF_CLIENT})`,
};

const unreachable: RecordingRule = {
  record: 'server:mcp_server_operation_unreachable:increase5m',
  comment: 'Operations that got no answer from the server.',
  expr: ({ promql }) => promql.grown(['server'], operations({ errorType: `=~"${UNREACHABLE}"` }), 5 * MINUTE),
};

const errors: AlertRule = {
  alert: 'McpToolErrors',
  about: TOOL,
  severity: 'warning',
  for: 10 * MINUTE,
  comment: `Some tools always answer one call in five with isError: below a half the share must be twice that of the tool's past day.`,
  expr: ({ use, past }) => `(
  ${use(toolErrors)} >= 0.5
  or (
    ${use(toolErrors)} >= 0.2
    unless ${use(toolErrors)} <= 2 * ${past(toolErrors)}
  )
)
and ${use(toolOperations)} >= ${MIN_CALLS}`,
  summary:
    '{{ .Labels.gen_ai_tool_name }} fails on {{ .Labels.mcpspan_server }}: {{ humanizePercentage .Value }} of its calls in 15 minutes',
  meaning:
    'The server answers, but with a tool error, a JSON-RPC error of its own or an HTTP 500, more often than it used to. Calls that are rejected for a fault of the client do not count. The model sees the error and tries again, guesses, or gives up.',
  action:
    'See whether all clients are affected or one (the tool × client table). All: find out what changed in the tool or behind it. One: look at what that client sends, or at the session state that it lost.',
  panel: { dashboard: 'mcpspan-tools', title: 'Which tools fail, and how?' },
};

const failsForOneClient: AlertRule = {
  alert: 'McpToolFailsForOneClient',
  about: TOOL_OF_CLIENT,
  severity: 'warning',
  for: 10 * MINUTE,
  comment: 'Half of its calls or more, while at most one in ten fails for everybody else; ten calls on either side.',
  expr: ({ use }) => `${use(clientToolErrors)} / (${use(clientToolCalls)} >= ${MIN_CALLS_OF_CLIENT}) >= 0.5
and ${use(errorsOfOthers)} <= 0.1`,
  summary:
    '{{ .Labels.gen_ai_tool_name }} on {{ .Labels.mcpspan_server }} fails for {{ .Labels.mcpspan_client }} only: {{ humanizePercentage .Value }} of its calls in an hour',
  meaning:
    'The same tool works for the other clients. Typically {{ .Labels.mcpspan_client }} lost what the server keeps per session (a session per call, no session id). Calls that are rejected for wrong arguments do not count.',
  action:
    'Compare one failing call with one that works. If the failing one is the first of its session, key the state by user or conversation instead of by session.',
  panel: { dashboard: 'mcpspan-tools', title: 'Does a tool fail for one client only?' },
};

const slow: AlertRule = {
  alert: 'McpToolSlow',
  about: TOOL,
  severity: 'warning',
  for: 10 * MINUTE,
  comment: 'Compares with its own past day, since some tools may take a minute. Below a second nobody has to wait.',
  expr: ({ use, past }) => `${use(p95)} > 1
and ${use(p95)} > 2 * ${past(p95)}
and ${use(toolOperations)} >= ${MIN_CALLS}`,
  summary:
    '{{ .Labels.gen_ai_tool_name }} on {{ .Labels.mcpspan_server }} got slow: p95 {{ humanizeDuration .Value }} over 15 minutes',
  meaning:
    'The slowest calls take at least twice as long as in the past day. Clients give up after a time-out of their own (often 60 s), and then call again.',
  action:
    'Open a slow call from the panel (its dots are traces). If all tools of the server are slow, look at the server or what its tools share; if only this one is, look at what is behind it.',
  panel: { dashboard: 'mcpspan-tools', title: 'How long do calls of each tool take?' },
};

const upstreamDown: AlertRule = {
  alert: 'McpUpstreamDown',
  about: ['server'],
  severity: 'critical',
  for: 2 * MINUTE,
  comment: 'Half of all operations, and at least five, whatever the method and the client.',
  expr: ({ promql, use }) => `${use(unreachable)} / ${promql.grown(['server'], operations({}), 5 * MINUTE)}
>= 0.5
and ${use(unreachable)} >= 5`,
  summary:
    '{{ .Labels.mcpspan_server }} does not answer: {{ humanizePercentage .Value }} of all operations in 5 minutes got nothing from it',
  meaning:
    'mcpspan cannot connect to the server, is cut off in the middle, or gets 502, 503 or 504 from something in between. Every client is affected: they see the server as disconnected.',
  action:
    'Is the server running, and is its address (--upstream) still right? mcpspan itself works, since it sent this. Restarting it does not help.',
  panel: { dashboard: 'mcpspan-tools', title: 'Which tools fail, and how?' },
};

export const TOOL_RULES: RuleGroup = {
  name: 'mcpspan-tools',
  recording: [toolOperations, toolErrors, p95, clientToolCalls, clientToolErrors, errorsOfOthers, unreachable],
  alerts: [errors, failsForOneClient, slow, upstreamDown],
};
