/** What a span may say of an operation, as text. */
export type Fact =
  | 'method'
  | 'requestId'
  | 'tool'
  | 'prompt'
  | 'uri'
  | 'sessionId'
  | 'conversationId'
  | 'clientName'
  | 'clientVersion'
  | 'userAgent'
  | 'protocolVersion'
  | 'transport'
  | 'serverName'
  | 'calledServer'
  | 'rpcCode'
  | 'errorType'
  | 'httpStatus';

/** How a call failed. `code`: that of JSON-RPC, of HTTP, or the emitter's own word. */
export interface Failure {
  readonly kind: 'rpc' | 'tool' | 'http' | 'other';
  readonly code?: string;
}

/**
 * What becomes of a request at an emitter that stands between a client and a server. `through`: it is handed on as it is, in
 * its session, so that both tell of one request. `anew`: others are sent for it, in other sessions.
 */
export type Passage = 'through' | 'anew';

type Kind = 'internal' | 'server' | 'client' | 'producer' | 'consumer' | 'unspecified';

/** An attribute has a value: this one, one of this form, or any. */
export type Condition = readonly [attribute: string, value?: string | number | boolean | RegExp];

/**
 * How an emitter writes down the operations of MCP. Attributes are named as they are; `request#params.name` is the member
 * `name` of `params` in the JSON text of the attribute `request`.
 */
export interface Dialect {
  /** Short and stable, as people read it. */
  readonly emitter: string;
  /** Names of its instrumentation scopes; one that ends with `*` stands for all that begin so. None: any scope. */
  readonly scopes: readonly string[];
  /** Others use these names, too: what is not in this dialect may still follow the conventions. */
  readonly sharesScopes?: true;
  /** It is spoken by spans for which all of these hold, … */
  readonly when?: readonly Condition[];
  /** … whose name has this form. The groups `method` and `tool` hold what no attribute says. */
  readonly name?: RegExp;
  /** The method, where neither an attribute nor the name says it. */
  readonly method?: string;
  /** Attributes that hold a fact, instead of those of the conventions. Earlier ones win; none: what it writes is no fact. */
  readonly attributes?: Readonly<Partial<Record<Fact, readonly string[]>>>;
  /** What the kinds of its spans stand for, where they do not mean what the conventions say. */
  readonly roles?: Readonly<Partial<Record<Kind, 'server' | 'client'>>>;
  readonly passage?: Passage;
  /** How a request failed of which this holds, where no code says it. */
  readonly failures?: readonly (readonly [Condition, Failure])[];
  /** What its own words in `error.type` stand for. */
  readonly errorTypes?: Readonly<Record<string, Failure>>;
  /** Its ids of sessions are its own: they are on no wire, and nobody else reports them. */
  readonly ownSessionIds?: true;
  /** It makes no span of `initialize`. */
  readonly withoutHandshakes?: true;
}

/**
 * Where the conventions put each fact: first what semantic-conventions-genai says (gen-ai-dev 1.42), then other names of the
 * same things that several emitters write. `calledServer` is what a client calls the server that it asks.
 * @see https://github.com/open-telemetry/semantic-conventions/blob/v1.41.0/docs/gen-ai/mcp.md
 */
export const CONVENTIONS: Readonly<Record<Fact, readonly string[]>> = {
  method: ['mcp.method.name'],
  requestId: ['jsonrpc.request.id', 'mcp.request.id'],
  tool: ['gen_ai.tool.name', 'mcp.tool.name'],
  prompt: ['gen_ai.prompt.name', 'mcp.prompt.name'],
  uri: ['mcp.resource.uri'],
  sessionId: ['mcp.session.id'],
  conversationId: ['gen_ai.conversation.id'],
  clientName: ['mcp.client.name'],
  clientVersion: ['mcp.client.version'],
  userAgent: ['user_agent.original', 'http.user_agent'],
  protocolVersion: ['mcp.protocol.version'],
  transport: ['network.transport', 'mcp.transport'],
  serverName: ['mcp.server.name'],
  calledServer: ['mcp.server.name', 'server.address'],
  rpcCode: ['rpc.response.status_code', 'rpc.status_code', 'rpc.jsonrpc.error_code'],
  errorType: ['error.type'],
  httpStatus: ['http.response.status_code', 'http.status_code'],
};

/** Whoever writes what the conventions say, and is not known by name. */
export const SEMCONV: Dialect & { when: readonly Condition[] } = {
  emitter: 'semconv',
  scopes: [],
  when: [['mcp.method.name']],
};
