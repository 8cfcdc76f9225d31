import { describe, expect, it } from 'vitest';
import { readMcpSpan } from '../../src/collect/mcp-span.ts';
import type { AttributeValue } from '../../src/collect/received-span.ts';
import { bareSpan, serverSpan } from '../support/received-spans.ts';

const PLAIN = {
  role: 'server',
  direction: 'to-server',
  emitter: 'semconv',
  tellsHandshakes: true,
  method: 'tools/call',
  target: 'search',
  serverName: 'library',
  serverService: 'library',
};

describe('a span that follows the conventions', () => {
  it('says which end of a request reported it, and how its server is called', () => {
    expect(readMcpSpan(serverSpan())).toEqual(PLAIN);
    const { serverName, serverService: _, ...ofNoServer } = PLAIN;
    expect(readMcpSpan(serverSpan({}, { kind: 'client' }))).toEqual({
      ...ofNoServer,
      role: 'client',
      clientService: serverName,
    });
  });

  it('says whose request it was, and how it came', () => {
    const said = serverSpan({
      'jsonrpc.request.id': '7',
      'mcp.session.id': 'session-1',
      'gen_ai.conversation.id': 'talk-1',
      'mcp.client.name': 'claude-ai',
      'mcp.client.version': '0.1',
      'mcp.server.name': 'the library',
      'user_agent.original': 'Claude-User',
      'mcp.protocol.version': '2025-11-25',
      'network.transport': 'tcp',
      'http.response.status_code': 200,
    });
    expect(readMcpSpan(said)).toEqual({
      ...PLAIN,
      requestId: '7',
      sessionId: 'session-1',
      conversationId: 'talk-1',
      clientName: 'claude-ai',
      clientVersion: '0.1',
      serverName: 'the library',
      userAgent: 'Claude-User',
      protocolVersion: '2025-11-25',
      transport: 'http',
      httpStatus: 200,
    });
  });

  it.each(['', 'mcp-gateway', 'some.instrumentation'])('may come from any scope (%j)', (scope) => {
    expect(readMcpSpan(serverSpan({}, { scope: { name: scope, version: '' } }))).toEqual(PLAIN);
  });

  it.each(['unknown_service', 'unknown_service:python'])(
    'has no name of its server in that of a service called %j',
    (name) => {
      expect(readMcpSpan(serverSpan({}, { resource: new Map([['service.name', name]]) }))).not.toHaveProperty(
        'serverName',
      );
    },
  );

  it('has no session from 2026-07-28 on, whatever it says', () => {
    const of = (version: string) =>
      readMcpSpan(serverSpan({ 'mcp.session.id': 'session-1', 'mcp.protocol.version': version }))?.sessionId;
    expect(of('2025-11-25')).toBe('session-1');
    expect(of('2026-07-28')).toBeUndefined();
  });

  it.each<[string, Record<string, AttributeValue>, object | undefined]>([
    ['nothing', {}, undefined],
    ['a code of zero', { 'rpc.response.status_code': '0' }, undefined],
    ['a code of JSON-RPC', { 'rpc.response.status_code': '-32602' }, { kind: 'rpc', code: '-32602' }],
    ['such a code by its newer name, as a number', { 'rpc.status_code': -32_603 }, { kind: 'rpc', code: '-32603' }],
    ['such a code as the type alone', { 'error.type': '-32603' }, { kind: 'rpc', code: '-32603' }],
    ['an error of the tool', { 'error.type': 'tool_error' }, { kind: 'tool' }],
    ['a status of HTTP', { 'http.response.status_code': 404 }, { kind: 'http', code: '404' }],
    ['a status of HTTP as the type', { 'error.type': '503' }, { kind: 'http', code: '503' }],
    ['an exception', { 'error.type': 'TimeoutError' }, { kind: 'other', code: 'TimeoutError' }],
  ])('that says %s of its end: %j', (_, attributes, failed) => {
    expect(readMcpSpan(serverSpan(attributes))?.failed).toEqual(failed);
  });

  it('fails if its status alone says so', () => {
    expect(readMcpSpan(serverSpan({}, { status: 'error' }))?.failed).toEqual({ kind: 'other' });
    expect(readMcpSpan(serverSpan({}, { status: 'ok' }))?.failed).toBeUndefined();
  });

  it('went to the client if its method is one of a server', () => {
    const sampling = serverSpan({ 'mcp.method.name': 'sampling/createMessage' }, { kind: 'client' });
    expect(readMcpSpan(sampling)).toMatchObject({ role: 'client', direction: 'to-client' });
  });
});

describe('no operation of MCP', () => {
  it.each<[string, Parameters<typeof serverSpan>]>([
    ['a span without a method', [{ 'mcp.method.name': '' }]],
    ['a method that is no name', [{ 'mcp.method.name': 'tools call\n' }]],
    ['a method that is no text', [{ 'mcp.method.name': true }]],
    ['a notification', [{ 'mcp.method.name': 'notifications/progress' }]],
    ['a span of the inside', [{}, { kind: 'internal' }]],
  ])('is %s', (_, span) => {
    expect(readMcpSpan(serverSpan(...span))).toBeUndefined();
  });

  it('is the HTTP request that carried one', () => {
    const attributes = new Map<string, AttributeValue>([['http.request.method', 'POST']]);
    expect(readMcpSpan(serverSpan({}, { attributes, name: 'POST /mcp' }))).toBeUndefined();
  });
});

describe('a hostile span', () => {
  const LONG = 'x'.repeat(1_000_000);

  it('costs no more than its bounds', () => {
    const read = readMcpSpan(
      serverSpan(
        { 'gen_ai.tool.name': LONG, 'mcp.session.id': LONG, 'jsonrpc.request.id': LONG, 'mcp.client.name': LONG },
        { name: LONG, resource: new Map([['service.name', LONG]]), statusMessage: LONG },
      ),
    );
    expect(read).toMatchObject({ target: LONG.slice(0, 128), clientName: LONG.slice(0, 128) });
    expect(read).not.toHaveProperty('sessionId');
    expect(read).not.toHaveProperty('requestId');
    expect(JSON.stringify(read).length).toBeLessThan(1_000);
  });

  it('is read in so far as its attributes have their types', () => {
    const wrong = ['mcp.session.id', 'gen_ai.tool.name', 'error.type', 'http.response.status_code', 'mcp.client.name'];
    for (const value of [true, [], ['a', 1], Number.NaN, -1, '', '\uD800']) {
      const read = readMcpSpan(serverSpan(Object.fromEntries(wrong.map((name) => [name, value]))));
      expect(read).toMatchObject({ method: 'tools/call', role: 'server' });
      expect(JSON.stringify(read).isWellFormed()).toBe(true);
      expect(read?.httpStatus).toBeUndefined();
    }
  });

  it('is not read for the arguments in it', () => {
    const logfire = (argument: string) =>
      bareSpan(
        {
          request: JSON.stringify({ params: { arguments: { argument }, name: 'search' } }),
          'rpc.method': 'tools/call',
        },
        { name: 'MCP request: tools/call', kind: 'internal', scope: { name: 'logfire.mcp', version: '' } },
      );
    expect(readMcpSpan(logfire('short'))).toMatchObject({ method: 'tools/call', target: 'search' });
    expect(readMcpSpan(logfire(LONG))).not.toHaveProperty('target');
    const broken = new Map<string, AttributeValue>([
      ['request', '{"params":'],
      ['rpc.method', 'tools/call'],
    ]);
    expect(readMcpSpan({ ...logfire(''), attributes: broken })).toMatchObject({ method: 'tools/call' });
  });

  it('may end before it starts', () => {
    expect(readMcpSpan(serverSpan({}, { startedAt: 5, endedAt: -5 }))).toEqual(PLAIN);
  });

  it('does not reach what all objects have', () => {
    for (const name of ['constructor', '__proto__', 'toString'])
      expect(readMcpSpan(serverSpan({ 'error.type': name }))?.failed).toEqual({ kind: 'other', code: name });
  });
});
