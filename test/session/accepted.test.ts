import { describe, expect, it } from 'vitest';
import { failure, request, result, startConversation, toolCall, type Json } from '../support/conversation.ts';
import { openEndpoint } from './endpoint-stream.ts';
import { SESSION, anomalies, getStream, outcomes, startSessions } from './two-sessions.ts';

/** What servers accept a request with: status, body, media type. */
const ACCEPTED: readonly [string, number, Json | undefined, string | undefined][] = [
  ['202 without a body', 202, undefined, undefined],
  ['202 and a word', 202, 'Accepted', 'text/plain'],
  ['202 and a word that claims to be JSON', 202, 'Accepted', 'application/json'],
  ['202 and JSON of its own', 202, { status: 'accepted' }, undefined],
  ['200 with an empty body', 200, undefined, undefined],
  ['200 with an empty body that claims to be JSON', 200, '', 'application/json'],
  ['200 and JSON of its own', 200, { accepted: true }, undefined],
  ['200 and null', 200, 'null', 'application/json'],
  ['204', 204, undefined, undefined],
];
const typed = (type: string | undefined) => (type === undefined ? {} : { 'Content-Type': type });

describe('a request to an endpoint that is accepted', () => {
  it.each(ACCEPTED)('with %s waits for its answer on the stream', (_, status, body, type) => {
    const talk = startConversation();
    const { stream, post } = openEndpoint(talk, '/messages/?session_id=q1');
    post(toolCall(1)).answer(status, body, typed(type));
    expect(outcomes(talk)).toEqual([]);
    talk.clock.advance(7);
    stream.event(result(1));
    expect(outcomes(talk)).toEqual([['tools/call', 1, 'ok']]);
    expect(talk.ended().endedAt - talk.ended().startedAt).toBe(7);
    expect(anomalies(talk)).toEqual([]);
  });

  it.each(ACCEPTED)('with %s may have been answered on the stream before', (_, status, body, type) => {
    const talk = startConversation();
    const { stream, post } = openEndpoint(talk, '/messages/?session_id=q1');
    const call = post(toolCall(1));
    stream.event(result(1));
    call.answer(status, body, typed(type));
    expect(outcomes(talk)).toEqual([['tools/call', 1, 'ok']]);
    expect(anomalies(talk)).toEqual([]);
  });

  it('is not given up by a client that does not read the rest of that', () => {
    const talk = startConversation();
    const { stream, post } = openEndpoint(talk, '/messages/?session_id=q1');
    const call = post(toolCall(1));
    call.head(202, { 'Content-Length': '8' });
    call.close('client-left');
    stream.event(result(1));
    expect(outcomes(talk)).toEqual([['tools/call', 1, 'ok']]);
    expect(talk.of('cancelled')).toEqual([]);
    expect(anomalies(talk)).toEqual([]);
  });

  it('waits however long its stream is open', () => {
    const talk = startConversation();
    const { stream, post } = openEndpoint(talk, '/messages/?session_id=q1');
    post(toolCall(1)).answer(202);
    talk.clock.advance(3_600_000);
    talk.sweep();
    stream.event(result(1));
    expect(outcomes(talk)).toEqual([['tools/call', 1, 'ok']]);
  });

  it('may be answered at once all the same', () => {
    const talk = startConversation();
    openEndpoint(talk, '/messages/?session_id=q1').post(toolCall(1)).answer(200, failure(1, -32_602));
    expect(outcomes(talk)).toEqual([['tools/call', 1, 'rpc-error']]);
  });

  it('may be given up before it is accepted', () => {
    const talk = startConversation();
    openEndpoint(talk, '/messages/?session_id=q1').post(toolCall(1)).close('client-left');
    expect(outcomes(talk)).toEqual([['tools/call', 1, 'cancelled']]);
  });

  it.each([400, 404, 500, 503])('or refused, with %i', (status) => {
    const talk = startConversation();
    openEndpoint(talk, '/messages/?session_id=q1').post(toolCall(1)).answer(status, 'no', typed('text/plain'));
    expect(outcomes(talk)[0]?.[2]).toBe(status >= 500 ? 'failed' : 'refused');
  });
});

describe('a request over Streamable HTTP that is accepted', () => {
  it.each(ACCEPTED)('with %s waits for a stream that may bring its answer', (_, status, body, type) => {
    const talk = startSessions();
    talk.post(toolCall(1), SESSION).answer(status, body, typed(type));
    expect(outcomes(talk)).toEqual([]);
    talk.clock.advance(1_000);
    getStream(talk).event(result(1));
    expect(outcomes(talk)).toEqual([['tools/call', 1, 'ok']]);
  });

  it('is lost when no stream came that could bring the answer', () => {
    const talk = startSessions();
    talk.post(toolCall(1), SESSION).answer(200);
    talk.clock.advance(29_999);
    talk.sweep();
    expect(outcomes(talk)).toEqual([]);
    talk.clock.advance(1);
    talk.sweep();
    expect(outcomes(talk)).toEqual([['tools/call', 1, 'lost']]);
    expect(talk.ended().endedAt).toBe(talk.ended().startedAt);
  });

  it('is lost at once in the era that answers in the response only', () => {
    const talk = startConversation();
    talk.post(toolCall(1), { 'MCP-Protocol-Version': '2026-07-28' }).answer(200);
    expect(outcomes(talk)).toEqual([['tools/call', 1, 'lost']]);
  });

  it('is given up by a client that leaves in the middle of the answer', () => {
    const talk = startSessions();
    const call = talk.post(toolCall(1), SESSION);
    call.head(200, { 'Content-Type': 'application/json' });
    call.close('client-left');
    expect(outcomes(talk)).toEqual([['tools/call', 1, 'cancelled']]);
  });

  it('is odd where the body is JSON of its own', () => {
    const talk = startSessions();
    talk.post(request(1, 'ping'), SESSION).answer(200, { accepted: true });
    expect(anomalies(talk)).toEqual(['not-jsonrpc']);
  });
});
