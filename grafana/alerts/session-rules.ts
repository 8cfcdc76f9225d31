import { labels } from '../dashboards/promql.ts';
import { IN_SESSION } from '../dashboards/handshake-ratio.ts';
import { CLIENT, toolCalls, WINDOW } from './calls.ts';
import { HOUR, MINUTE, series } from './promql.ts';
import type { AlertRule, RecordingRule, RuleGroup } from './rule.ts';

const REAL = { sessionSource: `=~"${IN_SESSION}"` } as const;

const orphans: RecordingRule = {
  record: 'client:mcpspan_sessions_orphaned:increase1h',
  comment:
    'Sessions that ended by silence, or to make room: nobody told the server that they are over. 0 if there are none.',
  expr: ({ promql }) =>
    `${promql.grown(CLIENT, series('sessionsEnded', { ...REAL, endReason: '=~"idle|evicted"' }), HOUR)}
or sum by (${labels(...CLIENT)}) (${series('sessions', REAL)}) * 0`,
};

const callsOfHour: RecordingRule = {
  record: 'client:mcpspan_tool_calls:increase1h',
  comment: 'Tool calls, without further rounds of the same call.',
  expr: ({ promql }) => promql.grown(CLIENT, series('toolCalls', { attempt: '="first"' }), HOUR),
};

const refused: RecordingRule = {
  record: 'client:mcpspan_handshakes_refused:increase15m',
  comment: 'Handshakes that failed or were not authorized. OAuth begins with a 401, which is not a failure.',
  expr: ({ promql }) =>
    promql.grown(CLIENT, series('handshakes', { handshakeKind: '=~"failed|unauthorized"' }), WINDOW),
};

const unused: RecordingRule = {
  record: 'client:mcpspan_sessions_unused:increase15m',
  comment: 'Sessions that a handshake opened, minus sessions with a tool call: those that were opened for nothing.',
  expr: ({ promql }) => {
    const opened = promql.grown(CLIENT, series('sessions', { ...REAL, sessionOpened: '="handshake"' }), WINDOW);
    return `clamp_min(
  ${opened}
  - (
    ${promql.grown(CLIENT, series('sessionsUsed', REAL), WINDOW)}
    or ${opened} * 0
  ),
  0
)`;
  },
};

const inVain: RecordingRule = {
  record: 'client:mcpspan_handshakes_in_vain:increase15m',
  comment: 'Handshakes that were refused, or that opened sessions which are not used.',
  expr: ({ use }) =>
    `(${use(refused)} + ${use(unused)})
or ${use(refused)}
or ${use(unused)}`,
};

const unknown: RecordingRule = {
  record: 'client:mcpspan_tools_unknown:increase15m',
  comment: 'Calls of tools that the server does not know.',
  expr: ({ promql }) => promql.grown(CLIENT, series('toolsUnknown'), WINDOW),
};

/** How far an attempt may come that did not connect. Who shook hands is connected, and may wait for its user. */
const NOT_CONNECTED = 'challenge|resource-metadata|server-metadata|registration|authorize|token|return|accepted';

const connectsStopped: RecordingRule = {
  record: 'client:mcpspan_connects_stopped:increase1h',
  comment:
    'Attempts to connect that began to sign in, or came with a credential, and did not shake hands. A scanner gets as far as the challenge, too, so clients without a name of their own are left out.',
  expr: ({ promql }) =>
    promql.grown(
      CLIENT,
      series('connectEnded', { connectEnd: `=~"${NOT_CONNECTED}"`, client: '!~"unknown|_OTHER"' }),
      HOUR,
    ),
};

const connectsArrived: RecordingRule = {
  record: 'client:mcpspan_connects_arrived:increase1h',
  comment: 'Attempts to connect that shook hands, whether a call followed or not.',
  expr: ({ promql }) =>
    promql.grown(CLIENT, series('connectEnded', { connectEnd: '=~"arrived|handshake|lists"' }), HOUR),
};

const nobodyArrives: AlertRule = {
  alert: 'McpNobodyArrives',
  about: CLIENT,
  severity: 'warning',
  for: 10 * MINUTE,
  comment: 'Five attempts in an hour, and none that shook hands.',
  expr: ({ use }) => `${use(connectsStopped)} >= 5
unless ${use(connectsArrived)} > 0`,
  summary:
    '{{ .Labels.mcpspan_client }} cannot connect to {{ .Labels.mcpspan_server }}: {{ printf "%.0f" .Value }} attempts in an hour, and none arrived',
  meaning:
    'Attempts of {{ .Labels.mcpspan_client }} begin, get as far as the challenge, the metadata or a token, and stop there. Its users read that the server could not be connected, and the server may never have seen a request that failed.',
  action:
    'Run `mcpspan journeys --client {{ .Labels.mcpspan_client }}`: it says where each attempt stopped and what to do. If the token was given out and nothing came back, send the vendor of the client what `mcpspan report FILE.md --journey ID` writes.',
  panel: { dashboard: 'mcpspan-clients', title: 'Where do attempts to connect stop?' },
};

const orphansGrowing: AlertRule = {
  alert: 'McpOrphanSessionsGrowing',
  about: CLIENT,
  severity: 'warning',
  for: 15 * MINUTE,
  comment: `Most clients never send DELETE, so orphans alone are normal. There must be many, at least one for every second tool call, and
twice as many as in an average hour of the client's own past day.`,
  expr: ({ use, past }) => `${use(orphans)} >= 50
unless ${use(orphans)} < 0.5 * ${use(callsOfHour)}
unless ${use(orphans)} <= 2 * ${past(orphans)}`,
  summary:
    '{{ .Labels.mcpspan_client }} leaves {{ printf "%.0f" .Value }} sessions an hour behind on {{ .Labels.mcpspan_server }}, and more than before',
  meaning:
    'Sessions are opened, fall silent and are never closed, at twice the rate of the past or more, and hardly used. The server keeps each of them until its own time-out: memory, file handles and database connections add up.',
  action:
    'Make sure that the server ends idle sessions by itself, before its memory runs out. Then find out what the client does: a session per call, a session per connection that is never used, or a reconnect loop.',
  panel: { dashboard: 'mcpspan-clients', title: 'Which clients leave sessions behind?' },
};

const reconnectLoop: AlertRule = {
  alert: 'McpReconnectLoop',
  about: CLIENT,
  severity: 'warning',
  for: 10 * MINUTE,
  comment: 'At least two a minute, and three for every tool call: the client does hardly anything but connect.',
  expr: ({ use }) => `${use(inVain)} >= 30
unless ${use(inVain)} < 3 * ${use(toolCalls)}`,
  summary:
    '{{ .Labels.mcpspan_client }} connects to {{ .Labels.mcpspan_server }} over and over: {{ printf "%.0f" .Value }} handshakes in 15 minutes led to nothing',
  meaning:
    'Handshakes of {{ .Labels.mcpspan_client }} fail, are not authorized, or open sessions in which no tool is ever called. Its users most likely see the server as disconnected, and the server does the work of connecting all day.',
  action:
    'See which kind it is. unauthorized: expired or missing credentials. failed: the server refuses or crashes in initialize. Neither: the client opens sessions and drops them; see what it gets after initialize (a GET answered 405 or 4xx, an empty tools/list).',
  panel: { dashboard: 'mcpspan-clients', title: 'Which handshakes lead to nothing?' },
};

const unknownTools: AlertRule = {
  alert: 'McpUnknownTools',
  about: CLIENT,
  severity: 'warning',
  for: 5 * MINUTE,
  comment: 'Five calls, and one in twenty: a model that invents a name now and then is no news.',
  expr: ({ use }) => `${use(unknown)} >= 5
unless ${use(unknown)} < 0.05 * ${use(toolCalls)}`,
  summary:
    '{{ .Labels.mcpspan_client }} calls tools that {{ .Labels.mcpspan_server }} does not know: {{ printf "%.0f" .Value }} calls in 15 minutes',
  meaning:
    'The names are not in the complete tools/list that the server gave. Usually a tool was renamed or removed while {{ .Labels.mcpspan_client }} works from a list that it read before: those calls fail for its users.',
  action:
    'Find the names in the traces (they are raw there). Bring the old name back as an alias, or make the client read the list again: send notifications/tools/list_changed, refresh the connector.',
  panel: { dashboard: 'mcpspan-tools', title: 'Which clients call tools that do not exist?' },
};

export const SESSION_RULES: RuleGroup = {
  name: 'mcpspan-sessions',
  recording: [orphans, callsOfHour, refused, unused, inVain, unknown, connectsStopped, connectsArrived],
  alerts: [orphansGrowing, reconnectLoop, nobodyArrives, unknownTools],
};
