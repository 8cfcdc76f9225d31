import { describe, expect, it } from 'vitest';
import { readMcpSpan } from '../../../src/collect/mcp-span.ts';
import type { AttributeValue, ReceivedSpan } from '../../../src/collect/received-span.ts';
import { tally, callsTold } from '../../support/told-calls.ts';
import { bareSpan } from '../../support/received-spans.ts';

// None of these can be had from a package registry: the spans are written here as their sources write them (see gateways.ts).

const AGENTGATEWAY = { name: 'agentgateway', version: '' };
/** `attrs` of `crates/agentgateway/src/telemetry/log.rs`, in so far as they are known for a request of MCP. */
const agentgateway = (
  name: string,
  attributes: Record<string, AttributeValue>,
  changed: Partial<ReceivedSpan> = {},
): ReceivedSpan =>
  bareSpan(
    {
      gateway: 'default/gateway',
      route: 'default/mcp',
      'http.method': 'POST',
      'http.path': '/mcp',
      'http.status': 200,
      protocol: 'mcp',
      ...attributes,
    },
    { name, scope: AGENTGATEWAY, resource: new Map([['service.name', 'agentgateway']]), ...changed },
  );

describe('agentgateway', () => {
  it('tells of a request at its server, under one name whatever server it asks', () => {
    const span = agentgateway('tools/call', {
      'mcp.method.name': 'tools/call',
      'mcp.target': 'time',
      'mcp.resource.type': 'tool',
      'gen_ai.tool.name': 'now',
      'mcp.session.id': 'gw-1',
    });
    expect(readMcpSpan(span)).toEqual({
      role: 'server',
      direction: 'to-server',
      emitter: 'agentgateway',
      passage: 'anew',
      tellsHandshakes: true,
      method: 'tools/call',
      target: 'now',
      sessionId: 'gw-1',
      serverName: 'agentgateway',
      serverService: 'agentgateway',
      transport: 'http',
      httpStatus: 200,
    });
  });

  it('tells of an error by its own name for the code', () => {
    const read = (attributes: Record<string, AttributeValue>) =>
      readMcpSpan(agentgateway('tools/call', { 'mcp.method.name': 'tools/call', ...attributes }))?.failed;
    expect(read({ 'mcp.error.code': -32_602, 'mcp.error.message': '"unknown tool"' })).toEqual({
      kind: 'rpc',
      code: '-32602',
    });
    expect(read({ 'http.status': 404 })).toEqual({ kind: 'http', code: '404' });
    expect(read({})).toBeUndefined();
  });

  it('asks each of its servers by a request of its own', () => {
    const listing = agentgateway('tools/list', { 'mcp.method.name': 'tools/list' }, { spanId: 'a'.repeat(16) });
    const asked = ['time', 'books'].map((target, at) =>
      agentgateway(
        `tools/list ${target}`,
        { 'mcp.method.name': 'tools/list', 'mcp.target': target, 'agentgateway.outbound.subtype': 'mcp' },
        { kind: 'client', spanId: String(at).repeat(16), parentSpanId: 'a'.repeat(16) },
      ),
    );
    const answered = bareSpan(
      { 'mcp.method.name': 'tools/list', 'jsonrpc.request.id': '4' },
      { spanId: 'b'.repeat(16), parentSpanId: '0'.repeat(16), scope: { name: 'mcp-python-sdk', version: '' } },
    );
    expect(tally(callsTold([listing, ...asked, answered]))).toEqual({
      'agentgateway: tools/list': 1,
      'library: tools/list': 1,
      'books: tools/list': 1,
    });
  });

  it('tells of no request of MCP by the stream that it opens, or by plain HTTP', () => {
    expect(readMcpSpan(agentgateway('GET /mcp', {}))).toBeUndefined();
    expect(readMcpSpan(agentgateway('GET time', { 'mcp.target': 'time' }, { kind: 'client' }))).toBeUndefined();
  });
});

describe('Envoy AI Gateway', () => {
  const envoy = (name: string, attributes: Record<string, AttributeValue>, changed: Partial<ReceivedSpan> = {}) =>
    bareSpan(attributes, {
      name,
      kind: 'client',
      scope: { name: 'envoyproxy/ai-gateway', version: '' },
      resource: new Map([['service.name', 'ai-gateway']]),
      status: 'ok',
      ...changed,
    });
  const CONVENTIONAL = {
    'mcp.protocol.version': '2025-06-18',
    'network.transport': 'tcp',
    'network.protocol.name': 'http',
    'jsonrpc.request.id': '{7}',
    'mcp.method.name': 'tools/call',
    'gen_ai.tool.name': 'time__now',
    'mcp.session.id': 'client-session',
  };

  it('stands for the server of its client, in a span of the kind client', () => {
    expect(readMcpSpan(envoy('tools/call time__now', CONVENTIONAL))).toEqual({
      role: 'server',
      direction: 'to-server',
      emitter: 'envoy-ai-gateway',
      passage: 'anew',
      tellsHandshakes: true,
      method: 'tools/call',
      requestId: '{7}',
      target: 'time__now',
      sessionId: 'client-session',
      serverName: 'ai-gateway',
      serverService: 'ai-gateway',
      transport: 'http',
    });
  });

  it('has older names by default, and no session', () => {
    const older = envoy('CallTool', {
      'mcp.protocol.version': '2025-06-18',
      'mcp.transport': 'http',
      'mcp.request.id': '{7}',
      'mcp.method.name': 'tools/call',
      'mcp.tool.name': 'time__now',
    });
    const read = readMcpSpan(older);
    expect(read).toMatchObject({ method: 'tools/call', requestId: '{7}', target: 'time__now', transport: 'http' });
    expect(read).not.toHaveProperty('sessionId');
  });

  it('names its client in the handshake', () => {
    const opening = { 'mcp.method.name': 'initialize', 'mcp.client.name': 'claude-ai', 'mcp.client.version': '0.1.0' };
    expect(readMcpSpan(envoy('initialize', opening))).toMatchObject({
      clientName: 'claude-ai',
      clientVersion: '0.1.0',
    });
  });

  it.each<[string, Record<string, AttributeValue>, object]>([
    ['its own word', { 'error.type': 'invalid_param' }, { kind: 'rpc', code: '-32602' }],
    [
      'a code',
      { 'error.type': 'internal_error', 'rpc.response.status_code': -32_603 },
      { kind: 'rpc', code: '-32603' },
    ],
    ['another word', { 'error.type': 'internal_error' }, { kind: 'other', code: 'internal_error' }],
    ['nothing but the status', {}, { kind: 'other' }],
  ])('tells of an error by %s', (_, attributes, failed) => {
    expect(readMcpSpan(envoy('tools/call x', { ...CONVENTIONAL, ...attributes }, { status: 'error' }))?.failed).toEqual(
      failed,
    );
  });

  it('and the server that it asks are two', () => {
    const gateway = envoy('tools/call time__now', CONVENTIONAL, { spanId: 'a'.repeat(16) });
    const server = bareSpan(
      { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'now' },
      { spanId: 'b'.repeat(16), parentSpanId: 'a'.repeat(16), scope: { name: 'mcp-python-sdk', version: '' } },
    );
    expect(tally(callsTold([server, gateway]))).toEqual({ 'ai-gateway: tools/call': 1, 'library: tools/call': 1 });
  });
});

describe('ToolHive', () => {
  const toolhive = (attributes: Record<string, AttributeValue>, changed: Partial<ReceivedSpan> = {}) =>
    bareSpan(
      {
        'http.request.method': 'POST',
        'url.path': '/mcp',
        'user_agent.original': 'Claude-User',
        'mcp.method.name': 'tools/call',
        'rpc.system.name': 'jsonrpc',
        'jsonrpc.protocol.version': '2.0',
        'jsonrpc.request.id': '3',
        'gen_ai.tool.name': 'search',
        'gen_ai.operation.name': 'execute_tool',
        'mcp.server.name': 'books',
        'network.transport': 'tcp',
        'mcp.session.id': 'th-1',
        'mcp.protocol.version': '2025-11-25',
        'http.response.status_code': 200,
        ...attributes,
      },
      {
        name: 'tools/call search',
        spanId: 'a'.repeat(16),
        status: 'ok',
        scope: { name: 'github.com/stacklok/toolhive/pkg/telemetry', version: '' },
        resource: new Map([['service.name', 'thv']]),
        ...changed,
      },
    );

  it('names the workload, the session and the agent of the client', () => {
    expect(readMcpSpan(toolhive({}))).toMatchObject({
      emitter: 'toolhive',
      passage: 'through',
      serverName: 'books',
      sessionId: 'th-1',
      userAgent: 'Claude-User',
      requestId: '3',
      target: 'search',
      httpStatus: 200,
    });
  });

  it('and the server behind it tell of one request, of whose end the server knows more', () => {
    const server = bareSpan(
      {
        'mcp.method.name': 'tools/call',
        'gen_ai.tool.name': 'search',
        'jsonrpc.request.id': '3',
        'error.type': 'tool_error',
      },
      { spanId: 'b'.repeat(16), parentSpanId: 'a'.repeat(16), scope: { name: 'mcp-python-sdk', version: '' } },
    );
    const calls = callsTold([toolhive({}), server]);
    expect(tally(calls)).toEqual({ 'books: tools/call': 1 });
    expect(calls[0]?.operation).toMatchObject({ sessionId: 'th-1', failed: { kind: 'tool' }, serverService: 'thv' });
  });

  it('tells of no request by a stream of HTTP+SSE', () => {
    const stream = { 'sse.event_type': 'connection_established', 'mcp.server.name': 'books' };
    const scope = { name: 'github.com/stacklok/toolhive/pkg/telemetry', version: '' };
    expect(readMcpSpan(bareSpan(stream, { name: 'sse.connection_established', scope }))).toBeUndefined();
  });

  it('as one server for many names those that it asks', () => {
    const asked = bareSpan(
      {
        'target.workload_name': 'books',
        'target.transport_type': 'streamable-http',
        action: 'call_tool',
        'mcp.method.name': 'tools/call',
        'mcp.protocol.revision': '2026-07-28',
        'gen_ai.tool.name': 'search',
      },
      { kind: 'client', scope: { name: 'github.com/stacklok/toolhive/pkg/vmcp', version: '' } },
    );
    expect(readMcpSpan(asked)).toMatchObject({ role: 'client', serverName: 'books', protocolVersion: '2026-07-28' });
    const many = new Map([...asked.attributes, ['mcp.method.name', 'list_capabilities'] as const]);
    expect(readMcpSpan({ ...asked, attributes: many })).toBeUndefined();
  });
});

describe('the gateway of Kuadrant', () => {
  const kuadrant = (name: string, attributes: Record<string, AttributeValue>) =>
    bareSpan(attributes, { name, kind: 'internal', scope: { name: 'mcp-router', version: '' } });

  it('tells of a request by one of its internal spans', () => {
    const whole = {
      component: 'mcp-router',
      'mcp.method.name': 'tools/call',
      'jsonrpc.request.id': '5',
      'mcp.session.id': 'k-1',
      'gen_ai.tool.name': 'books_search',
      'gen_ai.operation.name': 'tools/call',
    };
    expect(readMcpSpan(kuadrant('mcp-router.process', whole))).toMatchObject({
      role: 'server',
      method: 'tools/call',
      requestId: '5',
      sessionId: 'k-1',
      target: 'books_search',
    });
    expect(readMcpSpan(kuadrant('mcp-router.route-decision', { 'mcp.method.name': 'tools/call' }))).toBeUndefined();
    expect(
      readMcpSpan(kuadrant('mcp-router.tool-call', { 'gen_ai.tool.name': 'x', 'mcp.session.id': 'k-1' })),
    ).toBeUndefined();
  });
});

describe('ContextForge', () => {
  const forge = (name: string, attributes: Record<string, AttributeValue> = {}) =>
    readMcpSpan(bareSpan(attributes, { name, kind: 'internal', scope: { name: 'mcp-gateway', version: '1.0.8' } }));

  it('tells by the names of its spans what was asked of it, and what it asks', () => {
    expect(forge('tool.invoke', { 'tool.name': 'books-search' })).toMatchObject({
      role: 'server',
      method: 'tools/call',
      target: 'books-search',
    });
    expect(forge('mcp.initialize', { 'mcp.session_id': 'f-1', 'mcp.protocol_version': '2025-06-18' })).toMatchObject({
      role: 'server',
      method: 'initialize',
      sessionId: 'f-1',
      protocolVersion: '2025-06-18',
    });
    expect(forge('mcp.client.initialize')).toMatchObject({ role: 'client', method: 'initialize' });
    expect(forge('mcp.client.request', { 'mcp.tool.name': 'search' })).toMatchObject({
      role: 'client',
      target: 'search',
    });
    expect(forge('mcp.client.response', { 'mcp.tool.name': 'search' })).toBeUndefined();
    expect(forge('tool.lookup', { 'tool.name': 'books-search' })).toBeUndefined();
    expect(forge('llm.proxy')).toBeUndefined();
  });
});

describe("Docker's gateway", () => {
  const docker = (name: string, kind: 'client' | 'server', attributes: Record<string, AttributeValue> = {}) =>
    readMcpSpan(
      bareSpan(attributes, {
        name,
        kind,
        scope: { name: 'github.com/docker/mcp-gateway', version: '' },
        resource: new Map([['service.name', 'docker-mcp-gateway']]),
      }),
    );

  it('stands for the server of its client in all its spans, under one name', () => {
    const call = docker('mcp.tool.call', 'client', {
      'mcp.tool.name': 'search',
      'mcp.server.name': 'books',
      'mcp.server.type': 'docker',
    });
    expect(call).toMatchObject({
      role: 'server',
      method: 'tools/call',
      target: 'search',
      serverName: 'docker-mcp-gateway',
    });
    expect(docker('mcp.initialize', 'server')).toMatchObject({
      method: 'initialize',
      serverName: 'docker-mcp-gateway',
    });
    expect(docker('mcp.list.tools', 'server')).toMatchObject({ method: 'tools/list', role: 'server' });
    expect(docker('mcp.list.resourceTemplates', 'server')?.method).toBe('resources/templates/list');
    expect(docker('mcp.command.gateway.run', 'server')).toBeUndefined();
  });
});
