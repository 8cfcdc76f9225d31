import type { ATTR } from '../src/telemetry/semconv.ts';

/** A key of `ATTR`. */
export type AttributeKey = keyof typeof ATTR;

/** One attribute, as Weaver's registries describe it. */
export interface Attribute {
  /** `any`: its type depends on the signal, see its brief. */
  readonly type: 'string' | 'string[]' | 'int' | 'double' | 'boolean' | 'any';
  readonly brief: string;
  /** All values that there are. Without them any value of the type is possible. */
  readonly members?: Readonly<Record<string, string>>;
  readonly examples?: readonly (string | number | readonly string[])[];
  /** OpenTelemetry defines it, so that our registry only refers to it. */
  readonly isBorrowed?: true;
}

const borrowed = (brief: string, type: Attribute['type'] = 'string'): Attribute => ({ type, brief, isBorrowed: true });
const text = (brief: string, ...examples: string[]): Attribute => ({ type: 'string', brief, examples });
const count = (brief: string, ...examples: number[]): Attribute => ({ type: 'int', brief, examples });
const measured = (brief: string, ...examples: number[]): Attribute => ({ type: 'double', brief, examples });
const flag = (brief: string): Attribute => ({ type: 'boolean', brief });
const word = (brief: string, members: Readonly<Record<string, string>>): Attribute => ({
  type: 'string',
  brief,
  members,
});

/** What every attribute means. The compiler asks for a row for each name in `ATTR`. */
export const ATTRIBUTES: Readonly<Record<AttributeKey, Attribute>> = {
  method: borrowed(
    'The method of the request or notification; on metrics `_OTHER` for methods that MCP does not define',
  ),
  protocolVersion: borrowed('The revision of MCP that the request is in'),
  resourceUri: borrowed('The URI of a resource, without query and fragment'),
  sessionId: borrowed(
    'The `Mcp-Session-Id`, at most 128 characters; a hash of it with `--hash-ids`, or where it is a JWT',
  ),
  clientName: text('The name that the client gives itself', 'claude-ai'),
  clientVersion: text('The version that the client gives itself', '1.4.0'),
  serverName: text('The name that the server gives itself', 'quiz'),
  serverVersion: text('The version that the server gives itself', '2.0.1'),
  requestId: borrowed('The JSON-RPC id of the request'),
  rpcStatusCode: borrowed('The JSON-RPC error code; on metrics `_OTHER` for codes that no specification defines'),
  operationName: borrowed('`execute_tool`, on tool calls'),
  toolName: borrowed('The tool; on metrics `_OTHER` where nothing proves the name'),
  promptName: borrowed('The prompt; on metrics `_OTHER` where nothing proves the name'),
  conversationId: borrowed('The key of the conversation, which some clients send'),
  toolCallId: borrowed('The id that the model gave the call, which some clients send'),
  toolCallArguments: borrowed('The arguments of a tool call as JSON, only with `--capture arguments`', 'any'),
  toolCallResult: borrowed('The result of a tool call as JSON, only with `--capture results`', 'any'),

  errorType: borrowed(
    'Why the operation failed: `tool_error`, a JSON-RPC code, an HTTP status, `timeout`, `lost` and the like',
  ),
  httpStatusCode: borrowed('The status of the HTTP answer', 'int'),
  networkProtocolName: borrowed('`http`, unless the server is a wrapped process'),
  networkProtocolVersion: borrowed('The version of HTTP'),
  networkTransport: borrowed('`tcp` or `pipe`'),
  serverAddress: borrowed('The host of the upstream'),
  serverPort: borrowed('The port of the upstream', 'int'),
  urlPath: borrowed('The path of the request, where it is that of the upstream'),
  userAgent: borrowed('The `User-Agent` of the client'),

  server: text('The server behind mcpspan, as `--name` says', 'quiz'),
  observed: text(
    '`spans`: `mcpspan collect` read it in spans that others made; absent: it was seen in traffic',
    'spans',
  ),
  collected: text(
    'What became of a span that was received: `operation`, `other` (no operation of MCP), `same` (another span told of it already), `no-room`',
    'operation',
  ),
  client: text('The client: a bounded name, the same on spans and metrics', 'chatgpt', '_OTHER'),
  sessionSource: word('What makes messages belong together', {
    process: 'the life of a wrapped process',
    header: 'the `Mcp-Session-Id`',
    conversation: 'a conversation key that the client sends',
    principal: 'who is signed in',
    peer: 'the client on a loopback listener',
    none: 'nothing',
  }),
  sessionOpened: word('How mcpspan came to know the session', {
    handshake: 'it saw the handshake',
    'first-use': 'it began without one',
    attached: 'it was open before mcpspan started',
  }),
  sessionSegment: count('The number of the trace within a long session, from 0 on', 0, 1),
  sessionEmpty: word('Whether the session ended without a tool call', { true: 'none was called', false: 'one was' }),
  era: word('Which of the two ways of MCP the operation is in', {
    legacy: 'revisions up to 2025-11-25, with sessions',
    modern: 'revisions from 2026-07-28 on, without',
  }),
  handshakeKind: word('What kind of handshake the operation is, and how it ended', {
    initialize: '`initialize` that succeeded',
    discover: '`server/discover` that succeeded',
    probe: '`server/discover` that was refused, from which clients go on to `initialize`',
    unauthorized: 'refused with HTTP 401 or 403',
    failed: 'failed in another way',
  }),
  requestBytes: count('The size of the request', 214),
  responseBytes: count('The size of the answer', 1_830),
  firstByteSeconds: measured('Seconds from the whole request to the first byte of the answer', 0.024),
  cancelled: flag('The client gave the request up'),
  incomplete: flag('Not all of it was seen, or its answer could not be told from others'),
  rejected: flag('The operation was refused because the caller made a mistake'),
  reportedByServer: flag('The server sent the span with its answer; mcpspan did not make it'),
  outsideOperation: flag('The times of the span are not those of the operation that it came with'),
  reason: word('Why a span that a server sent was not taken', {
    malformed: 'it is no span',
    'too-many': 'the answer brought more than 64',
    'too-large': 'it, or all of them together, are too large',
    'other-trace': 'it names a trace that the server was not told of with the request',
    'taken-id': 'its id is that of another span',
    'out-of-time': 'its times are minutes away from those of the operation',
  }),
  leg: flag('The span is the part of the upstream, from `--spans server+client`'),
  attempt: {
    type: 'any',
    brief:
      'A further round of a call of several rounds: its number on spans (int), `first` or `retry` on metrics (string)',
    examples: [2, 'first'],
  },
  avoidable: word('Whether a list was asked for although nothing had changed', { true: 'yes', false: 'no' }),
  verdict: word('How the client uses the server', {
    modern: 'it speaks the revision without sessions',
    sessionless: 'it sends no session id',
    reusing: 'it makes several calls in each session',
    'per-call': 'it opens a session for every call of one conversation',
    'one-shot': 'it opens a session for every call, each of another conversation',
    mixed: 'none of these',
  }),
  userKind: word('What was counted as one user', {
    principal: 'a credential',
    conversation: 'a conversation, where nobody signs in',
  }),
  lintRule: text('The rule of MCP 2026-07-28 that a message breaks', 'version-header', 'no-discover'),
  connectStage: word('A stage of an attempt to connect', {
    contact: 'a request of any kind',
    challenge: 'a refusal that asks for a credential',
    'resource-metadata': 'the document that says who issues tokens',
    'server-metadata': 'the document of who issues them',
    registration: 'a client id was registered',
    authorize: 'the page on which a user agrees',
    token: 'a token was issued',
    return: 'a request came back with a credential',
    accepted: 'such a request was not refused',
    handshake: '`initialize` or `server/discover` succeeded',
    lists: 'something was listed',
    call: 'something was called',
  }),
  connectReached: flag('Whether the attempt reached the stage'),
  connectRequests: count('How many requests were about the stage', 2),
  connectEnd: text(
    'How an attempt to connect ended: `arrived`, `unfinished`, or the furthest stage that it reached',
    'arrived',
    'token',
  ),
  connectError: text('`error` of the last refusal, where a specification has that word, else `other`', 'invalid_token'),
  connectAmbiguous: flag('Other attempts at the same time cannot be told apart from it'),
  connectAgain: flag('The same client had connected before'),
  state: word('Whether an open session was used within the last minute', { active: 'it was', quiet: 'it was not' }),
  direction: word('Which way a message goes', { 'to-server': 'to the server', 'to-client': 'to the client' }),
  httpClass: word('What an HTTP request was about', {
    mcp: 'MCP',
    'oauth-metadata': 'a document below `/.well-known/`',
    oauth: 'register, authorize, token and the like',
    page: 'an HTML page',
    other: 'something else',
    refused: 'mcpspan itself refused it',
  }),
  streamKind: word('Which standing stream', { get: 'the GET of older revisions', listen: '`subscriptions/listen`' }),
  anomaly: text('What is odd about traffic, or missing in what was seen of it', 'not-json', 'unmatched-response'),
  endReason: word('How a session ended', {
    deleted: 'its client ended it',
    expired: 'its server ended it',
    idle: 'nothing came for a while',
    'process-exit': 'the wrapped process ended',
    evicted: 'there were too many sessions',
    shutdown: 'mcpspan ended',
  }),
  trait: word('What changed about a client', {
    verdict: 'how it uses the server',
    version: 'its version',
    protocol: 'the revision that it speaks',
    discovery: 'whether it lists tools',
    delete: 'whether it ends its sessions',
  }),
  change: text('What changed about a tool (docs/tools.md has all values)', 'description', 'input-narrowed', 'removed'),
  changes: {
    type: 'string[]',
    brief: 'All that changed about a tool at once: values as those of `mcpspan.change`',
    examples: [['description', 'input-narrowed']],
  },
  before: text('The value before the change', 'reusing'),
  after: text('The value after the change', 'per-call'),
  signal: text('Which signal, or the local record', 'spans', 'metrics', 'logs', 'store'),
  progress: measured('How far the server says that it is', 0.5),
  total: measured('How far the server says that it has to go', 12.5),
  level: text('The level of a log message of the server', 'info'),
  summaryOperations: count('Operations of the session', 12),
  summaryToolCalls: count('Tool calls of the session', 9),
  summaryFailed: count('Operations of the session that failed', 1),
  summaryRejected: count('Operations of the session that were rejected', 0),
  summaryHandshakes: count('Handshakes of the session that succeeded', 1),
  summaryDiscoveries: count('List calls of the session', 2),
  summaryHandshakeSeconds: measured('Seconds that the handshakes of the session took', 0.12),
  summaryPart: count('Which summary of the session it is, if it went on after an end, from 1 on', 1),
  summaryPartial: flag('The session was open before mcpspan started, so the figures are not of all of it'),
};
