import { describe, expect, it } from 'vitest';
import { deriveRootIds } from '../../src/transport/trace/trace-id.ts';
import {
  INSTANCE,
  modern,
  MODERN_META,
  request,
  result,
  SERVER,
  startConversation,
  toolCall,
  type Headers,
} from '../support/conversation.ts';

const SESSION = { 'Mcp-Session-Id': 's1' };
const META_CALLER = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) };
const HEADER_CALLER = { traceId: 'c'.repeat(32), spanId: 'd'.repeat(16) };
const parentOf = ({ traceId, spanId }: typeof META_CALLER): string => `00-${traceId}-${spanId}-01`;
const ROOT = deriveRootIds(SERVER, 's1');

/** A call in session s1 with trace contexts in `_meta` and in the header. */
function called(traceParent: 'meta' | 'caller' | 'session', inMeta: string | undefined, inHeader: string | undefined) {
  const talk = startConversation({ 'trace-parent': traceParent });
  talk.initialize('s1');
  const headers: Headers = { ...SESSION, ...(inHeader !== undefined && { traceparent: inHeader }) };
  const meta = { _meta: inMeta === undefined ? {} : { traceparent: inMeta } };
  const operation = talk.ask(toolCall(1, 'quiz', meta), result(1), headers);
  return { talk, operation };
}

describe('an operation hangs', () => {
  const meta = parentOf(META_CALLER);
  const header = parentOf(HEADER_CALLER);
  const inSession = { traceId: ROOT.traceId, parentSpanId: ROOT.spanId };
  const inMeta = { traceId: META_CALLER.traceId, parentSpanId: META_CALLER.spanId };
  const inHeader = { traceId: HEADER_CALLER.traceId, parentSpanId: HEADER_CALLER.spanId };

  it.each([
    ['meta', undefined, undefined, inSession, []],
    ['meta', meta, undefined, inMeta, [ROOT]],
    ['meta', undefined, header, inSession, [HEADER_CALLER]],
    ['meta', meta, header, inMeta, [ROOT, HEADER_CALLER]],
    ['meta', meta, meta, inMeta, [ROOT]],
    ['caller', meta, undefined, inMeta, [ROOT]],
    ['caller', undefined, header, inHeader, [ROOT]],
    ['caller', meta, header, inHeader, [ROOT, META_CALLER]],
    ['session', meta, undefined, inSession, [META_CALLER]],
    ['session', meta, header, inSession, [META_CALLER, HEADER_CALLER]],
    ['meta', 'malformed', undefined, inSession, []],
    ['meta', `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`, header, inSession, [HEADER_CALLER]],
  ] as const)(
    'by --trace-parent %s, with %s in _meta and %s in the header [OTEL-CONTEXT-1]',
    (mode, own, ambient, where, links) => {
      const { placement } = called(mode, own, ambient).operation;
      expect(placement).toMatchObject(where);
      expect(placement?.links).toEqual(links);
    },
  );

  it('in a trace of its own without a session', () => {
    const talk = startConversation({ group: [] });
    const [one, other] = [talk.call(undefined), talk.call(undefined)];
    expect(one.placement).toMatchObject({ parentSpanId: undefined, links: [] });
    expect(one.placement?.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(one.placement?.traceId).not.toBe(other.placement?.traceId);
  });

  it("under the operation whose stream carried it, when it is the server's", () => {
    const talk = startConversation();
    talk.initialize('s1');
    const call = talk.post(toolCall(1), SESSION);
    call.stream();
    call.event(request(1, 'elicitation/create'));
    talk.post(result(1), SESSION).answer(202);
    call.event(result(1));
    const [asked, parent] = [talk.ended('elicitation/create'), talk.ended('tools/call')];
    expect(asked.placement).toMatchObject({ traceId: ROOT.traceId, parentSpanId: parent.spanId });
    expect(parent.placement).toMatchObject({ traceId: ROOT.traceId, parentSpanId: ROOT.spanId });
  });

  // Was: the parent was placed before its session was open, and so hung from nothing.
  it('from the root of the session that it opens, though the server asked something meanwhile', () => {
    const talk = startConversation();
    const call = talk.post(toolCall(1), SESSION);
    call.stream();
    call.event(request(1, 'elicitation/create'));
    talk.post(result(1), SESSION).answer(202);
    call.event(result(1));
    expect(talk.ended('tools/call')).toMatchObject({
      session: { opened: 'attached' },
      placement: { traceId: ROOT.traceId, parentSpanId: ROOT.spanId },
    });
  });
});

describe('spans in callers’ traces', () => {
  it('are remembered for the summary, at most 128', () => {
    const talk = startConversation();
    talk.initialize('s1');
    for (let id = 0; id < 130; id++) {
      talk.ask(toolCall(id, 'quiz', { _meta: { traceparent: parentOf(META_CALLER) } }), result(id), SESSION);
    }
    const { spanId, session } = talk.ended();
    expect(session?.elsewhere).toHaveLength(128);
    expect(session?.elsewhere?.[0]?.traceId).toBe(META_CALLER.traceId);
    expect(session?.elsewhere).not.toContainEqual({ traceId: META_CALLER.traceId, spanId });
  });
});

describe('the ids of a trace', () => {
  it('of a session follow from the server and its id', () => {
    const talk = startConversation();
    expect(talk.initialize('s1').session?.root).toEqual(ROOT);
    expect(startConversation({ instance: 'other' }).call('s1').session?.root).toEqual(ROOT);
    expect(startConversation({ server: 'other' }).call('s1').session?.root).not.toEqual(ROOT);
  });

  it('of activity are salted with the instance and the time, so that nothing collides', () => {
    const roots = [
      startConversation().call(undefined),
      startConversation({ instance: 'other' }).call(undefined),
      (() => {
        const talk = startConversation();
        talk.clock.advance(1);
        return talk.call(undefined);
      })(),
    ].map(({ session }) => session?.root.traceId);
    expect(new Set(roots).size).toBe(3);
    expect(roots).not.toContain(undefined);
  });

  it('of activity are not those of a session whose id spells its key', () => {
    const activity = startConversation().ask(toolCall(1, 'quiz', { _meta: { 'openai/session': 'a' } }), result(1));
    expect(activity.session?.root).not.toEqual(deriveRootIds(SERVER, 'conversation\0a'));
    expect(activity.session?.root).not.toEqual(deriveRootIds(SERVER, 'a'));
  });
});

describe('a long session', () => {
  const segments = (talk: ReturnType<typeof startConversation>) =>
    talk.of('segment-opened').map(({ session: { segment } }) => segment);
  const short = { 'segment-operations': 3 };

  it('goes on in a new trace after so many operations, as the relay chose', () => {
    const talk = startConversation(short);
    talk.initialize('s1');
    const traces = Array.from({ length: 8 }, () => talk.call('s1').placement?.traceId);
    expect(new Set(traces.slice(0, 3))).toEqual(new Set([ROOT.traceId]));
    expect(new Set(traces).size).toBe(3);
    expect(talk.of('segment-opened')).toHaveLength(2);
    expect(traces[3]).toBe(deriveRootIds(SERVER, 's1', INSTANCE, 0, 1).traceId);
    expect(talk.of('segment-opened').map(({ previous }) => previous.traceId)).toEqual([ROOT.traceId, traces[3]]);
  });

  it('goes on in a new trace after so long, if it was busy', () => {
    const talk = startConversation({ 'segment-seconds': 60, 'idle-seconds': 600 });
    talk.initialize('s1');
    for (let index = 0; index < 100; index++) talk.call('s1');
    talk.clock.advance(60_000);
    talk.call('s1');
    expect(talk.of('segment-opened')).toHaveLength(1);
  });

  it('stays in its trace, however long, while it is quiet', () => {
    const talk = startConversation({ 'segment-seconds': 60 });
    talk.initialize('s1');
    for (let index = 0; index < 99; index++) {
      talk.clock.advance(60_000);
      talk.call('s1');
    }
    expect(talk.of('segment-opened')).toHaveLength(0);
  });

  it('rotates where it was derived too, counted here', () => {
    const talk = startConversation(short);
    const traces = Array.from({ length: 7 }, () => talk.call(undefined).placement?.traceId);
    expect(traces.map((trace) => traces.indexOf(trace))).toEqual([0, 0, 0, 3, 3, 3, 6]);
    expect(segments(talk)).toHaveLength(2);
  });

  it('is no other session: it is not counted again, and its summary is in its last trace', () => {
    const talk = startConversation(short);
    for (let index = 0; index < 7; index++) talk.call('s1');
    talk.tracker.shutdown(talk.clock.now());
    expect(talk.of('session-opened')).toHaveLength(1);
    expect(talk.of('session-ended')).toMatchObject([{ session: { segment: { number: 2 }, totals: { toolCalls: 7 } } }]);
  });

  it('keeps an operation in the trace that the upstream was told of, though it ends later', () => {
    const talk = startConversation(short);
    const early = talk.post(toolCall('early'), SESSION);
    for (let index = 0; index < 4; index++) talk.call('s1');
    early.answer(200, result('early'));
    expect(talk.ended().placement).toMatchObject({ traceId: ROOT.traceId, parentSpanId: ROOT.spanId });
    expect(talk.of('segment-opened')).toHaveLength(1);
  });

  // The relay goes on with the segment it was at, of which the resumed session knows nothing.
  it('that rotated and speaks again after its end makes no root a second time', () => {
    const talk = startConversation(short);
    for (let index = 0; index < 4; index++) talk.call('s1');
    expect(talk.of('segment-opened')).toHaveLength(1);
    talk.clock.advance(600_000);
    talk.sweep();
    talk.call('s1');
    expect(talk.of('segment-opened')).toHaveLength(1);
  });
});

describe('a round of a multi-round request [MCP-MRTR-1]', () => {
  it.each([
    [{}, 1],
    [{ inputResponses: { a: {} } }, 2],
    [{ requestState: 'opaque' }, 2],
    [{ inputResponses: {}, requestState: 'opaque' }, 2],
  ])('with %j is attempt %i', (params, attempt) => {
    const talk = startConversation();
    expect(talk.ask(toolCall(1, 'quiz', modern(params)), result(1)).attempt).toBe(attempt);
  });

  it('that needs input is answered well [MCP-MRTR-2]', () => {
    const talk = startConversation();
    const answer = result(1, { resultType: 'input_required', inputRequests: {}, requestState: 'opaque' });
    expect(talk.ask(toolCall(1, 'quiz', modern()), answer).outcome).toEqual({ kind: 'ok' });
  });

  it('is counted on, and linked to the first one', () => {
    const talk = startConversation();
    const round = (id: number, state: string | undefined, next: string) =>
      talk.ask(
        toolCall(id, 'quiz', { _meta: MODERN_META, ...(state !== undefined && { requestState: state }) }),
        result(id, { resultType: 'input_required', requestState: next }),
      );
    const first = round(1, undefined, 'a');
    round(2, 'a', 'b');
    const third = round(3, 'b', 'c');
    expect(third.attempt).toBe(3);
    expect(third.placement?.links).toEqual([{ traceId: first.placement?.traceId, spanId: first.spanId }]);
  });
});
