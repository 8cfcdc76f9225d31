import { describe, expect, it } from 'vitest';
import { collectedSettings } from '../../src/collect/collected-servers.ts';
import type { SpanOperation } from '../../src/collect/mcp-span.ts';
import { playSpan } from '../../src/collect/play-span.ts';
import { createPipeline } from '../../src/observer/pipeline.ts';
import type { EndedOperation } from '../../src/session/operation.ts';
import { DEFAULTS } from '../../src/settings/command-settings.ts';
import { Slots } from '../../src/transport/wire/slots.ts';

const BASE = { role: 'server', direction: 'to-server', emitter: 'semconv', tellsHandshakes: true } as const;
const TRACE_ID = 'a'.repeat(32);

type Told = Partial<SpanOperation> & { method: string };

/** Plays operations, a second apart. */
function play(operations: readonly Told[]) {
  const pipeline = createPipeline({
    settings: collectedSettings(DEFAULTS),
    server: 'quiz',
    instance: 'instance',
    listensOnLoopback: false,
    isCollected: true,
    onFolded: () => undefined,
    onWithheld: () => undefined,
  });
  const ended: EndedOperation[] = [];
  pipeline.add((event) => {
    if (event.kind === 'operation-ended') ended.push(event.operation);
  });
  const [reader, slots] = [pipeline.reader(), new Slots()];
  for (const [index, operation] of operations.entries()) {
    const startedAt = 1_700_000_000_000 + index * 1_000;
    const spanId = (index + 1).toString(16).padStart(16, '0');
    const span = { traceId: TRACE_ID, spanId, parentSpanId: undefined, startedAt, endedAt: startedAt + 40 };
    playSpan({ ...BASE, ...operation }, span, { tap: (event) => reader.take(event), slots, server: 0 });
  }
  pipeline.tracker.shutdown(1_700_000_100_000);
  return { ended, verdicts: [...pipeline.tracker.registry.clients.verdicts()] };
}

const call = (more: Partial<SpanOperation> = {}): Told => ({
  method: 'tools/call',
  target: 'grade',
  clientName: 'chatgpt',
  ...more,
});
const times = (number: number, more: Partial<SpanOperation> = {}): Told[] =>
  Array.from({ length: number }, () => call(more));

it('an operation has the times, the ids and the trace of the span that told of it', () => {
  const [operation] = play([call({ sessionId: 's', requestId: '7', userAgent: 'agent/1' })]).ended;
  expect(operation).toMatchObject({
    method: 'tools/call',
    requestId: '7',
    startedAt: 1_700_000_000_000,
    endedAt: 1_700_000_000_040,
    spanId: '0000000000000001',
    clientLabel: 'chatgpt',
    outcome: { kind: 'ok' },
    placement: { traceId: TRACE_ID },
    requestBytes: 0,
    responseBytes: 0,
  });
});

it.each<[Partial<SpanOperation>, object]>([
  [{ failed: { kind: 'rpc', code: '-32602' } }, { kind: 'rpc-error', code: -32_602 }],
  [{ failed: { kind: 'tool' } }, { kind: 'tool-error' }],
  [{ failed: { kind: 'other', code: 'TimeoutError' } }, { kind: 'rpc-error', code: -32_603 }],
  [
    { failed: { kind: 'http', code: '503' }, httpStatus: 503 },
    { kind: 'failed', type: '503' },
  ],
  [{ cancelled: true }, { kind: 'cancelled' }],
])('%j ends as %j', (told, outcome) => {
  expect(play([call({ sessionId: 's', ...told })]).ended[0]?.outcome).toMatchObject(outcome);
});

it('a handshake opens the session that it names, and says whose it is', () => {
  const initialize = { method: 'initialize', sessionId: 's', clientName: 'cursor', protocolVersion: '2025-11-25' };
  const { ended } = play([initialize, { method: 'tools/call', target: 'grade', sessionId: 's' }]);
  expect(ended.map(({ clientLabel, session }) => [clientLabel, session?.id])).toEqual([
    ['cursor', 's'],
    ['cursor', 's'],
  ]);
  expect(ended[0]?.handshake).toBe('initialize');
});

describe('a verdict', () => {
  it('is given for sessions that spans tell of', () => {
    expect(play(times(6, { sessionId: 's' })).verdicts).toEqual([
      { clientLabel: 'chatgpt', verdict: 'reusing', present: true },
    ]);
  });

  it('is none where spans say nothing of sessions: there may be some', () => {
    expect(play(times(20)).verdicts).toEqual([]);
  });

  it('is sessionless where mcpspan itself saw that there is none', () => {
    expect(play(times(6, { emitter: 'mcpspan' })).verdicts).toMatchObject([{ verdict: 'sessionless' }]);
  });

  it('is modern in a revision that has no sessions', () => {
    expect(play(times(6, { protocolVersion: '2026-07-28' })).verdicts).toMatchObject([{ verdict: 'modern' }]);
  });
});
