import { describe, expect, it } from 'vitest';
import { faultOf } from '../../src/session/counted.ts';
import type { Outcome } from '../../src/session/operation.ts';
import type { CloseReason } from '../../src/transport/wire/wire-event.ts';
import {
  failure,
  modern,
  notification,
  request,
  result,
  startConversation,
  toolCall,
  type Fields,
  type Headers,
  type OpenExchange,
} from '../support/conversation.ts';
import { outcomes, SESSION, startSessions } from './two-sessions.ts';

const CALL = toolCall(1);
const LISTEN = request(1, 'subscriptions/listen', modern());
const NOTE = notification('notifications/initialized');
const MODERN: Headers = { 'MCP-Protocol-Version': '2026-07-28' };

type Act = (exchange: OpenExchange) => void;
const unanswered =
  (reason: CloseReason): Act =>
  (exchange) =>
    exchange.close(reason);
const streamed =
  (reason: CloseReason, ...events: readonly Fields[]): Act =>
  (exchange) => {
    exchange.stream();
    for (const event of events) exchange.event(event);
    exchange.close(reason);
  };
const answered =
  (status: number, body?: Fields): Act =>
  (exchange) =>
    exchange.answer(status, body);

const OK: Outcome = { kind: 'ok' };
const CANCELLED: Outcome = { kind: 'cancelled' };
const failed = (type: string): Outcome => ({ kind: 'failed', type });

describe('an operation', () => {
  it.each<[what: string, message: Fields, headers: Headers, act: Act, outcome: Outcome]>([
    ['a call that is answered', CALL, SESSION, answered(200, result(1)), OK],
    ['a call that says it failed', CALL, SESSION, answered(200, result(1, { isError: true })), { kind: 'tool-error' }],
    [
      'a list whose result has that word',
      request(1, 'tools/list'),
      SESSION,
      answered(200, result(1, { isError: true })),
      OK,
    ],
    [
      'a call answered by an error',
      CALL,
      SESSION,
      answered(200, failure(1, -32_603, 'no')),
      { kind: 'rpc-error', code: -32_603, message: 'no' },
    ],
    ['a call whose client leaves first', CALL, SESSION, unanswered('client-left'), CANCELLED],
    ['a call that takes too long', CALL, SESSION, unanswered('timeout'), failed('timeout')],
    ['a call on a connection that breaks', CALL, SESSION, unanswered('upstream-failed'), failed('upstream_reset')],
    ['a call that reaches nobody', CALL, SESSION, unanswered('upstream-unreachable'), failed('upstream_unreachable')],
    ['a call that meets a 500', CALL, SESSION, answered(500), failed('500')],
    ['a call that meets a 503 with an odd body', CALL, SESSION, answered(503, { detail: 'down' }), failed('503')],
    ['a call that meets a 499', CALL, SESSION, answered(499), { kind: 'refused' }],
    ['a call that meets a 400', CALL, SESSION, answered(400), { kind: 'refused' }],
    ['a call whose stream ends without an answer', CALL, SESSION, streamed('complete'), { kind: 'lost' }],
    ['a call for which mcpspan waits no longer', CALL, SESSION, unanswered('cut-off'), CANCELLED],
    ['a call whose stream its client leaves', CALL, SESSION, streamed('client-left'), CANCELLED],
    ['a call whose stream breaks', CALL, SESSION, streamed('upstream-failed'), failed('upstream_reset')],
    ['a modern call that is only accepted', toolCall(1, 'quiz', modern()), MODERN, answered(202), { kind: 'lost' }],
    ['a subscription that its server ends', LISTEN, MODERN, streamed('complete'), OK],
    ['a subscription that its client leaves', LISTEN, MODERN, streamed('client-left'), OK],
    ['a subscription that breaks', LISTEN, MODERN, streamed('upstream-failed'), failed('upstream_reset')],
    ['a subscription that is refused', LISTEN, MODERN, answered(404), { kind: 'refused' }],
    ['a notification that is taken', NOTE, SESSION, answered(202), OK],
    ['a notification that is refused', NOTE, SESSION, answered(400), { kind: 'refused' }],
    ['a notification that meets a 500', NOTE, SESSION, answered(500), failed('500')],
    [
      'a notification that reaches nobody',
      NOTE,
      SESSION,
      unanswered('upstream-unreachable'),
      failed('upstream_unreachable'),
    ],
  ])('%s has this outcome', (_, message, headers, act, outcome) => {
    const talk = startSessions();
    act(talk.post(message, headers));
    expect(talk.of('operation-ended')).toHaveLength(1);
    expect(talk.ended().outcome).toEqual(outcome);
  });

  it.each<[what: string, act: Act]>([
    ['a legacy call that is only accepted', answered(202)],
    [
      'a legacy call whose stream can be resumed',
      (exchange) => {
        exchange.stream();
        exchange.event('', 'e1');
        exchange.close();
      },
    ],
  ])('%s is waited for, and answered on another stream', (_, act) => {
    const talk = startSessions();
    act(talk.post(CALL, SESSION));
    expect(outcomes(talk)).toEqual([]);
    const stream = talk.send({ method: 'GET', headers: SESSION });
    stream.stream();
    stream.event(result(1));
    expect(outcomes(talk)).toEqual([['tools/call', 1, 'ok']]);
  });

  it('of a process that ends is lost; a subscription is over', () => {
    const talk = startConversation();
    const command = talk.wrap();
    command.client(toolCall(1));
    command.client(request(3, 'subscriptions/listen'));
    command.exit();
    expect(outcomes(talk)).toEqual([
      ['tools/call', 1, 'lost'],
      ['subscriptions/listen', 3, 'ok'],
    ]);
  });
});

describe('whether an operation failed or was rejected, for who received it and for who sent it', () => {
  type Fault = ReturnType<typeof faultOf>;
  it.each<[Outcome, received: Fault, sent: Fault]>([
    [{ kind: 'ok' }, undefined, undefined],
    [{ kind: 'refused' }, 'rejected', 'rejected'],
    [{ kind: 'cancelled' }, undefined, 'failed'],
    [{ kind: 'tool-error' }, 'failed', 'failed'],
    [{ kind: 'lost' }, 'failed', 'failed'],
    [{ kind: 'failed', type: '500' }, 'failed', 'failed'],
    // A caller's fault is no error of who was asked.
    [{ kind: 'rpc-error', code: -32_602, message: '' }, 'rejected', 'failed'],
    [{ kind: 'rpc-error', code: -32_603, message: '' }, 'failed', 'failed'],
    [{ kind: 'rpc-error', code: undefined, message: '' }, 'failed', 'failed'],
  ])('%j: %s, %s', (outcome, received, sent) => {
    const ending = { outcome, handshake: undefined, unknownTool: false };
    expect(faultOf('to-server', ending)).toBe(received);
    expect(faultOf('to-client', ending)).toBe(sent);
  });

  it.each<Outcome>([{ kind: 'refused' }, { kind: 'rpc-error', code: -32_601, message: '' }])(
    '%j: neither, as the answer to a probe',
    (outcome) => {
      const ending = { outcome, handshake: 'probe', unknownTool: false } as const;
      expect([faultOf('to-server', ending), faultOf('to-client', ending)]).toEqual([undefined, undefined]);
    },
  );

  it('a result with an error is rejected where the tool is unknown', () => {
    const ending = { outcome: { kind: 'tool-error' }, handshake: undefined, unknownTool: true } as const;
    expect(faultOf('to-server', ending)).toBe('rejected');
  });
});
