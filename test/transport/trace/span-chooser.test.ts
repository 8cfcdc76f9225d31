import { describe, expect, it } from 'vitest';
import { SpanChooser, type PropagationOptions } from '../../../src/transport/trace/span-chooser.ts';
import { deriveRootIds } from '../../../src/transport/trace/trace-id.ts';
import { parseTraceParent } from '../../../src/transport/trace/trace-parent.ts';

const CALLER = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
const CALL = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"tools/call"}');
const NOTHING = Buffer.alloc(0);
const ROOT = deriveRootIds('quiz', 's1');

const chooser = (options: Partial<PropagationOptions> = {}): SpanChooser =>
  new SpanChooser({
    server: 'quiz',
    instance: 'instance-1',
    thread: 0,
    adds: true,
    followsCaller: false,
    sampler: { root: 'always_on', ratio: 1 },
    maxSessions: 100,
    segmentOperations: 1_000,
    segmentSeconds: 3_600,
    ...options,
  });

describe('what the upstream is told', () => {
  it('is our span in the trace of the session [OTEL-PROPAGATE-1]', () => {
    const { span, traceParent } = chooser().choose('POST', 's1', undefined, CALL, 0);
    expect(parseTraceParent(traceParent)).toEqual({ traceId: ROOT.traceId, spanId: span?.spanId, sampled: true });
    expect(span).toMatchObject({
      propagated: true,
      session: { traceId: ROOT.traceId, rootSpanId: ROOT.spanId, segment: 0 },
    });
  });

  it.each([
    ['GET', NOTHING],
    ['DELETE', NOTHING],
    ['POST', Buffer.from(' \r\n\t[{"id":1}]')],
  ])('is the root of the session for a %s of %s', (method, body) => {
    const { span, traceParent } = chooser().choose(method, 's1', undefined, body, 0);
    expect(parseTraceParent(traceParent)).toMatchObject(ROOT);
    expect(span?.propagated).toBe(false);
  });

  it.each<[string, string | undefined, string | undefined, Buffer | undefined, Partial<PropagationOptions>]>([
    ['no session is named', undefined, undefined, CALL, {}],
    ['the request has a header of its own', 's1', CALLER, CALL, {}],
    ['that header is malformed', 's1', 'x', CALL, {}],
    ['the body has a context of its own', 's1', undefined, Buffer.from('{"_meta":{"traceparent":"00-"}}'), {}],
    ['the body is streamed', 's1', undefined, undefined, {}],
    ['it is off', 's1', undefined, CALL, { adds: false }],
    ['it is off, and the caller is followed', 's1', CALLER, CALL, { adds: false, followsCaller: true }],
    [
      'a caller to be followed sends nothing, and no session is named',
      undefined,
      undefined,
      CALL,
      { followsCaller: true },
    ],
  ])('is nothing where %s [OTEL-PROPAGATE-2]', (_, sessionId, traceParent, body, options) => {
    expect(chooser(options).choose('POST', sessionId, traceParent, body, 0).traceParent).toBeUndefined();
  });

  it('is our span in the trace of the caller where that is to be followed', () => {
    const { span, traceParent } = chooser({ followsCaller: true }).choose('POST', undefined, CALLER, CALL, 0);
    expect(parseTraceParent(traceParent)).toEqual({ traceId: 'a'.repeat(32), spanId: span?.spanId, sampled: true });
    expect(span).toMatchObject({ propagated: true, session: undefined });
  });

  it('is whether it is sampled', () => {
    const off = { sampler: { root: 'always_off', ratio: 1 } } as const;
    const flag = (options: Partial<PropagationOptions>, caller?: string) =>
      parseTraceParent(chooser(options).choose('POST', 's1', caller, CALL, 0).traceParent)?.sampled;
    expect(flag(off)).toBe(false);
    expect(flag({ ...off, followsCaller: true }, CALLER)).toBe(true);
    expect(flag({ followsCaller: true }, CALLER.replace(/01$/, '00'))).toBe(false);
  });

  it('is another span for every request', () => {
    const one = chooser();
    const ids = Array.from({ length: 100 }, () => one.choose('POST', 's1', undefined, CALL, 0).span?.spanId);
    expect(new Set(ids).size).toBe(100);
  });
});

describe('the segment of a session', () => {
  const segments = (one: SpanChooser, count: number, at = 0, method = 'POST') =>
    Array.from({ length: count }, () => one.choose(method, 's1', undefined, CALL, at).span?.session?.segment);

  it('is the next one after so many operations', () => {
    expect(segments(chooser({ segmentOperations: 2 }), 6)).toEqual([0, 0, 1, 1, 2, 2]);
  });

  it('has ids that are salted, so that no other thread makes the same', () => {
    const roots = [0, 1].map((thread) => {
      const one = chooser({ segmentOperations: 1, thread });
      segments(one, 1);
      return one.choose('POST', 's1', undefined, CALL, 0).span?.session;
    });
    expect(roots[0]?.segment).toBe(1);
    expect(roots[0]?.traceId).toBe(deriveRootIds('quiz', 's1', 'instance-1', 0, 1).traceId);
    expect(roots[0]?.traceId).not.toBe(roots[1]?.traceId);
  });

  it('is the next one after so long and 100 operations', () => {
    const one = chooser({ segmentSeconds: 60 });
    expect(segments(one, 100, 0).at(-1)).toBe(0);
    expect(segments(one, 1, 59_999)).toEqual([0]);
    expect(segments(one, 1, 60_000)).toEqual([1]);
    expect(segments(one, 99, 130_000).at(-1)).toBe(1);
    expect(segments(one, 1, 130_000)).toEqual([2]);
  });

  it('is not moved on by what is no operation', () => {
    expect(segments(chooser({ segmentOperations: 2 }), 10, 0, 'GET').at(-1)).toBe(0);
  });

  it('is 0 again for a session that was forgotten', () => {
    const one = chooser({ segmentOperations: 1, maxSessions: 2 });
    expect(segments(one, 2).at(-1)).toBe(1);
    for (const id of ['s2', 's3', 's4']) one.choose('POST', id, undefined, CALL, 0);
    expect(segments(one, 1)).toEqual([0]);
  });

  // Was: the session that was first seen was forgotten first, however busy it was.
  it('is kept of the session that was seen last', () => {
    const one = chooser({ segmentOperations: 2, maxSessions: 2 });
    one.choose('POST', 's1', undefined, CALL, 0);
    one.choose('POST', 's2', undefined, CALL, 0);
    one.choose('POST', 's1', undefined, CALL, 31_000);
    one.choose('POST', 's3', undefined, CALL, 31_000);
    expect(segments(one, 1, 31_000)).toEqual([1]);
  });
});
