import { describe, expect, it } from 'vitest';
import { notification, result, toolCall, type Headers } from '../support/conversation.ts';
import { OTHER_SESSION, SESSION, getStream, outcomes, startSessions, streamed } from './two-sessions.ts';

describe('a call is given up', () => {
  it('by notifications/cancelled, and has no answer [MCP-CANCEL-1]', () => {
    const talk = startSessions();
    const call = streamed(talk, 1);
    talk.post(notification('notifications/cancelled', { requestId: 1 }), SESSION).answer(202);
    expect(talk.of('cancelled')).toMatchObject([{ method: 'tools/call', clientLabel: 'cursor' }]);
    call.close();
    expect(talk.ended('tools/call')).toMatchObject({ cancelled: true, outcome: { kind: 'cancelled' } });
    expect(talk.of('cancelled')).toHaveLength(1);
  });

  it('and answered all the same is answered [MCP-CANCEL-2]', () => {
    const talk = startSessions();
    const call = streamed(talk, 1);
    talk.post(notification('notifications/cancelled', { requestId: 1 }), SESSION).answer(202);
    call.event(result(1));
    expect(talk.ended('tools/call')).toMatchObject({ cancelled: true, outcome: { kind: 'ok' } });
  });

  it('not by a cancellation of another id, type of id, or session', () => {
    const talk = startSessions();
    streamed(talk, 1);
    const cancel = (requestId: unknown, headers: Headers = SESSION) =>
      talk.post(notification('notifications/cancelled', { requestId }), headers).answer(202);
    cancel(2);
    cancel('1');
    cancel(1, OTHER_SESSION);
    cancel(undefined);
    expect(talk.of('cancelled')).toHaveLength(0);
  });

  it.each([
    ['modern', { 'MCP-Protocol-Version': '2026-07-28' }],
    ['legacy', SESSION],
  ])('by leaving, in the %s era [MCP-CANCEL-3]', (era, headers) => {
    const talk = startSessions();
    talk.post(toolCall(1), headers).close('client-left');
    expect(talk.ended()).toMatchObject({ era, cancelled: true, outcome: { kind: 'cancelled' } });
    expect(talk.of('cancelled')).toHaveLength(1);
  });

  it('not by leaving a legacy stream that can be resumed: the answer may be fetched later [MCP-CANCEL-4]', () => {
    const talk = startSessions();
    const call = streamed(talk, 1);
    call.event('', 'e1');
    call.close('client-left');
    expect(outcomes(talk)).toEqual([]);
    getStream(talk).event(result(1), 'e2');
    expect(talk.ended()).toMatchObject({ cancelled: false, outcome: { kind: 'ok' } });
  });

  // Was: it waited for an answer until its session ended, and those minutes counted as its latency.
  it('by notifications/cancelled on a stream that can be resumed ends when the stream does', () => {
    const talk = startSessions();
    const call = streamed(talk, 1);
    call.event('', 'e1');
    talk.post(notification('notifications/cancelled', { requestId: 1 }), SESSION).answer(202);
    call.close();
    expect(talk.ended('tools/call').outcome.kind).toBe('cancelled');
  });
});
