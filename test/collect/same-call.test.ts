import { describe, expect, it } from 'vitest';
import type { SpanOperation } from '../../src/collect/mcp-span.ts';
import { callsOf, isSameRequest, type Call, type SeenOperation } from '../../src/collect/same-call.ts';

type Changed = Partial<SpanOperation> & {
  trace?: string;
  under?: string;
  from?: number;
  to?: number;
};

/** A span of `tools/call search`, from 100 to 200 ms, in the trace `t`. */
function seen(spanId: string, role: 'server' | 'client', changed: Changed = {}): SeenOperation {
  const { trace = 't', under, from = 100, to = 200, ...operation } = changed;
  return {
    span: { traceId: trace, spanId, parentSpanId: under, startedAt: from, endedAt: to },
    operation: {
      role,
      direction: 'to-server',
      emitter: 'semconv',
      tellsHandshakes: true,
      method: 'tools/call',
      target: 'search',
      ...(role === 'server' && { serverName: 'books', serverService: 'books' }),
      ...operation,
    },
  };
}

const client = (spanId: string, changed?: Changed) => seen(spanId, 'client', changed);
const server = (spanId: string, changed?: Changed) => seen(spanId, 'server', changed);
const proxy = (spanId: string, changed?: Changed) =>
  seen(spanId, 'server', { emitter: 'mcpspan', passage: 'through', serverService: 'mcpspan', ...changed });

/** The spans of each call, outermost first; the one that stands for it in capitals. */
const told = (calls: readonly Call[]): string[] =>
  calls
    .map(({ chosen, spans }) =>
      spans.map((one) => (one === chosen ? one.span.spanId.toUpperCase() : one.span.spanId)).join('>'),
    )
    .toSorted();

describe('one call', () => {
  it('is told of by its client and its server', () => {
    expect(told(callsOf([server('s', { under: 'c' }), client('c')]))).toEqual(['c>S']);
  });

  it('is told of by its client alone, and by the innermost of its libraries', () => {
    expect(told(callsOf([client('c')]))).toEqual(['C']);
    expect(told(callsOf([client('lib', { under: 'c', requestId: '3' }), client('c')]))).toEqual(['c>LIB']);
  });

  it('is told of by both, though spans of something else lie between', () => {
    const between = new Map([
      ['t/http-server', 'http-client'],
      ['t/http-client', 'c'],
    ]);
    expect(told(callsOf([client('c'), server('s', { under: 'http-server' })], between))).toEqual(['c>S']);
  });

  it('is told of by a server that is mounted on another, which has another name for the tool', () => {
    const outer = server('s', { target: 'annex_find', sessionId: 'x', emitter: 'fastmcp' });
    const mounted = server('m', {
      under: 's',
      target: 'find',
      sessionId: 'x',
      emitter: 'fastmcp',
      serverName: 'annex',
    });
    const [call] = callsOf([mounted, outer]);
    expect(told(callsOf([mounted, outer]))).toEqual(['S>m']);
    expect(call?.operation).toMatchObject({ target: 'annex_find', serverName: 'books' });
  });

  it('is told of by a client, a proxy at both of its ends, and the server behind it', () => {
    const all = [
      client('c', { requestId: '2' }),
      proxy('p', { under: 'c', requestId: '2' }),
      client('leg', { under: 'p', requestId: '2', emitter: 'mcpspan', passage: 'through' }),
      server('s', { under: 'leg', requestId: '2', emitter: 'fastmcp' }),
    ];
    for (const order of [all, all.toReversed()]) expect(told(callsOf(order))).toEqual(['c>P>leg>s']);
  });

  it('is told of by a proxy and its server, which both took the client for their parent', () => {
    const both = [
      proxy('p', { under: 'c', requestId: '2' }),
      server('s', { under: 'c', requestId: '2', from: 110, to: 190 }),
    ];
    expect(told(callsOf([client('c', { requestId: '2' }), ...both]))).toEqual(['c>P>s']);
  });

  it('is told of in two traces by a session and the id of its request', () => {
    const ids = { sessionId: 'x', requestId: '2' };
    expect(told(callsOf([client('c', ids), server('s', { ...ids, trace: 'other' })]))).toEqual(['c>S']);
    expect(told(callsOf([proxy('p', ids), server('s', { ...ids, trace: 'other' })]))).toEqual(['P>s']);
  });

  it('is told of in two traces by a proxy and a server of one name, where there is no session yet', () => {
    const opening = { method: 'initialize', requestId: '1' };
    const proxied = proxy('p', { ...opening, sessionId: 'x' });
    expect(told(callsOf([proxied, server('s', { ...opening, trace: 'other', from: 110, to: 190 })]))).toEqual(['P>s']);
    expect(told(callsOf([proxied, server('s', { ...opening, trace: 'other', serverName: 'films' })]))).toEqual([
      'P',
      'S',
    ]);
  });

  it('counts once if a span of it came twice', () => {
    const first = server('s');
    expect(callsOf([first, server('s', { target: 'other' })])[0]?.chosen).toBe(first);
    expect(told(callsOf([server('s'), client('c'), server('s'), server('s', { under: 'c' })]))).toEqual(['c>S']);
  });
});

describe('two calls', () => {
  it('are a request that was sent again', () => {
    const again = [server('s1', { under: 'c', to: 120 }), server('s2', { under: 'c', from: 150 })];
    expect(told(callsOf([client('c'), ...again]))).toEqual(['c>S1', 'c>S2']);
  });

  it('are a call and what the tool calls elsewhere', () => {
    const inner = [
      client('c2', { under: 's1', target: 'lookup' }),
      server('s2', { under: 'c2', target: 'lookup', serverName: 'films' }),
    ];
    expect(told(callsOf([client('c1'), server('s1', { under: 'c1' }), ...inner]))).toEqual(['c1>S1', 'c2>S2']);
  });

  it('are a call of a gateway and those that it makes for it', () => {
    const gateway = server('g', {
      emitter: 'agentgateway',
      passage: 'anew',
      serverName: 'gateway',
      serverService: 'gateway',
    });
    const asked = ['a', 'b'].map((id) =>
      client(id, { under: 'g', emitter: 'agentgateway', passage: 'anew', serverName: id }),
    );
    expect(told(callsOf([gateway, ...asked, server('s', { under: 'a' })]))).toEqual(['B', 'G', 'a>S']);
  });

  it('have different ids, sessions, methods, or targets, though one lies in the other', () => {
    const both = (one: Changed, other: Changed) =>
      callsOf([client('c', one), server('s', { under: 'c', ...other })]).length;
    expect(both({}, {})).toBe(1);
    expect(both({ requestId: '1' }, { requestId: '2' })).toBe(2);
    expect(both({ sessionId: 'x' }, { sessionId: 'y' })).toBe(2);
    expect(both({ method: 'tools/list' }, {})).toBe(2);
    expect(both({ target: 'other' }, {})).toBe(2);
    expect(both({ direction: 'to-client' }, {})).toBe(2);
  });

  it('are the calls of two sessions that number their requests alike, in the trace of one agent', () => {
    const spans = [0, 300, 600].flatMap((from) => [
      client(`c${from}`, { under: 'agent', from, to: from + 100, requestId: '2' }),
      server(`s${from}`, { under: 'lost', from: from + 10, to: from + 90, requestId: '2' }),
    ]);
    expect(told(callsOf(spans.toReversed()))).toEqual(['c0>S0', 'c300>S300', 'c600>S600']);
  });

  it('are as many as there are clients and servers, if they cannot be told apart', () => {
    const spans = [0, 1, 2].flatMap((at) => [
      client(`c${at}`, { under: 'agent' }),
      server(`s${at}`, { under: 'lost' }),
    ]);
    expect(callsOf(spans)).toHaveLength(3);
    expect(callsOf([...spans, server('s4', { under: 'lost' })])).toHaveLength(4);
    expect(callsOf(spans.slice(0, 2).concat(client('c4'), client('c5')))).toHaveLength(3);
  });

  it('are two servers that an agent asks at the same time, one of them through a proxy', () => {
    const both = [
      proxy('p', { under: 'agent', requestId: '1' }),
      server('s', { under: 'agent', requestId: '1', serverName: 'films' }),
    ];
    expect(told(callsOf(both))).toEqual(['P', 'S']);
    const clients = [client('c1', { under: 'agent' }), client('c2', { under: 'agent' })];
    const asked = [proxy('p', { under: 'c1', requestId: '1' }), server('s', { under: 'c2', requestId: '1' })];
    expect(told(callsOf([...clients, ...asked]))).toEqual(['c1>P', 'c2>S']);
  });

  it('are far apart, by clocks that no id speaks against', () => {
    const apart = (from: number, ids: Changed) =>
      callsOf([client('c', ids), server('s', { under: 'lost', from, to: from + 10, ...ids })]).length;
    expect(apart(900, {})).toBe(1);
    expect(apart(5_000, {})).toBe(2);
    expect(apart(5_000, { requestId: '2' })).toBe(1);
    expect(apart(100_000, { requestId: '2' })).toBe(2);
  });
});

describe('what the spans of a call say together', () => {
  const merged = (...spans: SeenOperation[]): SpanOperation | undefined => callsOf(spans)[0]?.operation;

  it('is what its server says, and of the rest what others do', () => {
    expect(
      merged(
        client('c', { clientService: 'agent', clientName: 'reader', sessionId: 'x', serverName: '10.0.0.1' }),
        server('s', { under: 'c', protocolVersion: '2025-11-25' }),
      ),
    ).toMatchObject({
      role: 'server',
      clientService: 'agent',
      clientName: 'reader',
      sessionId: 'x',
      serverName: 'books',
    });
  });

  it('is a session that others know, rather than one of an SDK of its own', () => {
    const own = { sessionId: 'own', ownSessionId: true } as const;
    expect(merged(client('c', own), server('s', { under: 'c', sessionId: 'x' }))).toMatchObject({ sessionId: 'x' });
    expect(merged(client('c', own), server('s', { under: 'c', sessionId: 'x' }))).not.toHaveProperty('ownSessionId');
    expect(merged(client('c', own), server('s', { under: 'c' }))).toMatchObject(own);
  });

  it('is no session, if one of them says that the request has none', () => {
    const read = merged(client('c', { sessionId: 'x' }), server('s', { under: 'c', protocolVersion: '2026-07-28' }));
    expect(read).not.toHaveProperty('sessionId');
  });

  it.each<[string, Changed, Changed, object | undefined]>([
    [
      'the server, if it knows',
      { failed: { kind: 'other', code: 'Timeout' } },
      { failed: { kind: 'tool' } },
      { kind: 'tool' },
    ],
    ['the server, if all went well', { failed: { kind: 'other', code: 'Timeout' } }, {}, undefined],
    ['the server, if its client only lost the connection', { failed: { kind: 'rpc', code: '-32000' } }, {}, undefined],
    ['the client, if the answer told it', { failed: { kind: 'tool' } }, {}, { kind: 'tool' }],
    [
      'the client, if it saw the code',
      { failed: { kind: 'rpc', code: '-32603' } },
      { failed: { kind: 'other' } },
      { kind: 'rpc', code: '-32603' },
    ],
  ])('is an outcome of which the best judge is %s', (_, ofClient, ofServer, failed) => {
    expect(merged(client('c', ofClient), server('s', { under: 'c', ...ofServer }))?.failed).toEqual(failed);
  });

  it('is what the client says, if it is alone', () => {
    expect(merged(client('c', { failed: { kind: 'other', code: 'Timeout' } }))?.failed).toEqual({
      kind: 'other',
      code: 'Timeout',
    });
  });

  it('is that handshakes are told of, if any of them tells of them', () => {
    const silent = server('s', { under: 'c', tellsHandshakes: false });
    expect(merged(silent)?.tellsHandshakes).toBe(false);
    expect(merged(client('c'), silent)?.tellsHandshakes).toBe(true);
  });
});

describe('hostile spans', () => {
  it('may be their own parents, or each other’s', () => {
    expect(callsOf([server('s', { under: 's' })])).toHaveLength(1);
    const circle = [client('a', { under: 'b' }), client('b', { under: 'c' }), client('c', { under: 'a' })];
    expect(callsOf(circle)).toHaveLength(1);
    const proxies = [proxy('a', { under: 'b' }), proxy('b', { under: 'a' })];
    expect(callsOf(proxies)).toHaveLength(1);
    const others = new Map([
      ['t/x', 'y'],
      ['t/y', 'x'],
    ]);
    expect(callsOf([server('s', { under: 'x' })], others)).toHaveLength(1);
  });

  it('may lie in each other by the thousand', () => {
    const chain = Array.from({ length: 5_000 }, (_, at) => proxy(`${at}`, { under: `${at - 1}` }));
    expect(callsOf(chain)).toHaveLength(1);
    const fan = Array.from({ length: 5_000 }, (_, at) => server(`${at}`, { under: 'c' }));
    expect(callsOf([client('c'), ...fan])).toHaveLength(5_000);
  });

  it('may all be at once', () => {
    const crowd = Array.from({ length: 2_000 }, (_, at) => (at % 2 === 0 ? client(`${at}`) : server(`${at}`)));
    expect(callsOf(crowd).length).toBeLessThanOrEqual(2_000);
    expect(callsOf(crowd).length).toBeGreaterThanOrEqual(1_000);
  });

  it('may end before they start', () => {
    expect(callsOf([client('c', { from: 200, to: 100 }), server('s', { under: 'c', from: Number.NaN })])).toHaveLength(
      1,
    );
  });
});

describe('a pair of spans', () => {
  it('tells of one request only if the outer one hands it on, or is its client', () => {
    expect(isSameRequest(client('c'), server('s'))).toBe(true);
    expect(isSameRequest(server('s'), client('c'))).toBe(false);
    expect(isSameRequest(proxy('p'), server('s'))).toBe(true);
    expect(isSameRequest(server('g', { passage: 'anew' }), server('s'))).toBe(false);
    expect(isSameRequest(server('s'), server('other', { serverService: 'films' }))).toBe(false);
  });
});
