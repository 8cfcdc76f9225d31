import { describe, expect, it } from 'vitest';
import { failure, notification, request, result, startConversation } from '../support/conversation.ts';
import { OTHER_SESSION, SESSION, anomalies, getStream, outcomes, startSessions, streamed } from './two-sessions.ts';

describe("a server's request [MCP-SERVER-REQUEST-1]", () => {
  it('is answered by a later POST', () => {
    const talk = startSessions();
    const call = streamed(talk, 1);
    call.event(request(1, 'elicitation/create'));
    talk.clock.advance(4_000);
    talk.post(result(1, { action: 'accept' }), SESSION).answer(202);
    call.event(result(1));
    call.close();
    expect(outcomes(talk)).toEqual([
      ['elicitation/create', 1, 'ok'],
      ['tools/call', 1, 'ok'],
    ]);
    const [asked, called] = talk.of('operation-ended').map(({ operation }) => operation);
    expect(asked).toMatchObject({ direction: 'to-client', parent: { spanId: called?.spanId }, session: { id: 's1' } });
    expect((asked?.endedAt ?? 0) - (asked?.startedAt ?? 0)).toBe(4_000);
  });

  it('may have the id of a request of the client at the same time [JSONRPC-ID-5]', () => {
    const talk = startSessions();
    const call = streamed(talk, 0);
    call.event(request(0, 'roots/list'));
    talk.post(failure(0, -32_601), SESSION).answer(202);
    expect(outcomes(talk)).toEqual([['roots/list', 0, 'rpc-error']]);
    call.event(result(0));
    expect(outcomes(talk).at(-1)).toEqual(['tools/call', 0, 'ok']);
  });

  it('is answered in its own session only', () => {
    const talk = startSessions();
    for (const headers of [SESSION, OTHER_SESSION])
      getStream(talk, headers).event(request(1, 'sampling/createMessage'));
    talk.post(result(1), OTHER_SESSION).answer(202);
    expect(talk.of('operation-ended').map(({ operation }) => operation.session?.id)).toEqual(['s2']);
    expect(anomalies(talk)).toEqual([]);
  });

  it('on the standing stream has no parent', () => {
    const talk = startSessions();
    getStream(talk).event(request('p', 'ping'));
    talk.post(result('p'), SESSION).answer(202);
    expect(talk.ended('ping')).toMatchObject({ parent: undefined, direction: 'to-client' });
  });

  it('that is never answered is lost with the session', () => {
    const talk = startSessions();
    getStream(talk).event(request('p', 'ping'));
    talk.tracker.shutdown(talk.clock.now());
    expect(outcomes(talk)).toEqual([['ping', 'p', 'lost']]);
  });

  it('answered twice is answered once', () => {
    const talk = startSessions();
    getStream(talk).event(request('p', 'ping'));
    for (const body of [result('p'), result('p')]) talk.post(body, SESSION).answer(202);
    expect(outcomes(talk)).toHaveLength(1);
    expect(anomalies(talk)).toEqual(['unmatched-response']);
  });

  it('whose id is used again before the answer is lost, not forgotten', () => {
    const talk = startSessions();
    const stream = getStream(talk);
    stream.event(request('p', 'ping'));
    stream.event(request('p', 'roots/list'));
    talk.post(result('p'), SESSION).answer(202);
    expect(outcomes(talk)).toHaveLength(2);
    expect(anomalies(talk)).toEqual(['reused-id']);
  });

  // Was: both requests waited under one key, and the answer of one caller ended the request of the other.
  it('without a session is not answered by another caller', () => {
    const talk = startConversation({ listensOnLoopback: false });
    const [one, other] = [streamed(talk, 1, {}), streamed(talk, 1, {})];
    one.event(request(5, 'elicitation/create'));
    other.event(request(5, 'roots/list'));
    one.close('client-left');
    talk.post(result(5)).answer(202);
    expect(talk.of('operation-ended').filter(({ operation }) => operation.method === 'roots/list')).toEqual([]);
  });

  // Until 2025-11-25 either side may send notifications/cancelled.
  it('that the server takes back is cancelled', () => {
    const talk = startSessions();
    const call = streamed(talk, 1);
    call.event(request(9, 'elicitation/create'));
    call.event(notification('notifications/cancelled', { requestId: 9 }));
    call.event(result(1));
    call.close();
    talk.tracker.shutdown(talk.clock.now());
    expect(talk.ended('elicitation/create').outcome.kind).toBe('cancelled');
  });
});
