import type { SpanKind } from '@opentelemetry/api';
import type { EVENT, MetricName } from '../src/telemetry/semconv.ts';
import type { AttributeKey } from './attributes.ts';

/** What one kind of signal carries. */
export interface Carried {
  readonly always: readonly AttributeKey[];
  readonly sometimes?: readonly AttributeKey[];
}

/** A kind of span. */
export interface SpanType extends Carried {
  readonly kind: Lowercase<keyof typeof SpanKind>;
  /** How its name is made. */
  readonly name: string;
  readonly brief: string;
}

const CLIENT = ['server', 'client'] as const;

/** Also told of what `mcpspan collect` reads in spans of others. */
const collected = <What extends Carried>(carried: What): What => ({
  ...carried,
  sometimes: [...(carried.sometimes ?? []), 'observed'],
});

const SESSION = {
  always: ['server', 'client', 'sessionSource', 'sessionOpened'],
  sometimes: [
    'sessionId',
    'conversationId',
    'clientName',
    'clientVersion',
    'serverName',
    'serverVersion',
    'protocolVersion',
  ],
} as const satisfies Carried;

const OPERATION = {
  always: ['method', 'server', 'client', 'sessionSource', 'era', 'networkTransport', 'requestBytes'],
  sometimes: [
    'requestId',
    'sessionId',
    'conversationId',
    'clientName',
    'clientVersion',
    'protocolVersion',
    'networkProtocolName',
    'networkProtocolVersion',
    'serverAddress',
    'serverPort',
    'urlPath',
    'userAgent',
    'httpStatusCode',
    'responseBytes',
    'firstByteSeconds',
    'toolName',
    'promptName',
    'operationName',
    'toolCallId',
    'toolCallArguments',
    'toolCallResult',
    'resourceUri',
    'errorType',
    'rpcStatusCode',
    'rejected',
    'handshakeKind',
    'cancelled',
    'incomplete',
    'attempt',
  ],
} as const satisfies Carried;

/** Every kind of span. A span is of the first kind that has its name and kind. */
export const SPANS: Readonly<Record<string, SpanType>> = {
  session: {
    kind: 'internal',
    name: '`mcp.session`',
    brief: 'The root of the trace of a session: a marker of 1 µs, exported as soon as the session opens',
    always: [...SESSION.always, 'sessionSegment'],
    sometimes: [...SESSION.sometimes, 'observed'],
  },
  summary: {
    kind: 'internal',
    name: '`mcp.session.summary`',
    brief: 'The whole session, from its first request to its last activity, exported at its end',
    always: [
      ...SESSION.always,
      'endReason',
      'summaryOperations',
      'summaryToolCalls',
      'summaryFailed',
      'summaryRejected',
      'summaryHandshakes',
      'summaryDiscoveries',
      'summaryHandshakeSeconds',
      'summaryPart',
    ],
    sometimes: [...SESSION.sometimes, 'summaryPartial', 'observed'],
  },
  connect: {
    kind: 'internal',
    name: '`mcp.connect`',
    brief: 'An attempt to connect, from its first request to its latest answer; linked to the session that followed',
    always: [...CLIENT, 'connectEnd'],
    sometimes: ['httpStatusCode', 'connectError', 'connectAmbiguous', 'connectAgain', 'clientName', 'clientVersion'],
  },
  'connect.stage': {
    kind: 'internal',
    name: '`mcp.connect {mcpspan.connect.stage}`',
    brief: 'A stage of an attempt to connect, from its first request to its latest answer',
    always: [...CLIENT, 'connectStage', 'connectReached', 'connectRequests'],
    sometimes: ['httpStatusCode'],
  },
  'operation.server': {
    kind: 'server',
    name: '`{mcp.method.name} {gen_ai.tool.name}`, `{mcp.method.name} {gen_ai.prompt.name}` or `{mcp.method.name}`',
    brief: 'A request of a client with its answer, or a notification of a client',
    ...OPERATION,
  },
  'operation.client': {
    kind: 'client',
    name: 'as that of `operation.server`',
    brief:
      "A request of the server to its client; with `--spans server+client` also the upstream's part of an operation",
    always: OPERATION.always,
    sometimes: [...OPERATION.sometimes, 'leg'],
  },
};

/** What mcpspan adds to the spans that a server sends of itself. Name, kind and scope are the server's. */
export const SERVER_SPANS: Carried = { always: ['server', 'reportedByServer'], sometimes: ['outsideOperation'] };

/** What the events on operations carry: progress and log messages, named for their method. */
export const SPAN_EVENTS: Carried = { always: [], sometimes: ['progress', 'total', 'level'] };

const DURATION: Carried = {
  always: [...CLIENT, 'method', 'networkTransport'],
  sometimes: [
    'networkProtocolName',
    'networkProtocolVersion',
    'protocolVersion',
    'toolName',
    'promptName',
    'operationName',
    'errorType',
    'rejected',
    'rpcStatusCode',
  ],
};
const OWN: Carried = { always: ['server'] };
const OWN_BY_SIGNAL: Carried = { always: ['server', 'signal'] };

/** The labels of every metric. The compiler asks for a row for each name in `METRIC`. */
export const LABELS: Readonly<Record<MetricName, Carried>> = {
  serverOperation: collected(DURATION),
  clientOperation: collected(DURATION),
  serverSession: collected({ always: CLIENT, sometimes: ['protocolVersion', 'networkProtocolName'] }),
  handshakes: collected({ always: [...CLIENT, 'handshakeKind', 'era'] }),
  handshakesAvoidable: collected({ always: CLIENT }),
  handshakeDuration: collected({ always: [...CLIENT, 'handshakeKind'] }),
  toolCalls: collected({ always: [...CLIENT, 'sessionSource', 'era', 'attempt'] }),
  toolCallsRepeated: collected({ always: CLIENT, sometimes: ['toolName'] }),
  discoveries: collected({ always: [...CLIENT, 'method', 'avoidable'] }),
  sessions: collected({ always: [...CLIENT, 'sessionSource', 'era', 'sessionOpened'] }),
  sessionsUsed: collected({ always: [...CLIENT, 'sessionSource'] }),
  sessionsOpen: collected({ always: [...CLIENT, 'sessionSource', 'state'] }),
  sessionsEnded: collected({ always: [...CLIENT, 'sessionSource', 'endReason', 'sessionEmpty'] }),
  sessionToolCalls: collected({ always: [...CLIENT, 'sessionSource'] }),
  clientVerdict: collected({ always: [...CLIENT, 'verdict'] }),
  messageBytes: collected({ always: [...CLIENT, 'method', 'direction'], sometimes: ['toolName'] }),
  toolsUnknown: collected({ always: CLIENT }),
  toolsDefinition: collected({ always: ['server', 'toolName'] }),
  serverSpans: collected({ always: CLIENT }),
  serverSpansDropped: collected({ always: [...CLIENT, 'reason'] }),
  serverUsers: collected({ always: ['server', 'userKind'] }),
  clientUsers: collected({ always: [...CLIENT, 'userKind'] }),
  toolUsers: collected({ always: ['server', 'userKind', 'toolName'] }),
  lintViolations: collected({ always: [...CLIENT, 'lintRule'] }),
  toolsChanges: collected({ always: ['server', 'toolName', 'change'] }),
  connectStages: collected({ always: [...CLIENT, 'connectStage'] }),
  connectEnded: collected({ always: [...CLIENT, 'connectEnd'] }),
  streamsOpen: collected({ always: [...CLIENT, 'streamKind'] }),
  streamDuration: collected({ always: [...CLIENT, 'streamKind'] }),
  notifications: collected({ always: [...CLIENT, 'method', 'direction'] }),
  cancellations: collected({ always: [...CLIENT, 'method'] }),
  httpRejections: collected({ always: [...CLIENT, 'httpStatusCode'], sometimes: ['method'] }),
  httpExchanges: collected({ always: ['server', 'httpClass', 'httpStatusCode'] }),
  anomalies: collected({ always: ['server', 'anomaly'] }),
  copiesDropped: OWN,
  observerRestarts: OWN,
  exportFailures: OWN,
  labelsFolded: OWN,
  tracesWithheld: OWN,
  itemsLost: OWN_BY_SIGNAL,
  spoolItems: OWN_BY_SIGNAL,
  spoolBytes: OWN_BY_SIGNAL,
  collectedSpans: { always: ['server', 'collected'] },
  relayDelay: OWN,
};

/** A log event. */
export interface LogEvent extends Carried {
  readonly brief: string;
  /** A body that it had. */
  readonly body: string;
}

/** What every log event carries. The compiler asks for a row for each name in `EVENT`. */
export const LOG_EVENTS: Readonly<Record<keyof typeof EVENT, LogEvent>> = {
  clientSeen: {
    brief: 'A client was seen for the first time',
    body: 'chatgpt came to quiz for the first time.',
    always: CLIENT,
    sometimes: ['observed'],
  },
  clientChanged: {
    brief: 'A client does something in another way',
    body: 'chatgpt changed how it uses quiz: it was reusing, and is per-call now.',
    always: [...CLIENT, 'trait', 'before', 'after'],
    sometimes: ['observed'],
  },
  connectStopped: {
    brief: 'An attempt to connect stopped before it arrived',
    body: 'claude-ai stopped connecting to quiz after it had got a token (HTTP 401: invalid_token).',
    always: [...CLIENT, 'connectEnd'],
    sometimes: ['httpStatusCode', 'connectError', 'connectAmbiguous', 'connectAgain'],
  },
  toolsChanged: {
    brief: 'What a server offers differs from what it offered before; at most 100 tools of one list',
    body: 'The tool search of quiz changed: description, no longer read-only.',
    always: ['server', 'toolName', 'changes'],
  },
  observerRestarted: {
    brief: 'The observer died and was started again',
    body: 'The observer of quiz failed and was started again; traffic went on.',
    always: ['server'],
  },
  exportFailing: {
    brief: 'A signal does not reach its endpoint',
    body: 'The spans of quiz do not reach their endpoint.',
    always: ['server', 'signal'],
  },
  exportRestored: {
    brief: 'A signal reaches its endpoint again',
    body: 'The spans of quiz reach their endpoint again.',
    always: ['server', 'signal'],
  },
};
