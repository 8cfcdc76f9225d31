import { describe, expect, it } from 'vitest';
import { readMcpSpan } from '../../../src/collect/mcp-span.ts';
import type { AttributeValue } from '../../../src/collect/received-span.ts';
import { bareSpan } from '../../support/received-spans.ts';

// Spans of what could not be run for a fixture, written here as the sources write them (see sdks.ts and instrumentations.ts).

describe('the C# SDK', () => {
  const csharp = (attributes: Record<string, AttributeValue>) =>
    readMcpSpan(
      bareSpan(
        {
          'mcp.method.name': 'tools/call',
          'network.transport': 'tcp',
          'mcp.protocol.version': '2025-11-25',
          'mcp.session.id': '0f8fad5bd9cb469fa16570867728950e',
          'jsonrpc.request.id': '2',
          'gen_ai.tool.name': 'search',
          ...attributes,
        },
        { scope: { name: 'Experimental.ModelContextProtocol', version: '2.2.0' } },
      ),
    );

  it('has ids of sessions that nobody else knows', () => {
    expect(csharp({})).toMatchObject({
      emitter: 'csharp-sdk',
      sessionId: '0f8fad5bd9cb469fa16570867728950e',
      ownSessionId: true,
      requestId: '2',
      target: 'search',
      transport: 'http',
    });
  });

  it('has no session from 2026-07-28 on', () => {
    const read = csharp({ 'mcp.protocol.version': '2026-07-28' });
    expect(read).not.toHaveProperty('sessionId');
    expect(read).not.toHaveProperty('ownSessionId');
  });

  it('tells of exceptions by the names of their types', () => {
    expect(csharp({ 'error.type': 'System.IO.IOException' })?.failed).toEqual({
      kind: 'other',
      code: 'System.IO.IOException',
    });
    expect(csharp({ 'error.type': 'tool_error' })?.failed).toEqual({ kind: 'tool' });
  });
});

describe('OBI', () => {
  const obi = (attributes: Record<string, AttributeValue>, scope = '') =>
    readMcpSpan(
      bareSpan(
        {
          'http.response.status_code': 200,
          'http.request.method': 'POST',
          'url.path': '/mcp',
          'mcp.method.name': 'tools/call',
          'gen_ai.operation.name': 'execute_tool',
          'gen_ai.tool.name': 'search',
          'mcp.session.id': 'o-1',
          'jsonrpc.request.id': '9',
          ...attributes,
        },
        { name: 'execute_tool search', scope: { name: scope, version: '' } },
      ),
    );

  it('tells of MCP in spans of HTTP', () => {
    expect(obi({})).toMatchObject({
      emitter: 'obi',
      method: 'tools/call',
      sessionId: 'o-1',
      requestId: '9',
      httpStatus: 200,
    });
    expect(obi({}, 'go.opentelemetry.io/obi')).toMatchObject({ emitter: 'obi', passage: 'through' });
    expect(obi({ 'rpc.response.status_code': '-32601' })?.failed).toEqual({ kind: 'rpc', code: '-32601' });
  });
});

describe('OpenLLMetry at a server of FastMCP 2', () => {
  const SCOPE = { name: 'opentelemetry.instrumentation.mcp.instrumentation', version: '0.62.4' };

  it('tells of a call by the span of the tool, not by the one around it', () => {
    const tool = bareSpan(
      { 'traceloop.span.kind': 'tool', 'traceloop.entity.name': 'search', 'traceloop.workflow.name': 'books.mcp' },
      { name: 'search.tool', kind: 'internal', scope: SCOPE, status: 'ok' },
    );
    expect(readMcpSpan(tool)).toMatchObject({
      role: 'server',
      method: 'tools/call',
      target: 'search',
      serverName: 'books.mcp',
      tellsHandshakes: false,
    });
    const around = bareSpan(
      { 'traceloop.span.kind': 'server' },
      { name: 'mcp.server', kind: 'internal', scope: SCOPE },
    );
    expect(readMcpSpan(around)).toBeUndefined();
    const session = bareSpan(
      { 'traceloop.span.kind': 'session' },
      { name: 'mcp.client.session', kind: 'internal', scope: SCOPE },
    );
    expect(readMcpSpan(session)).toBeUndefined();
  });
});

describe('Sentry', () => {
  const sentry = (attributes: Record<string, AttributeValue>) =>
    readMcpSpan(
      bareSpan(
        {
          'mcp.method.name': 'tools/call',
          'mcp.tool.name': 'search',
          'mcp.request.id': '4',
          'mcp.session.id': 's-1',
          'mcp.transport': 'http',
          'mcp.client.name': 'claude-ai',
          'sentry.op': 'mcp.server',
          ...attributes,
        },
        { kind: 'internal', scope: { name: '@sentry/node', version: '10.0.0' } },
      ),
    );

  it('tells of a request in a span of no kind', () => {
    expect(sentry({})).toMatchObject({
      role: 'server',
      emitter: 'sentry',
      target: 'search',
      requestId: '4',
      sessionId: 's-1',
      clientName: 'claude-ai',
      transport: 'http',
    });
    expect(sentry({ 'mcp.tool.result.is_error': true })?.failed).toEqual({ kind: 'tool' });
    expect(sentry({ 'mcp.method.name': 'notifications/cancelled' })).toBeUndefined();
  });
});

describe('what is near to MCP', () => {
  it.each<[string, string, 'internal' | 'client' | 'server', Record<string, AttributeValue>]>([
    ['a call of a tool as an agent sees it', 'execute_tool search', 'internal', { 'gen_ai.tool.name': 'search' }],
    [
      'a chat with a model',
      'chat gpt-5',
      'client',
      { 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-5' },
    ],
    ['an HTTP request', 'POST /mcp', 'server', { 'http.request.method': 'POST', 'url.path': '/mcp' }],
    ['an HTTP request of a client', 'POST', 'client', { 'http.request.method': 'POST', 'url.full': 'http://h/mcp' }],
    ['a query that a tool makes', 'SELECT books', 'client', { 'db.system.name': 'postgresql' }],
    [
      'a part of a mounted server',
      'delegate find',
      'internal',
      { 'mcp.method.name': 'tools/call', 'fastmcp.provider.type': 'x' },
    ],
    ['another kind of RPC', 'Books/Search', 'server', { 'rpc.system.name': 'grpc', 'rpc.method': 'Books/Search' }],
  ])('%s is no request of it', (_, name, kind, attributes) => {
    for (const scope of [
      'fastmcp',
      'mcp-python-sdk',
      'opentelemetry.instrumentation.asgi',
      'logfire.mcp',
      'agentgateway',
      '',
    ])
      expect(
        readMcpSpan(bareSpan(attributes, { name, kind, scope: { name: scope, version: '' } })),
        scope,
      ).toBeUndefined();
  });
});
