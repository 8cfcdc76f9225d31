import { describe, expect, it } from 'vitest';
import { readMcpSpan } from '../../src/collect/mcp-span.ts';
import type { Call } from '../../src/collect/same-call.ts';
import { spansIn } from '../support/received-spans.ts';
import { callsTold, tally } from '../support/told-calls.ts';

/** Calls of tools for each session, in the order of the sessions. */
function callsBySession(calls: readonly Call[]): number[] {
  const counts = new Map<string, number>();
  for (const { operation } of calls) {
    const { method, sessionId } = operation;
    if (method === 'tools/call' && sessionId !== undefined) counts.set(sessionId, (counts.get(sessionId) ?? 0) + 1);
  }
  return [...counts.values()];
}

const failures = (calls: readonly Call[]): string[] =>
  calls.flatMap(({ operation: { method, target, uri, failed } }) =>
    failed === undefined ? [] : `${method} ${target ?? uri ?? ''}: ${failed.kind} ${failed.code ?? ''}`.trim(),
  );

/** The spans of one service: as if the others sent none. */
const only = (file: string, ...services: string[]) =>
  spansIn(file).filter(({ resource }) => services.includes(String(resource.get('service.name'))));

// What the fixtures hold: a client that opens a session for each of three calls, one that makes four calls in one session, and
// one that also asks for what there is not. Each asks for the list of tools where it likes to.
const SERVER_AND_CLIENT = ['both ends', 'the server', 'the client'] as const;
const servicesOf = {
  'both ends': ['library', 'shelf-service', 'reader'],
  'the server': ['library', 'shelf-service'],
  'the client': ['reader'],
};

describe.each(SERVER_AND_CLIENT)('with the spans of %s', (side) => {
  const told = (file: string) => {
    const calls = callsTold(only(file, ...servicesOf[side]));
    return { calls, counts: Object.entries(tally(calls)).map(([what, count]) => `${what.split(': ')[1]} ${count}`) };
  };

  it('the Python SDK tells of each request once, in the era of sessions', () => {
    const { calls, counts } = told('python-sdk-legacy');
    expect(counts.toSorted()).toEqual(['initialize 4', 'tools/call 7', 'tools/list 4']);
    expect(callsBySession(calls)).toEqual([]);
    expect(failures(calls)).toEqual([]);
  });

  it('the Python SDK tells of each request once, in the era without', () => {
    const { calls, counts } = told('python-sdk');
    expect(counts.toSorted()).toEqual([
      'prompts/get 2',
      'resources/read 2',
      'server/discover 5',
      'tools/call 9',
      'tools/list 4',
    ]);
    const targets = calls
      .filter(({ operation }) => operation.method === 'tools/call')
      .map((one) => one.operation.target);
    expect(new Set(targets)).toEqual(new Set(['echo', 'fail', 'absent']));
  });

  it('FastMCP 4 tells of each request once, mounted servers included, with the sessions of its clients', () => {
    const { calls, counts } = told('fastmcp-4-legacy');
    expect(counts.toSorted()).toEqual([
      'initialize 6',
      'ping 1',
      'prompts/get 2',
      'resources/read 2',
      'tools/call 10',
      'tools/list 5',
    ]);
    expect(callsBySession(calls)).toEqual([1, 1, 1, 4, 2, 1]);
  });

  it('FastMCP 4 tells of no session from 2026-07-28 on', () => {
    const { calls, counts } = told('fastmcp-4');
    expect(counts).toContain('server/discover 6');
    expect(counts).toContain('tools/call 10');
    expect(callsBySession(calls)).toEqual([]);
  });

  it('FastMCP 3 tells of sessions, but not how they were opened', () => {
    const { calls, counts } = told('fastmcp-3');
    expect(counts).toContain('tools/call 10');
    expect(callsBySession(calls)).toEqual([1, 1, 1, 4, 2, 1]);
    expect(calls.every(({ operation }) => !operation.tellsHandshakes)).toBe(true);
  });

  it('the distribution of AWS tells of sessions, but not how they were opened', () => {
    const { calls, counts } = told('aws-distro');
    expect(counts.toSorted()).toEqual(['ping 1', 'prompts/get 2', 'resources/read 1', 'tools/call 9', 'tools/list 4']);
    expect(callsBySession(calls)).toEqual([1, 1, 1, 4, 2]);
    expect(calls.every(({ operation }) => !operation.tellsHandshakes)).toBe(true);
    // It is the newest that the SDK knows, not the one that was agreed on.
    expect(calls.every(({ operation }) => operation.protocolVersion === undefined)).toBe(true);
  });

  it('Logfire tells of tools by its JSON texts', () => {
    const { calls, counts } = told('logfire');
    expect(counts).toContain('tools/call 9');
    const targets = calls
      .filter(({ operation }) => operation.method === 'tools/call')
      .map((one) => one.operation.target);
    expect(targets).toEqual([...Array.from({ length: 7 }, () => 'echo'), 'fail', 'absent']);
    expect(failures(calls)).toEqual([
      'tools/call fail: tool',
      'tools/call absent: tool',
      expect.stringMatching(/^prompts\/get absent|^prompts\/get:/),
    ]);
  });
});

describe('how a request ended', () => {
  it.each([
    [
      'python-sdk',
      [
        'tools/call fail: tool',
        'tools/call absent: tool',
        'prompts/get absent: rpc -32603',
        'resources/read : rpc -32602',
      ],
    ],
    [
      'fastmcp-3',
      [
        'tools/call fail: tool',
        'tools/call absent: rpc -32602',
        'prompts/get absent: rpc -32602',
        'resources/read book://absent: rpc -32602',
      ],
    ],
    [
      'fastmcp-4-legacy',
      [
        'tools/call fail: tool',
        'tools/call absent: rpc -32602',
        'prompts/get absent: rpc -32602',
        'resources/read book://absent: rpc -32602',
      ],
    ],
    // Its server does not see the errors in results; its client does.
    ['aws-distro', ['tools/call fail: tool', 'tools/call absent: tool', 'prompts/get absent: rpc 0']],
    ['openllmetry', ['tools/call fail: tool', 'tools/call absent: tool', 'prompts/get absent: rpc']],
    [
      'mcpspan',
      [
        'tools/call fail: tool',
        'tools/call absent: rpc -32602',
        'prompts/get absent: rpc -32602',
        'resources/read book://absent: rpc -32602',
      ],
    ],
  ])('%s says it', (file, expected) => {
    expect(failures(callsTold(spansIn(file)))).toEqual(expected);
  });

  it('is what the server says, if there are only its spans', () => {
    expect(failures(callsTold(only('aws-distro', 'library')))).toEqual([]);
    expect(failures(callsTold(only('python-sdk', 'library')))).toContain('prompts/get absent: other ValueError');
  });
});

describe('the client of OpenLLMetry', () => {
  it('tells who it is when it shakes hands', () => {
    const calls = callsTold(spansIn('openllmetry'));
    expect(tally(calls)).toEqual({
      '?: initialize': 5,
      '?: tools/call': 9,
      '?: tools/list': 4,
      '?: prompts/get': 2,
      '?: resources/read': 1,
      '?: ping': 1,
    });
    const first = calls.find(({ operation }) => operation.method === 'initialize')?.operation;
    expect(first).toMatchObject({
      clientName: 'reader',
      clientVersion: '1.0.0',
      protocolVersion: '2025-11-25',
      role: 'client',
    });
  });

  it('and its server tell of no request by the messages that they write', () => {
    const writers = spansIn('openllmetry').filter(({ name }) => name === 'ResponseStreamWriter');
    expect(writers.length).toBeGreaterThan(20);
    expect(writers.filter((span) => readMcpSpan(span) !== undefined)).toEqual([]);
  });
});

describe('a proxy', () => {
  it('that asks anew is a client of its server: here one session of its own for each call', () => {
    expect(tally(callsTold(spansIn('fastmcp-proxy')))).toEqual({
      'front desk: initialize': 1,
      'front desk: tools/list': 1,
      'front desk: tools/call': 4,
      'library: initialize': 6,
      'library: tools/list': 1,
      'library: tools/call': 4,
    });
    const clients = callsTold(spansIn('fastmcp-proxy')).map(
      ({ operation }) => `${operation.clientService} → ${operation.serverName}`,
    );
    expect(new Set(clients)).toEqual(new Set(['reader → front desk', 'front-desk → library']));
  });

  it.each([
    ['mcpspan', 'hands on its context in `_meta`', 5],
    ['mcpspan-headers', 'hands on its context in headers', 4],
    ['mcpspan-untraced-client', 'has clients without spans', 4],
  ])('that hands requests on tells with its server of each once (%s: it %s)', (file, _, handshakes) => {
    const calls = callsTold(spansIn(file));
    const counts = tally(calls);
    expect(counts).toMatchObject({ 'library: initialize': handshakes, 'library: tools/list': 4 });
    expect(callsBySession(calls).slice(0, 4)).toEqual([1, 1, 1, 4]);
    expect(calls.every(({ chosen, spans }) => chosen.operation.emitter === 'mcpspan' && spans.length > 1)).toBe(true);
    // Its part of the server makes it a client of that server only.
    expect(calls.map(({ operation }) => operation.clientService)).not.toContain('mcpspan');
    expect(
      calls.every(({ operation }) => operation.clientName === 'reader' && operation.serverName === 'library'),
    ).toBe(true);
  });

  it.each(['mcpspan', 'mcpspan-headers', 'mcpspan-untraced-client'])(
    'counts what the server behind it counts (%s)',
    (file) => {
      const [own, ofServer] = ['mcpspan', 'shelf-service'].map((service) => callsTold(only(file, service)));
      expect(tally(own ?? [])).toEqual(tally(ofServer ?? []));
      expect(callsBySession(own ?? [])).toEqual(callsBySession(ofServer ?? []));
      expect(failures(own ?? []).map((failure) => failure.replace('book://absent', ''))).toEqual(
        failures(ofServer ?? []).map((failure) => failure.replace('book://absent', '')),
      );
    },
  );

  it('tells of sessions and of attempts to connect in spans that are no requests', () => {
    const others = spansIn('mcpspan').filter(({ name }) => name.startsWith('mcp.session'));
    expect(others.length).toBeGreaterThan(8);
    expect(others.filter((span) => readMcpSpan(span) !== undefined)).toEqual([]);
  });
});

describe('no span of any emitter', () => {
  it.each(['python-sdk-legacy', 'mcpspan', 'openllmetry'])('makes a request of a notification (%s)', (file) => {
    const requests = spansIn(file).filter((span) => readMcpSpan(span)?.method.startsWith('notifications/') === true);
    expect(requests).toEqual([]);
  });

  it('counts twice if it came twice', () => {
    const spans = spansIn('fastmcp-4-legacy');
    expect(tally(callsTold([...spans, ...spans.toReversed()]))).toEqual(tally(callsTold(spans)));
  });

  it('needs to come in order', () => {
    for (const file of ['fastmcp-4-legacy', 'fastmcp-3', 'fastmcp-proxy', 'mcpspan-headers', 'mcpspan-untraced-client'])
      expect(tally(callsTold(spansIn(file).toReversed())), file).toEqual(tally(callsTold(spansIn(file))));
  });
});
