import { describe, expect, it } from 'vitest';
import {
  failure,
  MODERN,
  modern,
  notification,
  request,
  result,
  REVISION,
  startConversation,
  toolCall,
} from '../support/conversation.ts';

/** A process whose handshake is over. */
function startProcess() {
  const talk = startConversation();
  const wrapped = talk.wrap();
  const clientInfo = { name: 'claude-ai', version: '0.1.0' };
  wrapped.client(request(0, 'initialize', { protocolVersion: REVISION, clientInfo }));
  talk.clock.advance(40);
  wrapped.server(result(0, { protocolVersion: REVISION, serverInfo: { name: 'quiz-server', version: '2.0.0' } }));
  wrapped.client(notification('notifications/initialized'));
  const call = (id: number, seconds = 0.01): void => {
    wrapped.client(toolCall(id));
    talk.clock.advance(seconds * 1_000);
    wrapped.server(result(id, { content: [] }));
  };
  return { talk, wrapped, call };
}

const outcomes = (talk: ReturnType<typeof startConversation>) =>
  talk.of('operation-ended').map(({ operation }) => [operation.method, operation.outcome.kind]);

describe('a wrapped process', () => {
  it('is one session, from its handshake to its exit [MCP-STDIO-1]', () => {
    const { talk, wrapped, call } = startProcess();
    call(1);
    call(2);
    wrapped.exit();
    expect(talk.of('session-opened')).toHaveLength(1);
    const [{ session, reason, counted } = {}] = talk.of('session-ended');
    expect(session).toMatchObject({
      source: 'process',
      id: undefined,
      opened: 'handshake',
      toolCalls: 2,
      protocolVersion: REVISION,
      server: { name: 'quiz-server', version: '2.0.0' },
    });
    expect([reason, counted]).toEqual(['process-exit', true]);
    expect(talk.of('session-used')).toHaveLength(1);
    expect(talk.of('anomaly')).toEqual([]);
  });

  it('knows its client and revision for every call, though these name neither', () => {
    const { talk, call } = startProcess();
    call(1);
    expect(talk.ended('tools/call')).toMatchObject({
      source: 'process',
      era: 'legacy',
      protocolVersion: REVISION,
      clientLabel: 'claude.ai',
    });
  });

  it('tells how long each call took, and not since the process began', () => {
    const { talk, call } = startProcess();
    talk.clock.advance(3_600_000);
    call(1, 0.25);
    const { startedAt, endedAt } = talk.ended('tools/call');
    expect(endedAt - startedAt).toBe(250);
  });

  it('answers calls in any order', () => {
    const { talk, wrapped } = startProcess();
    for (const id of [1, 2, '2']) wrapped.client(toolCall(id, `tool-${typeof id}-${id}`));
    for (const id of ['2', 1, 2]) wrapped.server(result(id));
    const named = talk.of('operation-ended').flatMap(({ operation }) => operation.target?.name ?? []);
    expect(named).toEqual(['tool-string-2', 'tool-number-1', 'tool-number-2']);
  });

  it('is told of notifications at once: nothing acknowledges them', () => {
    const { talk } = startProcess();
    expect(outcomes(talk).at(-1)).toEqual(['notifications/initialized', 'ok']);
  });

  it('asks its client things inside of a call, as long as it is the only one', () => {
    const { talk, wrapped } = startProcess();
    wrapped.client(toolCall(1));
    wrapped.server(request('e1', 'elicitation/create', { message: 'sure?' }));
    wrapped.client(result('e1', { action: 'accept' }));
    const inside = talk.ended('elicitation/create');
    expect(inside).toMatchObject({ direction: 'to-client', outcome: { kind: 'ok' }, source: 'process' });
    expect(inside.parent?.method).toBe('tools/call');
    wrapped.client(toolCall(2));
    wrapped.server(request('e2', 'elicitation/create', { message: 'sure?' }));
    wrapped.client(failure('e2', -1));
    expect(talk.ended('elicitation/create')).toMatchObject({ parent: undefined, outcome: { kind: 'rpc-error' } });
    expect(talk.ended('elicitation/create').placement?.traceId).toBe(
      talk.of('session-opened')[0]?.session.root.traceId,
    );
  });

  it('has calls that were given up end at once, and a late answer is nothing odd [MCP-CANCEL-5]', () => {
    const { talk, wrapped } = startProcess();
    wrapped.client(toolCall(1));
    wrapped.client(notification('notifications/cancelled', { requestId: 1 }));
    expect(talk.ended('tools/call')).toMatchObject({ cancelled: true, outcome: { kind: 'cancelled' } });
    expect(talk.of('cancelled')).toHaveLength(1);
    wrapped.server(result(1));
    expect(talk.of('anomaly')).toEqual([]);
    wrapped.server(result(1));
    expect(talk.of('anomaly')).toEqual([{ kind: 'anomaly', what: 'unmatched-response' }]);
  });

  it('loses what it has not answered when it exits', () => {
    const { talk, wrapped } = startProcess();
    wrapped.client(toolCall(1));
    wrapped.server(request('s1', 'roots/list'));
    wrapped.exit();
    expect(outcomes(talk).slice(-2)).toEqual([
      ['tools/call', 'lost'],
      ['roots/list', 'lost'],
    ]);
    expect(talk.of('session-ended').map(({ reason }) => reason)).toEqual(['process-exit']);
  });

  it('is never silent for too long', () => {
    const { talk, call } = startProcess();
    call(1);
    talk.clock.advance(30 * 86_400_000);
    talk.sweep();
    expect(talk.of('session-ended')).toEqual([]);
  });

  it('speaks both eras in one session, each request for itself', () => {
    const talk = startConversation();
    const wrapped = talk.wrap();
    wrapped.client(request(1, 'server/discover', modern()));
    wrapped.server(failure(1, -32_601));
    wrapped.client(request(2, 'initialize', { protocolVersion: REVISION, clientInfo: { name: 'vscode' } }));
    wrapped.server(result(2, { protocolVersion: REVISION }));
    expect(talk.ended('server/discover')).toMatchObject({ era: 'modern', handshake: 'probe', source: 'process' });
    wrapped.client(toolCall(3, 'quiz', modern()));
    wrapped.server(result(3));
    expect(talk.ended('tools/call')).toMatchObject({ era: 'modern', protocolVersion: MODERN, source: 'process' });
    expect(talk.of('session-opened').map(({ session }) => session.source)).toEqual(['process']);
  });

  it('may be asked before any handshake', () => {
    const talk = startConversation();
    const wrapped = talk.wrap();
    wrapped.client(request(1, 'tools/list'));
    wrapped.server(result(1, { tools: [] }));
    expect(talk.of('session-opened').map(({ session }) => session.opened)).toEqual(['first-use']);
  });

  it('that prints other things than messages is odd, and goes on', () => {
    const { talk, wrapped, call } = startProcess();
    wrapped.server('Server listening on stdio\n\n');
    call(1);
    wrapped.server(`${JSON.stringify(result(9))}\n`);
    wrapped.server('{"half":');
    wrapped.exit();
    expect(talk.of('anomaly').map(({ what }) => what)).toEqual(['not-json', 'unmatched-response', 'not-json']);
    expect(talk.ended('tools/call').outcome.kind).toBe('ok');
  });

  it('may send lines of any length: what is too long is not read, and does no harm', () => {
    const talk = startConversation({ 'max-message-bytes': 2_000 });
    const wrapped = talk.wrap();
    wrapped.client(toolCall(1));
    wrapped.server(result(1, { text: 'x'.repeat(5_000) }));
    wrapped.client(toolCall(2));
    wrapped.server(result(2));
    expect(talk.of('anomaly').map(({ what }) => what)).toEqual(['too-large']);
    expect(talk.ended('tools/call')).toMatchObject({ requestId: 2, exchange: { incomplete: false } });
  });

  it('is batched with by old clients', () => {
    const { talk, wrapped } = startProcess();
    wrapped.client([toolCall(1), toolCall(2)]);
    wrapped.server([result(2), result(1)]);
    expect(outcomes(talk).slice(-2)).toEqual([
      ['tools/call', 'ok'],
      ['tools/call', 'ok'],
    ]);
  });

  it('keeps its client reusing, however many calls there are', () => {
    const { talk, call } = startProcess();
    for (let id = 1; id <= 6; id++) call(id);
    expect([...talk.tracker.registry.clients.verdicts()]).toEqual([
      { clientLabel: 'claude.ai', verdict: 'reusing', present: true },
    ]);
  });
});
