import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { failure, notification, request, result, toolCall } from '../support/conversation.ts';
import { SESSION, anomalies, outcomes, startSessions, streamed } from './two-sessions.ts';

describe('a message is not read where', () => {
  it('it is progress of the client, which is counted only', () => {
    const talk = startSessions();
    const progress = notification('notifications/progress', { progressToken: 1, progress: 1 });
    talk.post(progress, SESSION).answer(202);
    expect(talk.of('notified')).toMatchObject([{ method: 'notifications/progress', direction: 'to-server' }]);
    expect(outcomes(talk)).toEqual([]);
  });

  it.each([
    ['it is not JSON', '{"jsonrpc":', 'not-json'],
    ['it is not JSON-RPC', { hello: 1 }, 'not-jsonrpc'],
  ])('%s', (_, body, what) => {
    const talk = startSessions();
    talk.post(body, SESSION).answer(400, failure(null, -32_700));
    expect(anomalies(talk)).toContain(what);
    expect(outcomes(talk)).toEqual([]);
  });

  it.each([
    ['another method', { 'Mcp-Method': 'tools/list' }],
    ['another name', { 'Mcp-Name': 'quizz' }],
    ['another name, encoded', { 'Mcp-Name': '=?base64?cXVpeno=?=' }],
    ['another revision', { 'MCP-Protocol-Version': '2026-07-28' }],
  ])('the header names %s, which is odd', (_, header) => {
    const talk = startSessions();
    const meta = { 'io.modelcontextprotocol/protocolVersion': '2025-11-25' };
    talk.ask(toolCall(1, 'quiz', { _meta: meta }), result(1), { ...SESSION, ...header });
    expect(anomalies(talk)).toEqual(['header-mismatch']);
  });

  it.each([
    ['a tool', toolCall(1, 'quiz'), { 'Mcp-Method': 'tools/call', 'Mcp-Name': 'quiz' }],
    ['a tool beyond ASCII', toolCall(1, 'Fräge'), { 'Mcp-Name': '=?base64?RnLDpGdl?=' }],
    ['a resource', request(1, 'resources/read', { uri: 'a://b' }), { 'Mcp-Name': 'a://b' }],
    ['a task', request(1, 'tasks/get', { taskId: 't1' }), { 'Mcp-Name': 't1' }],
    ['what has no name', request(1, 'ping'), { 'Mcp-Name': 'anything' }],
  ])('the header names %s as it is, which is not', (_, message, header) => {
    const talk = startSessions();
    talk.ask(message, result(1), { ...SESSION, ...header });
    expect(anomalies(talk)).toEqual([]);
  });
});

describe('an answer that was not seen whole', () => {
  it('as JSON is taken for one, marked as incomplete', () => {
    const talk = startSessions({ 'max-message-bytes': 2_048 });
    talk.post(toolCall(1), SESSION).answer(200, result(1, { text: 'x'.repeat(3_000) }));
    expect(anomalies(talk)).toEqual(['too-large']);
    expect(talk.ended()).toMatchObject({ outcome: { kind: 'ok' }, exchange: { incomplete: true } });
  });

  // Was: lost, and servers of the SDK stream all that they answer.
  it('in an event stream is not called lost', () => {
    const talk = startSessions({ 'max-message-bytes': 2_048 });
    const call = streamed(talk, 1);
    call.event(result(1, { text: 'x'.repeat(3_000) }));
    call.close();
    expect(anomalies(talk)).toEqual(['too-large']);
    expect(talk.ended()).toMatchObject({ outcome: { kind: 'ok' }, exchange: { incomplete: true } });
  });
});

describe('an answer in a content coding', () => {
  const zipped = (id: number) => gzipSync(JSON.stringify(result(id)));
  const GZIP = { 'Content-Type': 'application/json', 'Content-Encoding': 'gzip' };

  it('is read when it has been decoded', async () => {
    const talk = startSessions();
    talk.post(toolCall(1), SESSION).answer(200, zipped(1), GZIP);
    await expect.poll(() => outcomes(talk)).toHaveLength(1);
    expect(talk.ended()).toMatchObject({ outcome: { kind: 'ok' }, exchange: { incomplete: false } });
  });

  // The relay frees the slot when the exchange ends, which may be before the observer has decoded its body.
  it('is read though the next exchange has its slot already', async () => {
    const talk = startSessions();
    for (const id of [1, 2]) talk.send({ headers: SESSION, body: toolCall(id) }, 1_000).answer(200, zipped(id), GZIP);
    await expect.poll(() => outcomes(talk)).toHaveLength(2);
    expect(talk.of('operation-ended').map(({ operation }) => operation.exchange.incomplete)).toEqual([false, false]);
  });
});
