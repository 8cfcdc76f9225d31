import type { Verdict } from '../../src/session/behaviour.ts';
import { labels } from '../dashboards/promql.ts';
import { MIN_CALLS, IN_SESSION } from '../dashboards/handshake-ratio.ts';
import { CLIENT, toolCalls, WINDOW } from './calls.ts';
import { DAY, HOUR, MINUTE, series } from './promql.ts';
import type { AlertRule, RecordingRule, RuleGroup } from './rule.ts';

const HANDSHAKES = series('handshakes', { handshakeKind: '=~"initialize|discover"' });

const handshakes: RecordingRule = {
  record: 'client:mcpspan_handshakes:increase15m',
  comment: 'Handshakes that succeeded: initialize (legacy), server/discover (modern).',
  expr: ({ promql }) => promql.grown(CLIENT, HANDSHAKES, WINDOW),
};

const handshakesPerCall: RecordingRule = {
  record: 'client:mcpspan_handshakes_per_tool_call:ratio15m',
  comment:
    'About 1 is a handshake per call; well below 0.2 is healthy. It needs no session id, so it works in both eras.',
  expr: ({ use }) => `${use(handshakes)} / (${use(toolCalls)} > 0)`,
};

const serverHandshakesPerCall: RecordingRule = {
  record: 'server:mcpspan_handshakes_per_tool_call:ratio15m',
  comment: 'The same for a server, over all clients and all instances.',
  expr: ({ use }) =>
    `sum by (${labels('server')}) (${use(handshakes)})
/ (sum by (${labels('server')}) (${use(toolCalls)}) > 0)`,
};

const usedPerCall: RecordingRule = {
  record: 'client:mcpspan_sessions_used_per_tool_call:ratio15m',
  comment: 'Sessions at their first tool call, per call: 1 when no session is used twice.',
  expr: ({ promql, use }) =>
    `${promql.grown(CLIENT, series('sessionsUsed', { sessionSource: `=~"${IN_SESSION}"` }), WINDOW)}
/ (${use(toolCalls)} > 0)`,
};

const avoidablePerCall: RecordingRule = {
  record: 'client:mcpspan_handshakes_avoidable_per_tool_call:ratio15m',
  comment: 'Handshakes after the first one of a conversation or principal, per call.',
  expr: ({ promql, use }) =>
    `${promql.grown(CLIENT, series('handshakesAvoidable'), WINDOW)}
/ (${use(toolCalls)} > 0)`,
};

const outsideShare: RecordingRule = {
  record: 'client:mcpspan_tool_calls_outside_sessions:ratio15m',
  comment: 'Share of calls of both eras that belong to no session.',
  expr: ({ promql, use }) => {
    const outside = series('toolCalls', { attempt: '="first"', sessionSource: `!~"${IN_SESSION}"` });
    return `${promql.grown(CLIENT, outside, WINDOW)}
/ (${use(toolCalls)} > 0)`;
  },
};

const LEGACY = { attempt: '="first"', era: '="legacy"' } as const;

const legacyCalls: RecordingRule = {
  record: 'client:mcpspan_legacy_tool_calls:increase15m',
  comment: 'Tool calls in a revision that has sessions.',
  expr: ({ promql }) => promql.grown(CLIENT, series('toolCalls', LEGACY), WINDOW),
};

const WITHOUT_ID = { ...LEGACY, sessionSource: `!~"${IN_SESSION}"` } as const;

const sessionlessShare: RecordingRule = {
  record: 'client:mcpspan_sessionless_tool_calls:ratio15m',
  comment: 'Share of the legacy calls that carry no session id; 0 if all carry one.',
  expr: ({ promql, use }) => `(
  ${promql.grown(CLIENT, series('toolCalls', WITHOUT_ID), WINDOW)}
  or ${use(legacyCalls)} * 0
)
/ (${use(legacyCalls)} > 0)`,
};

const verdictShare: RecordingRule = {
  record: 'client:mcpspan_client_verdict:share',
  comment: 'Among the instances that have a verdict about a client: the share with this verdict.',
  expr: () => {
    const held = series('clientVerdict');
    return `sum by (${labels(...CLIENT, 'verdict')}) (${held})
/ on (${labels(...CLIENT)}) group_left ()
(sum by (${labels(...CLIENT)}) (${held}) > 0)`;
  },
};

const fleetUsedPerCall: RecordingRule = {
  record: 'client:mcpspan_sessions_used_per_tool_call:fleet15m',
  comment: `The same where a load balancer spreads the requests of a session: each instance that sees a call of it counts it as used. But no more
sessions are used than there are handshakes.`,
  expr: ({ use }) => `${use(usedPerCall)} < ${use(handshakesPerCall)}
or ${use(handshakesPerCall)}`,
};

/** Below as many calls nothing is said of a client, as in an instance's own verdict. */
const MIN_JUDGED = 5;

const fleetVerdict: RecordingRule = {
  record: 'client:mcpspan_client_verdict:fleet15m',
  comment: `The verdict over all instances together, 1, from their sums: the first that fits. An instance's own is about what it sees, which may be a
part of each session.`,
  expr: ({ use }) => {
    const is = (verdict: Verdict, condition: string): string => `label_replace(
group by (${labels(...CLIENT)}) (
${use(toolCalls)} >= ${MIN_JUDGED}
${condition}
),
"${labels('verdict')}", "${verdict}", "", ""
)`;
    return [
      is('modern', `unless ${use(legacyCalls)} > 0.2 * ${use(toolCalls)}`),
      is('sessionless', `and ${use(sessionlessShare)} >= 0.8`),
      is('reusing', `and ${use(fleetUsedPerCall)} <= 0.5`),
      is('mixed', `and ${use(fleetUsedPerCall)} < 0.8`),
      is('per-call', `and ${use(fleetUsedPerCall)} >= 0.8 and ${use(avoidablePerCall)} > 0`),
      is('one-shot', `and ${use(fleetUsedPerCall)} >= 0.8`),
    ].join(`\nor on (${labels(...CLIENT)}) `);
  },
};

const handshakePerCall: AlertRule = {
  alert: 'McpHandshakePerCall',
  about: CLIENT,
  severity: 'warning',
  for: 5 * MINUTE,
  comment: `A ratio near 1 alone means little: a client may connect to a dozen servers and call few of them. So its calls must
also use up sessions, or, outside of sessions (modern, sessionless), come with avoidable handshakes.`,
  expr: ({ use }) => `${use(handshakesPerCall)} >= 0.8
and ${use(toolCalls)} >= ${MIN_CALLS}
and (
  ${use(usedPerCall)} >= 0.8
  or (
    ${use(outsideShare)} >= 0.8
    and ${use(avoidablePerCall)} >= 0.5
  )
)`,
  summary:
    '{{ .Labels.mcpspan_client }} handshakes for every tool call on {{ .Labels.mcpspan_server }}: {{ printf "%.2f" .Value }} handshakes per call',
  meaning:
    'Over 15 minutes {{ .Labels.mcpspan_client }} made about one handshake for each tool call instead of keeping a session. Each call waits for a handshake first, and everything that the server keeps per session is gone at the next call, although every single request succeeds.',
  action:
    "Look at the verdict. per-call: key the server's state by user or conversation instead of by session, and make initialize cheap. one-shot: each conversation may make just one call; then nothing is wasted.",
  panel: { dashboard: 'mcpspan-clients', title: 'Which clients handshake for every call?' },
};

const verdictChanged: AlertRule = {
  alert: 'McpClientVerdictChanged',
  about: [...CLIENT, 'verdict'],
  severity: 'info',
  for: 5 * MINUTE,
  comment: `Most instances have this verdict now, and none had it in the day before the last hour. A client without an earlier verdict
is no news. It ends by itself an hour after the change.`,
  expr: ({ promql, use }) => {
    const past = promql.range(series('clientVerdict'), DAY, HOUR);
    const held = (by: string): string => `max by (${by}) (max_over_time(${past})) == 1`;
    return `${use(verdictShare)} > 0.5
and on (${labels(...CLIENT)}) (
${held(labels(...CLIENT))}
)
unless on (${labels(...CLIENT, 'verdict')}) (
${held(labels(...CLIENT, 'verdict'))}
)`;
  },
  summary:
    '{{ .Labels.mcpspan_client }} uses {{ .Labels.mcpspan_server }} differently: it is now {{ .Labels.mcpspan_verdict }}',
  meaning:
    '{{ humanizePercentage .Value }} of the instances that watch it call {{ .Labels.mcpspan_client }} {{ .Labels.mcpspan_verdict }}, which none of them did in the day before. Clients change how they use sessions from one release to the next, without notice.',
  action:
    'See which verdict it had before and whether its version changed. per-call and sessionless lose everything that the server keeps per session; reusing, modern and one-shot lose nothing.',
  panel: { dashboard: 'mcpspan-clients', title: 'How does each client use the server?' },
};

const sessionlessJumped: AlertRule = {
  alert: 'McpSessionlessShareJumped',
  about: CLIENT,
  severity: 'warning',
  for: 10 * MINUTE,
  comment:
    'Compares with the share of its own past day, without the last hour, so that a client that never sent ids is no news.',
  expr: ({ use, past }) => `${use(sessionlessShare)} - ${past(sessionlessShare)} >= 0.3
and ${use(legacyCalls)} >= ${MIN_CALLS}`,
  summary:
    '{{ .Labels.mcpspan_client }} stopped sending session ids to {{ .Labels.mcpspan_server }}: their share without one rose by {{ humanizePercentage .Value }}',
  meaning:
    'Far more tool calls of {{ .Labels.mcpspan_client }} than in the past day carry no Mcp-Session-Id, in a revision that has sessions. A server that requires one refuses them; one that does not sees a stranger at each call.',
  action:
    "Check the client's version and whether something in front of mcpspan strips the header. Key state by something that the client still sends: a conversation key in _meta, or the signed-in user.",
  panel: { dashboard: 'mcpspan-clients', title: 'Which clients send no session id?' },
};

export const CLIENT_RULES: RuleGroup = {
  name: 'mcpspan-clients',
  recording: [
    toolCalls,
    handshakes,
    handshakesPerCall,
    serverHandshakesPerCall,
    usedPerCall,
    avoidablePerCall,
    outsideShare,
    legacyCalls,
    sessionlessShare,
    verdictShare,
    fleetUsedPerCall,
    fleetVerdict,
  ],
  alerts: [handshakePerCall, verdictChanged, sessionlessJumped],
};
