import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { play, type PlayReport } from '../../src/simulator/player.ts';
import { startSimulatedServer } from '../../src/simulator/server.ts';
import { json, startPlainServer } from '../e2e/plain-server.ts';
import { posted, profileNamed, startRecorder, type Recorded } from './recorder.ts';

/** One round of one profile, and what it sent. */
interface Round {
  readonly sent: readonly Recorded[];
  readonly report: PlayReport['profiles'][number];
}

let server: Awaited<ReturnType<typeof startSimulatedServer>>;
beforeAll(async () => {
  server = await startSimulatedServer({});
});
afterAll(() => server.close());

async function playAlone(name: string, url = server.url): Promise<Round> {
  await using recorder = await startRecorder(url);
  const { profiles } = await play({
    url: recorder.url,
    profiles: [profileNamed(name)],
    speed: 2_000,
    seed: 1,
    rounds: 1,
  });
  const [report] = profiles;
  if (report === undefined) throw new Error(`no report for ${name}`);
  return { sent: recorder.seen, report };
}

const sessionsOf = (sent: readonly Recorded[]): Set<unknown> =>
  new Set(posted(sent, 'tools/call').map(({ headers }) => headers['mcp-session-id']));
const metaOf = (sent: readonly Recorded[], key: string): unknown[] =>
  posted(sent, 'tools/call').map(({ body }) => body?.params._meta?.[key]);

describe('the roster', () => {
  it('claude-ai-2026-07 opens a session for every call, and keeps a trace id for a whole message', async () => {
    const { sent, report } = await playAlone('claude-ai-2026-07');
    expect(report).toMatchObject({ toolCalls: 7, handshakes: 8, sessions: 8, emptySessions: 1, errors: 0 });
    expect(sessionsOf(sent).size).toBe(7);
    const names = posted(sent, 'initialize').map(({ body }) => body?.params.clientInfo?.['name']);
    expect(new Set(names)).toEqual(new Set(['Anthropic', 'Anthropic/ClaudeAI']));
    const traces = posted(sent, 'tools/call').map(({ headers }) => String(headers['traceparent']).split('-'));
    expect(new Set(traces.map(([, trace]) => trace)).size).toBe(4);
    expect(new Set(traces.map(([, , span]) => span)).size).toBe(7);
    expect(traces[0]).toEqual(['00', expect.stringMatching(/^[0-9a-f]{32}$/), expect.stringMatching(/^.{16}$/), '01']);
  });

  it.each(['claude-code', 'cursor', 'vscode'])('%s keeps one session and a stream', async (name) => {
    const { sent, report } = await playAlone(name);
    expect(report).toMatchObject({ toolCalls: 6, handshakes: 1, sessions: 1, errors: 0 });
    expect(sessionsOf(sent).size).toBe(1);
    expect(sent.filter(({ httpMethod }) => httpMethod === 'GET')).toHaveLength(1);
    expect(sent.filter(({ httpMethod }) => httpMethod === 'DELETE')).toEqual([]);
  });

  it('claude-code names each tool use, vscode its chat', async () => {
    const code = await playAlone('claude-code');
    expect(new Set(metaOf(code.sent, 'claudecode/toolUseId')).size).toBe(6);
    const vscode = await playAlone('vscode');
    expect(new Set(metaOf(vscode.sent, 'vscode.conversationId')).size).toBe(1);
    expect(new Set(metaOf(vscode.sent, 'vscode.requestId')).size).toBe(3);
  });

  it('langchain-python deletes each session after its call', async () => {
    const { sent, report } = await playAlone('langchain-python');
    expect(report).toMatchObject({ toolCalls: 6, handshakes: 7, sessions: 7, emptySessions: 1, errors: 0 });
    const deleted = sent.filter(({ httpMethod }) => httpMethod === 'DELETE');
    expect(deleted.map(({ answered }) => answered.status)).toEqual(Array(7).fill(200));
  });

  it('n8n-old connects for every step and closes nothing', async () => {
    const { sent, report } = await playAlone('n8n-old');
    expect(report).toMatchObject({ toolCalls: 6, handshakes: 12, sessions: 12, emptySessions: 6, discoveries: 6 });
    expect(sent.filter(({ httpMethod }) => httpMethod === 'GET')).toHaveLength(12);
    expect(sent.filter(({ httpMethod }) => httpMethod === 'DELETE')).toEqual([]);
  });

  it('openai-agents is modern with a modern server', async () => {
    const { sent, report } = await playAlone('openai-agents');
    expect(report).toMatchObject({ toolCalls: 6, handshakes: 1, sessions: 0, discoveries: 3, errors: 0 });
    expect(new Set(sent.map(({ headers }) => headers['mcp-protocol-version']))).toEqual(new Set(['2026-07-28']));
  });

  it('openai-agents is legacy with a legacy one, and deletes its session', async () => {
    await using legacy = await startPlainServer();
    legacy.intercept = ({ body }, response) => {
      if (!body.includes('server/discover')) return false;
      json(response, 400, { jsonrpc: '2.0', id: null, error: { code: -32000, message: 'Server not initialized' } });
      return true;
    };
    const { sent, report } = await playAlone('openai-agents', legacy.url);
    expect(report).toMatchObject({ toolCalls: 6, handshakes: 2, failedHandshakes: 1, sessions: 1 });
    expect(posted(sent, 'server/discover')[0]?.body?.params._meta).toMatchObject({
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    });
    expect(sessionsOf(sent).size).toBe(1);
    expect(sent.filter(({ httpMethod }) => httpMethod === 'DELETE')).toHaveLength(1);
  });

  it('mcp-remote knocks, tries a throw-away session, and speaks for its host in another', async () => {
    const { sent, report } = await playAlone('mcp-remote');
    expect(report).toMatchObject({ toolCalls: 6, handshakes: 2, sessions: 2, emptySessions: 1 });
    const names = posted(sent, 'initialize').map(({ body }) => body?.params.clientInfo?.['name']);
    expect(names).toEqual(['mcp-remote-fallback-test', 'claude-ai (via mcp-remote 0.15.1)']);
    // Two knocks, six well-known places, and a stream of each session.
    expect(sent.filter(({ httpMethod }) => httpMethod === 'GET')).toHaveLength(10);
    expect(posted(sent, 'tools/call')[0]?.headers).toMatchObject({
      'mcp-method': 'tools/call',
      'mcp-name': 'create_matching_question',
      'mcp-protocol-version': '2025-11-25',
    });
  });

  it('health-checker calls nothing', async () => {
    const { report } = await playAlone('health-checker');
    expect(report).toMatchObject({ toolCalls: 0, handshakes: 8, sessions: 8, emptySessions: 8, errors: 0 });
  });
});
