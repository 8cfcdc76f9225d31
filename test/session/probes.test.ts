import { describe, expect, it } from 'vitest';
import {
  failure,
  MODERN,
  modern,
  request,
  result,
  REVISION,
  startConversation,
  type Conversation,
  type Json,
} from '../support/conversation.ts';
import { openEndpoint } from './endpoint-stream.ts';

const DISCOVER = request('p', 'server/discover', modern());
const OLDER_ONLY = result('p', { supportedVersions: ['2025-11-25', '2025-06-18'] });
const REFUSED: readonly [string, number, Json | undefined][] = [
  ['by HTTP', 400, undefined],
  ['by an error', 200, failure('p', -32_601)],
  ['by an error with another id', 200, failure('err_1', -32_601)],
  ['by older revisions only', 200, OLDER_ONLY],
];

const sent = (talk: Conversation) =>
  talk
    .of('operation-ended')
    .map(({ operation: { method, handshake, clientLabel } }) => [method, handshake, clientLabel]);

describe('server/discover that was refused', () => {
  it.each(REFUSED)('%s belongs to the session of the handshake that follows', (_, status, body) => {
    const talk = startConversation();
    talk.post(DISCOVER).answer(status, body);
    expect(sent(talk)).toEqual([]);
    talk.clock.advance(5);
    const initialize = talk.initialize('s1');
    expect(sent(talk)).toEqual([
      ['initialize', 'initialize', 'cursor'],
      ['server/discover', 'probe', 'cursor'],
    ]);
    const [probe] = talk.of('operation-ended').slice(-1);
    expect(probe?.operation).toMatchObject({
      session: { id: 's1' },
      placement: { traceId: initialize.placement.traceId, parentSpanId: initialize.session?.root.spanId },
    });
    expect(talk.of('session-opened')).toHaveLength(1);
    talk.tracker.shutdown(talk.clock.now());
    expect(talk.of('session-ended')[0]?.session).toMatchObject({ era: 'legacy', protocolVersion: REVISION });
    expect(talk.of('session-ended')[0]?.session.totals.handshakes).toBe(1);
  });

  it('over HTTP+SSE belongs to the session of its stream', () => {
    const talk = startConversation();
    const { stream, post } = openEndpoint(talk, '/messages/?session_id=q1');
    post(DISCOVER).answer(202);
    stream.event(failure('p', -32_601));
    post(request(1, 'initialize', { protocolVersion: REVISION, clientInfo: { name: 'zed', version: '1' } })).answer(
      202,
    );
    stream.event(result(1, { protocolVersion: REVISION }));
    expect(sent(talk)).toEqual([
      ['initialize', 'initialize', 'zed'],
      ['server/discover', 'probe', 'zed'],
    ]);
    expect(talk.of('session-opened').map(({ session: { id, era } }) => [id, era])).toEqual([['q1', 'legacy']]);
  });

  it('by a process belongs to the session of that', () => {
    const talk = startConversation();
    const wrapped = talk.wrap();
    wrapped.client(DISCOVER);
    wrapped.server(OLDER_ONLY);
    wrapped.client(request(1, 'initialize', { protocolVersion: REVISION, clientInfo: { name: 'zed', version: '1' } }));
    wrapped.server(result(1, { protocolVersion: REVISION }));
    expect(talk.of('operation-ended').map(({ operation }) => operation.session?.source)).toEqual([
      'process',
      'process',
    ]);
    expect(talk.of('session-opened')).toMatchObject([{ session: { opened: 'handshake', era: 'legacy' } }]);
  });

  it('is told of by itself where no handshake follows within a second', () => {
    const talk = startConversation();
    talk.post(DISCOVER).answer(400);
    talk.clock.advance(999);
    talk.sweep();
    expect(sent(talk)).toEqual([]);
    talk.clock.advance(1);
    talk.sweep();
    expect(talk.ended()).toMatchObject({ handshake: 'probe', session: undefined });
    talk.initialize('s1');
    expect(talk.of('operation-ended')).toHaveLength(2);
  });

  it('is told of at the end', () => {
    const talk = startConversation();
    talk.post(DISCOVER).answer(400);
    talk.tracker.shutdown(talk.clock.now());
    expect(sent(talk)).toHaveLength(1);
  });

  it('is told of when the handshake that follows fails', () => {
    const talk = startConversation();
    talk.post(DISCOVER).answer(400);
    talk.post(request(1, 'initialize', {})).answer(400);
    expect(sent(talk).map(([method, handshake]) => [method, handshake])).toEqual([
      ['initialize', 'failed'],
      ['server/discover', 'probe'],
    ]);
    expect(talk.of('session-opened')).toEqual([]);
  });

  it('by another principal is not that of this handshake', () => {
    const talk = startConversation();
    talk.post(DISCOVER, { Authorization: 'Bearer ann' }).answer(400);
    talk.initialize('s1', { name: 'zed', version: '1' }, { Authorization: 'Bearer bob' });
    expect(sent(talk).map(([method]) => method)).toEqual(['initialize']);
    talk.passProbes();
    expect(talk.ended('server/discover').session).toBeUndefined();
  });

  it('is held back for so many callers only', () => {
    const talk = startConversation();
    const probe = (caller: number) => talk.post(DISCOVER, { Authorization: `Bearer ${caller}` }).answer(400);
    for (let caller = 0; caller < 1_000; caller++) probe(caller);
    expect(sent(talk)).toEqual([]);
    probe(1_000);
    expect(sent(talk)).toHaveLength(1);
  });
});

describe('server/discover that offers the newest revision among others', () => {
  it.each([[[MODERN]], [['2025-11-25', MODERN]], [['2027-01-01']], [[]]])('here %j, is a handshake', (versions) => {
    const talk = startConversation();
    talk.ask(DISCOVER, result('p', { supportedVersions: versions }));
    expect(talk.ended()).toMatchObject({ handshake: 'discover', session: { era: 'modern' } });
  });
});
