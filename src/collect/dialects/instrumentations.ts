import type { Dialect } from './dialect.ts';

const INPUT = 'traceloop.entity.input';

/**
 * OpenLLMetry (Traceloop): internal spans. The client's are `initialize.mcp`, `tools/list.mcp` and, for a tool, `echo.tool`; they
 * have neither the session nor the request's id. `ResponseStreamWriter` is what one message cost to write.
 * Evidence: traceloop/openllmetry, packages/opentelemetry-instrumentation-mcp, instrumentation.py at 93429cfb9 (2026-06-28);
 * spans of 0.62.4 in test/collect/spans/openllmetry.json.
 */
const openLlmetry = (more: Omit<Dialect, 'emitter' | 'scopes'>): Dialect => ({
  emitter: 'openllmetry',
  scopes: ['opentelemetry.instrumentation.mcp*'],
  errorTypes: { McpError: { kind: 'rpc' } },
  ...more,
});

/**
 * What it makes at a server of FastMCP 2: `mcp.server`, and the tool below it, of which the latter has the name.
 * Evidence: the same, fastmcp_instrumentation.py.
 */
const OPENLLMETRY_SERVER = openLlmetry({
  name: /^(?<tool>.+)\.tool$/s,
  when: [['traceloop.workflow.name', /\.mcp$/]],
  method: 'tools/call',
  roles: { internal: 'server' },
  attributes: { serverName: ['traceloop.workflow.name'] },
  withoutHandshakes: true,
});
const OPENLLMETRY_TOOL = openLlmetry({
  name: /^(?<tool>.+)\.tool$/s,
  method: 'tools/call',
  roles: { internal: 'client' },
});
const OPENLLMETRY_CLIENT = openLlmetry({
  name: /^(?<method>[\w/]+)\.mcp$/,
  roles: { internal: 'client' },
  attributes: {
    prompt: [`${INPUT}#params.name`],
    uri: [`${INPUT}#params.uri`],
    clientName: [`${INPUT}#params.clientInfo.name`],
    clientVersion: [`${INPUT}#params.clientInfo.version`],
    protocolVersion: ['traceloop.entity.output#protocolVersion'],
  },
});

/**
 * AWS Distro for OpenTelemetry: both ends, by the conventions, as `mcp tools/call echo`. `initialize` has a span only if
 * `OTEL_MCP_SUPPRESS_HTTP_INSTRUMENTATION=false`. The protocol version is the newest that the SDK knows, not the one agreed on.
 * Its internal span `mcp.session` is the life of a client's transport.
 * Evidence: aws-observability/aws-otel-python-instrumentation, …/distro/instrumentation/mcp/_wrappers.py at 8395e7d0
 * (2026-08-14); spans of 0.21.0 in test/collect/spans/aws-distro.json.
 */
const AWS_DISTRO: Dialect = {
  emitter: 'aws-distro',
  scopes: ['amazon.opentelemetry.distro.instrumentation.mcp*'],
  when: [['mcp.method.name']],
  attributes: { protocolVersion: [] },
  errorTypes: { McpError: { kind: 'rpc' } },
  withoutHandshakes: true,
};

/**
 * OBI and Beyla: spans of HTTP that eBPF saw, with what the bodies say of MCP (`OTEL_EBPF_HTTP_MCP_ENABLED`). An error in the
 * result of a tool is not in them. There is no scope's name: it is an attribute of the resource.
 * Evidence: go.opentelemetry.io/obi, pkg/export/otel/tracesgen/tracesgen.go and pkg/ebpf/common/http/mcp.go, as vendored by
 * grafana/beyla at b21b6afaa (2026-08-21).
 */
const OBI: Dialect = {
  emitter: 'obi',
  scopes: ['', 'go.opentelemetry.io/obi*'],
  sharesScopes: true,
  when: [['mcp.method.name'], ['http.request.method']],
  passage: 'through',
};

/**
 * Pydantic Logfire: internal spans, with the messages as JSON text. Its server makes none of `initialize`.
 * Evidence: pydantic/logfire, logfire/_internal/integrations/mcp.py at e484a6b5 (2026-08-21); spans of 5.4.0 in
 * test/collect/spans/logfire.json.
 */
const logfire = (name: RegExp, role: 'server' | 'client'): Dialect => ({
  emitter: 'logfire',
  scopes: ['logfire.mcp'],
  name,
  roles: { internal: role },
  attributes: {
    method: ['rpc.method'],
    tool: ['request#params.name'],
    uri: ['request#params.uri'],
    clientName: ['request#params.clientInfo.name'],
    clientVersion: ['request#params.clientInfo.version'],
    protocolVersion: ['response#protocolVersion'],
  },
  failures: [
    [['response#isError', true], { kind: 'tool' }],
    [['response#code'], { kind: 'rpc' }],
  ],
  ...(role === 'server' && { withoutHandshakes: true }),
});

/**
 * Sentry's JavaScript SDK around a server of the TypeScript SDK: spans of no kind.
 * Evidence: getsentry/sentry-javascript, packages/core/src/integrations/mcp-server/attributes.ts and spans.ts at f7a6cc0c22
 * (2026-07-01).
 */
const SENTRY: Dialect = {
  emitter: 'sentry',
  scopes: ['@sentry/*'],
  when: [['mcp.method.name'], ['sentry.op', 'mcp.server']],
  roles: { internal: 'server', unspecified: 'server' },
  failures: [[['mcp.tool.result.is_error', true], { kind: 'tool' }]],
};

export const INSTRUMENTATIONS: readonly Dialect[] = [
  OPENLLMETRY_SERVER,
  OPENLLMETRY_TOOL,
  OPENLLMETRY_CLIENT,
  AWS_DISTRO,
  OBI,
  logfire(/^MCP request: (?<method>\S+)(?: (?<tool>.+))?$/s, 'client'),
  logfire(/^MCP (?:server|client) handle request: (?<method>\S+)$/, 'server'),
  SENTRY,
];
