// Longer than 300 lines: one table of names, which nobody reads from end to end.

import {
  ATTR_ERROR_TYPE,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_NETWORK_PROTOCOL_NAME,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_NETWORK_TRANSPORT,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_PATH,
  ATTR_USER_AGENT_ORIGINAL,
} from '@opentelemetry/semantic-conventions';

/** Schema of the registry that the MCP names below were copied from (semantic-conventions-genai, May 2026). */
export const SCHEMA_URL = 'https://opentelemetry.io/schemas/gen-ai-dev/1.42.0-dev';
export const SCOPE = 'mcpspan';
/** No peer names attributes so. */
export const OWN_PREFIX = 'mcpspan.';

/**
 * Every attribute we emit. Names from conventions still in development are copied here, because
 * `@opentelemetry/semantic-conventions` asks instrumentations to do so. `mcpspan.*` are ours. `mcp.client.*` and
 * `mcp.server.*` are in wide use, but no convention names them yet. Tests pin these names literally, because a change
 * breaks users' dashboards.
 */
export const ATTR = {
  method: 'mcp.method.name',
  protocolVersion: 'mcp.protocol.version',
  resourceUri: 'mcp.resource.uri',
  sessionId: 'mcp.session.id',
  clientName: 'mcp.client.name',
  clientVersion: 'mcp.client.version',
  serverName: 'mcp.server.name',
  serverVersion: 'mcp.server.version',
  requestId: 'jsonrpc.request.id',
  rpcStatusCode: 'rpc.response.status_code',
  operationName: 'gen_ai.operation.name',
  toolName: 'gen_ai.tool.name',
  promptName: 'gen_ai.prompt.name',
  conversationId: 'gen_ai.conversation.id',
  toolCallId: 'gen_ai.tool.call.id',
  toolCallArguments: 'gen_ai.tool.call.arguments',
  toolCallResult: 'gen_ai.tool.call.result',

  errorType: ATTR_ERROR_TYPE,
  httpStatusCode: ATTR_HTTP_RESPONSE_STATUS_CODE,
  networkProtocolName: ATTR_NETWORK_PROTOCOL_NAME,
  networkProtocolVersion: ATTR_NETWORK_PROTOCOL_VERSION,
  networkTransport: ATTR_NETWORK_TRANSPORT,
  serverAddress: ATTR_SERVER_ADDRESS,
  serverPort: ATTR_SERVER_PORT,
  urlPath: ATTR_URL_PATH,
  userAgent: ATTR_USER_AGENT_ORIGINAL,

  server: 'mcpspan.server',
  observed: 'mcpspan.observed',
  collected: 'mcpspan.collected',
  client: 'mcpspan.client',
  sessionSource: 'mcpspan.session.source',
  sessionOpened: 'mcpspan.session.opened',
  sessionSegment: 'mcpspan.session.segment',
  sessionEmpty: 'mcpspan.session.empty',
  era: 'mcpspan.era',
  handshakeKind: 'mcpspan.handshake.kind',
  requestBytes: 'mcpspan.request.bytes',
  responseBytes: 'mcpspan.response.bytes',
  firstByteSeconds: 'mcpspan.first_byte_seconds',
  cancelled: 'mcpspan.cancelled',
  incomplete: 'mcpspan.incomplete',
  rejected: 'mcpspan.rejected',
  leg: 'mcpspan.leg',
  reportedByServer: 'mcpspan.reported_by_server',
  outsideOperation: 'mcpspan.outside_operation',
  reason: 'mcpspan.reason',
  attempt: 'mcpspan.attempt',
  avoidable: 'mcpspan.avoidable',
  verdict: 'mcpspan.verdict',
  state: 'mcpspan.state',
  direction: 'mcpspan.direction',
  httpClass: 'mcpspan.http.class',
  streamKind: 'mcpspan.stream.kind',
  anomaly: 'mcpspan.anomaly',
  userKind: 'mcpspan.user.kind',
  lintRule: 'mcpspan.lint.rule',
  endReason: 'mcpspan.end_reason',
  trait: 'mcpspan.trait',
  change: 'mcpspan.change',
  changes: 'mcpspan.changes',
  before: 'mcpspan.before',
  after: 'mcpspan.after',
  signal: 'mcpspan.signal',
  connectStage: 'mcpspan.connect.stage',
  connectReached: 'mcpspan.connect.reached',
  connectRequests: 'mcpspan.connect.requests',
  connectEnd: 'mcpspan.connect.end',
  connectError: 'mcpspan.connect.error',
  connectAmbiguous: 'mcpspan.connect.ambiguous',
  connectAgain: 'mcpspan.connect.again',
  progress: 'mcpspan.progress',
  total: 'mcpspan.total',
  level: 'mcpspan.level',
  summaryOperations: 'mcpspan.summary.operations',
  summaryToolCalls: 'mcpspan.summary.tool_calls',
  summaryFailed: 'mcpspan.summary.failed',
  summaryRejected: 'mcpspan.summary.rejected',
  summaryHandshakes: 'mcpspan.summary.handshakes',
  summaryDiscoveries: 'mcpspan.summary.discoveries',
  summaryHandshakeSeconds: 'mcpspan.summary.handshake_seconds',
  summaryPart: 'mcpspan.summary.part',
  summaryPartial: 'mcpspan.summary.partial',
} as const;

/** Measured values. OTLP always sends them as doubles, even whole ones, so that a backend sees one type per name. */
export const DOUBLES: ReadonlySet<string> = new Set([
  ATTR.firstByteSeconds,
  ATTR.summaryHandshakeSeconds,
  ATTR.progress,
  ATTR.total,
]);

export const SPAN = { session: 'mcp.session', summary: 'mcp.session.summary', connect: 'mcp.connect' } as const;

/** Recommended by the conventions for operation and session durations, in seconds. */
const SECONDS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];
const CALLS = [0, 1, 2, 3, 5, 10, 20, 50, 100, 200, 500];
const BYTES = [100, 300, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000];
const DELAY = [0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5];
const LONG_SECONDS = [1, 10, 60, 300, 900, 3_600, 14_400, 43_200, 86_400];

export interface MetricDefinition {
  name: string;
  kind: 'counter' | 'histogram' | 'observable-gauge' | 'observable-counter' | 'observable-up-down-counter';
  unit: string;
  description: string;
  boundaries?: readonly number[];
}

const counter = (name: string, unit: string, description: string): MetricDefinition & { kind: 'counter' } => ({
  name,
  kind: 'counter',
  unit,
  description,
});
const histogram = (
  name: string,
  unit: string,
  boundaries: readonly number[],
  description: string,
): MetricDefinition & { kind: 'histogram'; boundaries: readonly number[] } => ({
  name,
  kind: 'histogram',
  unit,
  description,
  boundaries,
});
const own = (name: string, unit: string, description: string): MetricDefinition => ({
  name: `mcpspan.self.${name}`,
  kind: 'observable-counter',
  unit,
  description,
});

const waiting = (name: string, unit: string, description: string): MetricDefinition => ({
  name: `mcpspan.self.${name}`,
  kind: 'observable-up-down-counter',
  unit,
  description,
});

/** Every metric we emit, those of the conventions first. No unit is `1`, because Prometheus would append `_ratio`. */
export const METRIC = {
  serverOperation: histogram(
    'mcp.server.operation.duration',
    's',
    SECONDS,
    "Time from when a client's request was received until its result was sent",
  ),
  clientOperation: histogram(
    'mcp.client.operation.duration',
    's',
    SECONDS,
    "Time from when a server's request was sent to its client until the answer was received",
  ),
  serverSession: histogram(
    'mcp.server.session.duration',
    's',
    SECONDS,
    'Time from the first request of a session to its last activity',
  ),
  handshakes: counter(
    'mcpspan.handshakes',
    '{handshake}',
    'Handshakes: initialize (legacy) and server/discover (modern)',
  ),
  handshakesAvoidable: counter(
    'mcpspan.handshakes.avoidable',
    '{handshake}',
    'Handshakes beyond the first of one conversation or principal within 30 minutes',
  ),
  handshakeDuration: histogram('mcpspan.handshake.duration', 's', SECONDS, 'How long handshakes took'),
  toolCalls: counter('mcpspan.tool_calls', '{call}', 'Tool calls that were answered, or lost'),
  toolCallsRepeated: counter(
    'mcpspan.tool_calls.repeated',
    '{call}',
    'Tool calls with the same arguments as those before: from the fifth in a row on, or the third without success',
  ),
  discoveries: counter(
    'mcpspan.discoveries',
    '{call}',
    'List calls, and whether nothing had changed since the last one',
  ),
  sessions: counter('mcpspan.sessions', '{session}', 'Sessions, and derived activity, that began or were taken up'),
  sessionsUsed: counter('mcpspan.sessions.used', '{session}', 'Sessions at their first tool call'),
  sessionsOpen: {
    name: 'mcpspan.sessions.open',
    kind: 'observable-up-down-counter',
    unit: '{session}',
    description: 'Sessions that live',
  },
  sessionsEnded: counter('mcpspan.sessions.ended', '{session}', 'Sessions that ended, and how'),
  sessionToolCalls: histogram('mcpspan.session.tool_calls', '{call}', CALLS, 'Tool calls of a session, at its end'),
  clientVerdict: {
    name: 'mcpspan.client.verdict',
    kind: 'observable-gauge',
    unit: '{client}',
    description: 'How a client uses the server: 1 for the present verdict, 0 for earlier ones',
  },
  messageBytes: histogram('mcpspan.message.bytes', 'By', BYTES, 'Size of requests and answers'),
  toolsUnknown: counter(
    'mcpspan.tools.unknown',
    '{call}',
    'Calls of tools that the server does not know, by its answer, or by its list where no answer came',
  ),
  toolsDefinition: {
    name: 'mcpspan.tools.definition.bytes',
    kind: 'observable-gauge',
    unit: 'By',
    description: 'Size of the definition of each tool that the server lists: 4 bytes are about one token',
  },
  serverSpans: counter(
    'mcpspan.server_spans',
    '{span}',
    'Spans that servers sent of themselves with answers, and that were taken',
  ),
  serverSpansDropped: counter(
    'mcpspan.server_spans.dropped',
    '{span}',
    'Spans that servers sent of themselves with answers, and that were not taken',
  ),
  toolsChanges: counter(
    'mcpspan.tools.changes',
    '{change}',
    'Changes of tools that the server offers, by what changed (docs/tools.md)',
  ),
  streamsOpen: {
    name: 'mcpspan.streams.open',
    kind: 'observable-up-down-counter',
    unit: '{stream}',
    description: 'Standing streams',
  },
  streamDuration: histogram('mcpspan.stream.duration', 's', LONG_SECONDS, 'How long standing streams lasted'),
  notifications: counter('mcpspan.notifications', '{notification}', 'Notifications, both ways'),
  cancellations: counter('mcpspan.cancellations', '{call}', 'Requests that the client gave up'),
  httpRejections: counter('mcpspan.http.rejections', '{request}', 'Requests refused by HTTP: 401, 403, 404, 429, 5xx'),
  httpExchanges: counter(
    'mcpspan.http.exchanges',
    '{request}',
    'HTTP requests that were answered, by what they were about and status',
  ),
  connectStages: counter(
    'mcpspan.connect.stages',
    '{attempt}',
    'Attempts to connect that are over, by each stage that they reached',
  ),
  connectEnded: counter(
    'mcpspan.connect.ended',
    '{attempt}',
    'Attempts to connect that are over: arrived, or by the furthest stage that they reached',
  ),
  anomalies: counter('mcpspan.anomalies', '{event}', 'Odd traffic, and gaps in what was seen of it'),
  serverUsers: {
    name: 'mcpspan.server.users',
    kind: 'observable-gauge',
    unit: '{user}',
    description: 'About how many credentials, or conversations, called tools of a server today (UTC)',
  },
  clientUsers: {
    name: 'mcpspan.client.users',
    kind: 'observable-gauge',
    unit: '{user}',
    description: 'About how many credentials, or conversations, called tools with a client today (UTC)',
  },
  toolUsers: {
    name: 'mcpspan.tool.users',
    kind: 'observable-gauge',
    unit: '{user}',
    description: 'About how many credentials, or conversations, called a tool today (UTC)',
  },
  lintViolations: counter(
    'mcpspan.lint.violations',
    '{violation}',
    'Messages that break a rule of MCP 2026-07-28, of those that claim that revision',
  ),
  copiesDropped: own('copies_dropped', '{copy}', 'Copies of traffic that found no room on their way to the observer'),
  observerRestarts: own('observer_restarts', '{restart}', 'Times the observer died and was started again'),
  exportFailures: own('export_failures', '{batch}', 'Batches that could not be exported'),
  labelsFolded: own('labels_folded', '{label}', 'Label values that became _OTHER'),
  tracesWithheld: own('traces_withheld', '{trace}', 'Traces of refused operations beyond 60 a minute'),
  itemsLost: own(
    'items_lost',
    '{item}',
    'Spans and log records that will never arrive, operations that the local store could not take',
  ),
  spoolItems: waiting('spool_items', '{item}', 'Spans and log records that wait in the spool to be delivered'),
  collectedSpans: counter('mcpspan.self.collected_spans', '{span}', 'Spans that were received, by what became of them'),
  spoolBytes: waiting('spool_bytes', 'By', 'Size of what waits in the spool'),
  relayDelay: histogram(
    'mcpspan.self.relay_delay',
    's',
    DELAY,
    'Time from when a request was complete here until it was sent on',
  ),
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRIC;

export type MetricNameOf<Kind extends MetricDefinition['kind']> = {
  [Name in MetricName]: (typeof METRIC)[Name]['kind'] extends Kind ? Name : never;
}[MetricName];

/** Log events. */
export const EVENT = {
  clientSeen: 'mcpspan.client.first_seen',
  clientChanged: 'mcpspan.client.changed',
  toolsChanged: 'mcpspan.tools.changed',
  observerRestarted: 'mcpspan.observer.restarted',
  connectStopped: 'mcpspan.connect.stopped',
  exportFailing: 'mcpspan.export.failing',
  exportRestored: 'mcpspan.export.restored',
} as const;
