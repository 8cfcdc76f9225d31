import type { Dialect } from './dialect.ts';

/**
 * agentgateway: a server's span for each HTTP request, named for its method of MCP, and a client's span below it for each
 * server that it asks (several for a list). A code of JSON-RPC is `mcp.error.code`, a status of HTTP `http.status`. An error in
 * the result of a tool is not in it. `mcp.target` is the server asked; a server's span has it only if there is one.
 * Evidence: agentgateway/agentgateway, crates/agentgateway/src/telemetry/log.rs and trc.rs, src/mcp/upstream/mod.rs at
 * 75b4e6ce6 (2026-08-21).
 */
const AGENTGATEWAY: Dialect = {
  emitter: 'agentgateway',
  scopes: ['agentgateway'],
  when: [['mcp.method.name']],
  attributes: { calledServer: ['mcp.target'], rpcCode: ['mcp.error.code'], httpStatus: ['http.status'] },
  passage: 'anew',
};

/**
 * Envoy AI Gateway: one span of the kind client for each request of a client, from its arrival to its answer, with the
 * session of that client; the sessions with its servers are in events. So it stands for the server's side. The protocol
 * version is a constant in its source. `AI_GATEWAY_TRACING_SEMCONV=gen_ai` chooses the names of the conventions; without it they
 * are its older ones, and there is no session.
 * Evidence: envoyproxy/ai-gateway, internal/tracing/mcp.go, mcp_otel.go, mcp_legacy.go, internal/metrics/mcp_metrics.go at
 * c217da8a5 (2026-08-21).
 */
const ENVOY: Dialect = {
  emitter: 'envoy-ai-gateway',
  scopes: ['envoyproxy/ai-gateway'],
  when: [['mcp.method.name']],
  attributes: { protocolVersion: [] },
  roles: { client: 'server' },
  passage: 'anew',
  errorTypes: {
    unsupported_method: { kind: 'rpc', code: '-32601' },
    invalid_param: { kind: 'rpc', code: '-32602' },
    invalid_json_rpc: { kind: 'rpc', code: '-32600' },
    invalid_session_id: { kind: 'http', code: '404' },
  },
};

/**
 * ToolHive: a server's span for each HTTP request, with what the request says of MCP and the name of the workload. Of the answer
 * it knows the status of HTTP only, so errors of JSON-RPC and of tools are no failures. The name of the client is only in
 * `initialize`, which has no session yet.
 * Evidence: stacklok/toolhive, pkg/telemetry/middleware.go at e25de16cf (2026-08-21).
 */
const TOOLHIVE: Dialect = {
  emitter: 'toolhive',
  scopes: ['github.com/stacklok/toolhive/pkg/telemetry'],
  when: [['mcp.method.name']],
  passage: 'through',
};

/**
 * The same, as one server for many (vMCP): a client's span for each request to one of them, lists and handshakes excepted.
 * Evidence: stacklok/toolhive, pkg/vmcp/internal/backendtelemetry/backendtelemetry.go at e25de16cf (2026-08-21).
 */
const TOOLHIVE_VMCP: Dialect = {
  emitter: 'toolhive',
  scopes: ['github.com/stacklok/toolhive/pkg/vmcp*'],
  // `list_capabilities` is several requests.
  when: [['mcp.method.name', /\//]],
  attributes: { calledServer: ['target.workload_name'], protocolVersion: ['mcp.protocol.revision'] },
  passage: 'anew',
  withoutHandshakes: true,
};

/**
 * Kuadrant's gateway: internal spans. That of its processor covers a request; those below it (`mcp-router.tool-call`,
 * `mcp-router.route-decision`) are parts of it. It does not see the answer.
 * Evidence: Kuadrant/mcp-gateway, internal/mcp-router/tracing.go and ext_proc_adapter.go at e5d18c99 (2026-08-20).
 */
const KUADRANT: Dialect = {
  emitter: 'kuadrant',
  scopes: ['mcp-router'],
  when: [['mcp.method.name']],
  name: /^mcp-router\.process$/,
  roles: { internal: 'server' },
  passage: 'anew',
};

/**
 * ContextForge: internal spans with names of its own. `tool.invoke` is a call of a client, `mcp.client.*` are the requests
 * that it sends for it, a handshake for each call among them.
 * Evidence: IBM/mcp-context-forge, mcpgateway/services/tool_service.py, cache/session_registry.py, observability.py at ecba50e48
 * (2026-08-21). Prompts and resources are left out: their spans do not say whether MCP asked for them.
 */
const contextForge = (
  name: RegExp,
  role: 'server' | 'client',
  method: string,
  attributes: NonNullable<Dialect['attributes']>,
): Dialect => ({
  emitter: 'contextforge',
  scopes: ['mcp-gateway'],
  sharesScopes: true,
  name,
  method,
  attributes,
  roles: { internal: role },
  passage: 'anew',
});

/**
 * Docker's MCP Gateway: spans named for what was asked, without the method; those of calls, prompts and resources are of the
 * kind client. Each stands for the server's side: it is the only one of its request. An error in the result of a tool is not
 * in it. `mcp.server.name` is the server that it asks, and its spans of lists and handshakes have none.
 * Evidence: docker/mcp-gateway, pkg/telemetry/telemetry.go, pkg/gateway/handlers.go, pkg/interceptors/telemetry.go at 2bd20fe8
 * (2026-07-23).
 */
const docker = (name: RegExp, method: string): Dialect => ({
  emitter: 'docker-mcp-gateway',
  scopes: ['github.com/docker/mcp-gateway'],
  name,
  method,
  attributes: { serverName: [] },
  roles: { client: 'server' },
  passage: 'anew',
});

export const GATEWAYS: readonly Dialect[] = [
  AGENTGATEWAY,
  ENVOY,
  TOOLHIVE,
  TOOLHIVE_VMCP,
  KUADRANT,
  docker(/^mcp\.initialize$/, 'initialize'),
  docker(/^mcp\.tool\.call$/, 'tools/call'),
  docker(/^mcp\.prompt\.get$/, 'prompts/get'),
  docker(/^mcp\.resource\.read$/, 'resources/read'),
  docker(/^mcp\.list\.tools$/, 'tools/list'),
  docker(/^mcp\.list\.prompts$/, 'prompts/list'),
  docker(/^mcp\.list\.resources$/, 'resources/list'),
  docker(/^mcp\.list\.resourceTemplates$/, 'resources/templates/list'),
  contextForge(/^tool\.invoke$/, 'server', 'tools/call', { tool: ['tool.name'] }),
  contextForge(/^mcp\.initialize$/, 'server', 'initialize', {
    sessionId: ['mcp.session_id'],
    protocolVersion: ['mcp.protocol_version'],
  }),
  contextForge(/^mcp\.client\.initialize$/, 'client', 'initialize', {}),
  contextForge(/^mcp\.client\.request$/, 'client', 'tools/call', {}),
];
