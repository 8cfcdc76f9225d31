import type { Dialect } from './dialect.ts';

/**
 * The Python SDK from version 2 on: one span for each message at its server, notifications too, and one for each request of
 * its client, which is named `MCP send tools/call echo` and has the tool only in that name. It says nothing of sessions or
 * clients. Its client does not see that the result of a tool was an error.
 * Evidence: modelcontextprotocol/python-sdk, src/mcp/server/_otel.py, src/mcp/shared/jsonrpc_dispatcher.py at 57394b054
 * (2026-08-20); spans of 2.3.0 in test/collect/spans/python-sdk*.json.
 */
const PYTHON_SDK: Dialect = {
  emitter: 'python-sdk',
  scopes: ['mcp-python-sdk'],
  when: [['mcp.method.name']],
  name: /^(?:MCP send )?(?<method>\S+)(?: (?<tool>.+))?$/s,
};

/** What FastMCP's exceptions become on the wire: a result with `isError` if a tool was called, else a JSON-RPC error. */
const FASTMCP_ERRORS: NonNullable<Dialect['errorTypes']> = {
  // Also a result with `isError` if a tool was called, but about one that the server does not have.
  NotFoundError: { kind: 'rpc', code: '-32602' },
  ToolError: { kind: 'tool' },
  ValidationError: { kind: 'tool' },
  McpError: { kind: 'rpc' },
  MCPError: { kind: 'rpc' },
};

/**
 * FastMCP 4: a server's span for each request, in place of that of the SDK below it; what a mounted server does is internal.
 * Each request of 2026-07-28 has a session id of its own, which is none. Its client's spans hold those of the SDK's client.
 * Evidence: PrefectHQ/fastmcp, fastmcp_slim/fastmcp/server/telemetry.py at 743ddffd0 (2026-08-21); spans of 4.2.3 in
 * test/collect/spans/fastmcp-4*.json.
 */
const FASTMCP_4: Dialect = {
  emitter: 'fastmcp',
  scopes: ['fastmcp'],
  when: [['fastmcp.span.seam']],
  attributes: { serverName: ['fastmcp.server.name'] },
  errorTypes: FASTMCP_ERRORS,
};

/**
 * FastMCP 3, and the client of both: tools, prompts and resources only, so that no handshake is seen. A mounted server makes
 * a server's span of its own below that of the server it is mounted on. A list that a client asks for is in another trace
 * than the answer of the server: only calls carry the context.
 * Evidence: PrefectHQ/fastmcp, src/fastmcp/server/telemetry.py at b14b137f (2026-02-13); spans of 3.4.11 in
 * test/collect/spans/fastmcp-3.json.
 */
const FASTMCP_3: Dialect = {
  emitter: 'fastmcp',
  scopes: ['fastmcp'],
  when: [['mcp.method.name']],
  attributes: { serverName: ['fastmcp.server.name'] },
  errorTypes: FASTMCP_ERRORS,
  withoutHandshakes: true,
};

/**
 * The C# SDK: both ends, by the conventions. Its session id is a random number of the object that holds the session
 * (`Guid.NewGuid()`), so a client and its server report different ones, and a server without sessions one for each request.
 * Evidence: modelcontextprotocol/csharp-sdk 2.2.0, src/ModelContextProtocol.Core/McpSessionHandler.cs and Diagnostics.cs at
 * 609499b2 (2026-08-19).
 */
const CSHARP_SDK: Dialect = {
  emitter: 'csharp-sdk',
  scopes: ['Experimental.ModelContextProtocol', 'ModelContextProtocol'],
  when: [['mcp.method.name']],
  ownSessionIds: true,
};

export const SDKS: readonly Dialect[] = [PYTHON_SDK, FASTMCP_4, FASTMCP_3, CSHARP_SDK];
