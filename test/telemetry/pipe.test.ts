import { expect, it } from 'vitest';
import { request, result, REVISION, toolCall } from '../support/conversation.ts';
import { startRecorder } from './recorder.ts';

function startPipe() {
  const recorder = startRecorder();
  const wrapped = recorder.talk.wrap();
  wrapped.client(request(0, 'initialize', { protocolVersion: REVISION, clientInfo: { name: 'claude-ai' } }));
  wrapped.server(result(0, { protocolVersion: REVISION }));
  wrapped.client(toolCall(1));
  recorder.talk.clock.advance(20);
  wrapped.server(result(1));
  return { recorder, wrapped };
}

it('a call to a wrapped process has a pipe for a network, and nothing of HTTP [OTEL-TRANSPORT-1]', () => {
  const { recorder } = startPipe();
  const { attributes, kind } = recorder.span('tools/call quiz');
  expect(attributes).toMatchObject({ 'network.transport': 'pipe', 'mcpspan.session.source': 'process' });
  const http = /^(http|url|server|client|user_agent|network\.protocol|mcp\.session\.id|mcpspan\.first_byte)/;
  expect(Object.keys(attributes).filter((name) => http.test(name))).toEqual([]);
  expect(kind).toBe(recorder.span('initialize').kind);
});

it('a wrapped process is a trace: root, calls, and a summary when it exits', () => {
  const { recorder, wrapped } = startPipe();
  wrapped.exit();
  expect(new Set(recorder.spans().map((span) => span.spanContext().traceId)).size).toBe(1);
  expect(recorder.spans().map(({ name }) => name)).toEqual([
    'mcp.session',
    'initialize',
    'tools/call quiz',
    'mcp.session.summary',
  ]);
  expect(recorder.span('mcp.session.summary').attributes).toMatchObject({
    'mcpspan.end_reason': 'process-exit',
    'mcpspan.summary.tool_calls': 1,
  });
});

it('a wrapped process counts as a session, over no protocol of the network', async () => {
  const { recorder, wrapped } = startPipe();
  wrapped.exit();
  const [duration] = await recorder.points('mcp.server.operation.duration');
  expect(duration?.labels).toMatchObject({ 'network.transport': 'pipe' });
  expect(duration?.labels).not.toHaveProperty('network.protocol.name');
  const [session] = await recorder.points('mcp.server.session.duration');
  expect(session?.labels).toEqual({
    'mcpspan.client': 'claude.ai',
    'mcpspan.server': 'quiz:3000',
    'mcp.protocol.version': REVISION,
  });
  const [ended] = await recorder.points('mcpspan.sessions.ended');
  expect(ended?.labels).toMatchObject({ 'mcpspan.session.source': 'process', 'mcpspan.end_reason': 'process-exit' });
  expect((await recorder.points('mcpspan.tool_calls'))[0]?.labels).toMatchObject({
    'mcpspan.session.source': 'process',
  });
});
