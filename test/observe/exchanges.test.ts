import { describe, expect, it } from 'vitest';
import { ExchangeReader } from '../../src/observe/exchanges.ts';
import type { Observation } from '../../src/observe/observation.ts';
import type { CloseReason, Direction } from '../../src/transport/wire/wire-event.ts';

const MAX_MESSAGE_BYTES = 2_000;
const CALL = '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"quiz","arguments":{}}}';
const RESULT = '{"jsonrpc":"2.0","id":1,"result":{"content":[]}}';
const JSON_TYPE = ['content-type', 'application/json'];
const STREAM = ['content-type', 'text/event-stream'];
const thirds = (text: string): [string, string, string] => [text.slice(0, 20), text.slice(20, 40), text.slice(40)];

/** One exchange after the other, as a relay tells of it, with what its reader makes of it. */
function startReader() {
  const seen: Observation[] = [];
  const reader = new ExchangeReader((observation) => seen.push(observation), MAX_MESSAGE_BYTES);
  let at = 0;
  const relay = (exchange: number) => ({
    opened(method = 'POST', headers = JSON_TYPE) {
      const carrier = { kind: 'http', method, target: '/mcp', httpVersion: '1.1', headers } as const;
      reader.take({ kind: 'opened', exchange, at: ++at, carrier });
    },
    bytes(direction: Direction, text: string) {
      reader.take({ kind: 'bytes', exchange, at: ++at, direction, bytes: Buffer.from(text) });
    },
    requested(size: number) {
      reader.take({ kind: 'requested', exchange, at: ++at, sentAt: at, size, span: undefined });
    },
    answered(headers = JSON_TYPE, status = 200) {
      reader.take({ kind: 'answered', exchange, at: ++at, status, headers });
    },
    closed(size: number, reason: CloseReason = 'complete') {
      reader.take({ kind: 'closed', exchange, at: ++at, reason, size });
    },
  });
  return {
    relay,
    /** What was told, in order: the kind, or what is odd, or the message and its direction. */
    told: () =>
      seen.map((observation) => {
        if (observation.kind === 'anomaly') return observation.what;
        return observation.kind === 'message'
          ? `${observation.message.kind} ${observation.direction}`
          : observation.kind;
      }),
    exchanges: () => seen.filter(({ kind }) => kind === 'closed').map(({ exchange }) => exchange),
  };
}

describe('an exchange', () => {
  it('is told in order: its request, its answer, its end', () => {
    const { relay, told, exchanges } = startReader();
    const one = relay(1);
    one.opened();
    for (const piece of thirds(CALL)) one.bytes('to-server', piece);
    one.requested(CALL.length);
    one.answered();
    for (const piece of thirds(RESULT)) one.bytes('to-client', piece);
    one.closed(RESULT.length);
    expect(told()).toEqual(['request to-server', 'requested', 'answered', 'result to-client', 'closed']);
    expect(exchanges()).toMatchObject([
      { incomplete: false, requestBytes: CALL.length, answerBytes: RESULT.length, requestedAt: 5, firstByteAt: 7 },
    ]);
  });

  it.each([
    ['the first', [1, 2]],
    ['a middle', [0, 2]],
    ['the last', [0, 1]],
    ['every', []],
  ])('of whose request %s copy was dropped is incomplete; what is left is not read', (_, kept) => {
    const { relay, told, exchanges } = startReader();
    const one = relay(1);
    one.opened();
    for (const index of kept) one.bytes('to-server', thirds(CALL)[index] ?? '');
    one.requested(CALL.length);
    one.answered();
    one.bytes('to-client', RESULT);
    one.closed(RESULT.length);
    expect(told()).toEqual(['requested', 'answered', 'result to-client', 'closed']);
    expect(exchanges()).toMatchObject([{ incomplete: true, requestBytes: CALL.length }]);
  });

  it('of whose request a copy was dropped is not read though what is left is JSON', () => {
    const { relay, told, exchanges } = startReader();
    const one = relay(1);
    const list = `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`;
    one.opened();
    one.bytes('to-server', list);
    one.requested(list.length + 20);
    one.closed(0, 'client-left');
    expect(told()).toEqual(['requested', 'closed']);
    expect(exchanges()).toMatchObject([{ incomplete: true }]);
  });

  it.each([
    ['a middle', [0, 2]],
    ['every', []],
  ])('of whose answer %s copy was dropped is incomplete; what is left is not read', (_, kept) => {
    const { relay, told, exchanges } = startReader();
    const one = relay(1);
    one.opened();
    one.bytes('to-server', CALL);
    one.requested(CALL.length);
    one.answered();
    for (const index of kept) one.bytes('to-client', thirds(RESULT)[index] ?? '');
    one.closed(RESULT.length);
    expect(told()).toEqual(['request to-server', 'requested', 'answered', 'closed']);
    expect(exchanges()).toMatchObject([{ incomplete: true, answerBytes: RESULT.length }]);
  });

  it('whose event stream lacks a copy is incomplete; the other events are read', () => {
    const { relay, told, exchanges } = startReader();
    const one = relay(1);
    const event = `data: ${RESULT}\n\n`;
    one.opened('GET', []);
    one.requested(0);
    one.answered(STREAM);
    one.bytes('to-client', event);
    one.bytes('to-client', event);
    one.closed(3 * event.length);
    expect(told()).toEqual(['requested', 'answered', 'result to-client', 'result to-client', 'closed']);
    expect(exchanges()).toMatchObject([{ incomplete: true }]);
  });

  it.each([
    ['request', 'to-server'],
    ['answer', 'to-client'],
  ] as const)('whose %s is larger than is read is incomplete, which has a name', (_, direction) => {
    const { relay, told, exchanges } = startReader();
    const one = relay(1);
    const size = MAX_MESSAGE_BYTES + 1;
    one.opened();
    one.requested(direction === 'to-server' ? size : 0);
    one.answered();
    one.closed(direction === 'to-client' ? size : 0);
    expect(told().filter((what) => what === 'too-large')).toHaveLength(1);
    expect(exchanges()).toMatchObject([{ incomplete: true }]);
  });

  it('that its client left is not incomplete: nothing was dropped', () => {
    const { relay, told, exchanges } = startReader();
    const one = relay(1);
    one.opened();
    one.bytes('to-server', CALL);
    one.requested(CALL.length);
    one.answered();
    one.bytes('to-client', RESULT.slice(0, 20));
    one.closed(21, 'client-left');
    expect(told()).toEqual(['request to-server', 'requested', 'answered', 'closed']);
    expect(exchanges()).toMatchObject([{ incomplete: false }]);
  });

  it('whose end was lost makes place for the next of its number, and is incomplete', () => {
    const { relay, told, exchanges } = startReader();
    const one = relay(1);
    one.opened();
    one.bytes('to-server', CALL.slice(0, 20));
    one.opened('GET', []);
    one.requested(0);
    one.answered();
    one.closed(0);
    expect(told()).toEqual(['closed', 'requested', 'answered', 'closed']);
    expect(exchanges()).toMatchObject([{ incomplete: true }, { incomplete: false, request: { method: 'GET' } }]);
  });

  it('whose head was dropped is counted once, at its end', () => {
    const { relay, told } = startReader();
    const one = relay(1);
    one.bytes('to-server', CALL);
    one.requested(CALL.length);
    one.answered();
    one.closed(0);
    expect(told()).toEqual(['unknown-exchange']);
  });

  it('does not mix with others that are open at the same time', () => {
    const { relay, told, exchanges } = startReader();
    const [one, two] = [relay(1), relay(2)];
    one.opened();
    two.opened();
    const [first, second, third] = thirds(CALL);
    one.bytes('to-server', first);
    two.bytes('to-server', first + second);
    one.bytes('to-server', second + third);
    one.requested(CALL.length);
    two.requested(CALL.length);
    one.closed(0, 'client-left');
    two.closed(0, 'client-left');
    expect(told()).toEqual(['request to-server', 'requested', 'requested', 'closed', 'closed']);
    expect(exchanges()).toMatchObject([{ incomplete: false }, { incomplete: true }]);
  });
});

describe('what is no JSON', () => {
  it.each([
    ['to-client', JSON_TYPE, 200, ['not-json']],
    ['to-client', ['content-type', 'text/html'], 200, []],
    ['to-client', [], 200, []],
    ['to-server', JSON_TYPE, 200, ['not-json']],
  ] as const)('%s with %j and %i is odd: %j', (direction, headers, status, odd) => {
    const { relay, told } = startReader();
    const one = relay(1);
    const body = 'hello, all';
    one.opened();
    if (direction === 'to-server') one.bytes(direction, body);
    one.requested(direction === 'to-server' ? body.length : 0);
    one.answered([...headers], status);
    if (direction === 'to-client') one.bytes(direction, body);
    one.closed(direction === 'to-client' ? body.length : 0);
    expect(told().filter((what) => what.startsWith('not-'))).toEqual(odd);
  });

  it.each([
    [200, ['not-jsonrpc']],
    [401, []],
  ])('and what is JSON alone is odd in an answer with %i: %j', (status, odd) => {
    const { relay, told } = startReader();
    const one = relay(1);
    const body = '{"error_description":"sign in"}';
    one.opened();
    one.requested(0);
    one.answered(JSON_TYPE, status);
    one.bytes('to-client', body);
    one.closed(body.length);
    expect(told().filter((what) => what.startsWith('not-'))).toEqual(odd);
  });
});
