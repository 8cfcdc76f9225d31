import { beforeEach, expect, it } from 'vitest';
import { Intake, type Fate } from '../../src/collect/intake.ts';
import type { ReceivedSpan } from '../../src/collect/received-span.ts';

let now: number;
let counted: Partial<Record<Fate, number>>;
let calls: string[];
let intake: Intake;

beforeEach(() => {
  now = 100_000;
  counted = {};
  calls = [];
  intake = new Intake({
    now: () => now,
    count: (fate, spans) => {
      counted[fate] = (counted[fate] ?? 0) + spans;
    },
    take: ({ operation, chosen }) => void calls.push(`${operation.method} at ${chosen.span.startedAt}`),
  });
});

let spans = 0;

/** A span as the conventions of OpenTelemetry have it. */
function span(attributes: Record<string, string>, more: Partial<ReceivedSpan> = {}): ReceivedSpan {
  const spanId = (++spans).toString(16).padStart(16, '0');
  return {
    traceId: spanId.padStart(32, 'a'),
    spanId,
    parentSpanId: undefined,
    name: 'span',
    kind: 'server',
    startedAt: 1_000,
    endedAt: 1_010,
    attributes: new Map(Object.entries(attributes)),
    events: [],
    status: 'unset',
    statusMessage: '',
    links: [],
    resource: new Map([['service.name', 'quiz']]),
    scope: { name: 'any', version: '1' },
    ...more,
  };
}

const call = (more: Partial<ReceivedSpan> = {}): ReceivedSpan =>
  span({ 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'grade', 'mcp.session.id': 's' }, more);

function wait(milliseconds: number): void {
  now += milliseconds;
  intake.due();
}

it('operations come in the order in which they began, once they have waited for others', () => {
  intake.take([call({ startedAt: 3_000 })]);
  wait(5_000);
  intake.take([span({ 'mcp.method.name': 'initialize', 'mcp.session.id': 's' }, { startedAt: 2_000 })]);
  expect(calls).toEqual([]);
  wait(3_000);
  expect(calls).toEqual(['tools/call at 3000']);
  wait(5_000);
  expect(calls).toEqual(['tools/call at 3000', 'initialize at 2000']);
  expect(counted).toEqual({ operation: 2 });
});

it('those that come together are told in order', () => {
  intake.take([call({ startedAt: 3_000 }), span({ 'mcp.method.name': 'initialize' }, { startedAt: 2_000 })]);
  wait(8_000);
  expect(calls).toEqual(['initialize at 2000', 'tools/call at 3000']);
});

it('what is no operation of MCP is counted and not kept', () => {
  intake.take([span({ 'http.request.method': 'POST' }), span({ 'mcp.method.name': 'notifications/progress' })]);
  wait(10_000);
  expect(calls).toEqual([]);
  expect(counted).toEqual({ other: 2 });
});

it('both ends of a call are one call, also where a span lies between them', () => {
  const client = call({ kind: 'client' });
  const between = span({}, { traceId: client.traceId, parentSpanId: client.spanId });
  const server = call({ traceId: client.traceId, parentSpanId: between.spanId, startedAt: 1_002, endedAt: 1_008 });
  intake.take([server, between, client]);
  wait(8_000);
  expect(calls).toEqual(['tools/call at 1002']);
  expect(counted).toEqual({ operation: 1, same: 1, other: 1 });
});

it('a span that is sent twice, and the other end of a call that comes late, count once', () => {
  const client = call({ kind: 'client' });
  const server = call({ traceId: client.traceId, parentSpanId: client.spanId });
  intake.take([server, server]);
  wait(8_000);
  intake.take([client, server]);
  wait(8_000);
  expect(calls).toHaveLength(1);
  expect(counted).toEqual({ operation: 1, same: 3 });
});

it('at the end nothing waits', () => {
  intake.take([call()]);
  intake.all();
  expect(calls).toHaveLength(1);
});

it('beyond its bound spans are turned away and counted, after senders were asked to come again', () => {
  const many = Array.from({ length: 90_001 }, () => call());
  expect(intake.take(many)).toEqual({ rejected: 0 });
  expect(intake.isFull).toBe(true);
  expect(intake.take(Array.from({ length: 11_000 }, () => call()))).toEqual({ rejected: 1_001 });
  expect(counted).toEqual({ 'no-room': 1_001 });
  wait(8_000);
  expect(intake.isFull).toBe(false);
  expect(counted.operation).toBe(100_000);
});
