import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { play, type PlayReport } from '../../src/simulator/player.ts';
import { profiles } from '../../src/simulator/profiles.ts';
import { startSimulatedServer } from '../../src/simulator/server.ts';
import { posted, sentBy, startRecorder, type Recorder } from './recorder.ts';

function reportOf(report: PlayReport, name: string) {
  const found = report.profiles.find((one) => one.profile === name);
  if (found === undefined) throw new Error(`no report for ${name}`);
  return found;
}

describe('one round of every profile', () => {
  let server: Awaited<ReturnType<typeof startSimulatedServer>>;
  let recorder: Recorder;
  let report: PlayReport;
  beforeAll(async () => {
    server = await startSimulatedServer({});
    recorder = await startRecorder(server.url);
    report = await play({ url: recorder.url, profiles, speed: 500, seed: 1, rounds: 1 });
  });
  afterAll(async () => {
    await recorder.close();
    await server.close();
  });

  it('chatgpt-2025 opens a session for every call, in one conversation, and deletes none', () => {
    const { toolCalls, handshakes, sessions, ...rest } = reportOf(report, 'chatgpt-2025');
    expect([toolCalls, handshakes, sessions]).toEqual([6, 6, 6]);
    expect(rest).toMatchObject({ discoveries: 0, emptySessions: 0, sessionlessCalls: 0, errors: 0 });
    const sent = sentBy(recorder, 'chatgpt-2025');
    const calls = posted(sent, 'tools/call');
    expect(new Set(calls.map(({ headers }) => headers['mcp-session-id'])).size).toBe(6);
    const conversations = new Set(calls.map(({ body }) => body?.params._meta?.['openai/session']));
    expect([...conversations]).toEqual([expect.stringMatching(/^v1\/[0-9a-f]{32}$/)]);
    expect(posted(sent, 'notifications/initialized')).toHaveLength(6);
    expect(posted(sent, 'initialize')[0]?.body?.params.clientInfo).toEqual({ name: 'openai-mcp', version: '1.0.0' });
    expect(new Set(sent.map(({ httpMethod }) => httpMethod))).toEqual(new Set(['POST']));
  });

  it('claude-2026-03 keeps one session, and discovers in it', () => {
    expect(reportOf(report, 'claude-2026-03')).toMatchObject({
      clientName: 'Anthropic/ClaudeAI',
      handshakes: 1,
      sessions: 1,
      emptySessions: 0,
      discoveries: 2,
      toolCalls: 7,
      sessionlessCalls: 0,
      errors: 0,
    });
    const sent = sentBy(recorder, 'claude-2026-03');
    expect(sent.slice(0, 5).map(({ body }) => body?.method)).toEqual([
      'initialize',
      'notifications/initialized',
      'tools/list',
      'resources/list',
      'resources/read',
    ]);
    expect(sent.every(({ headers }) => headers['mcp-protocol-version'] === undefined)).toBe(true);
  });

  it('chatgpt-2026 calls without handshake and without session', () => {
    expect(reportOf(report, 'chatgpt-2026')).toMatchObject({
      handshakes: 0,
      sessions: 0,
      toolCalls: 7,
      sessionlessCalls: 7,
      errors: 0,
    });
    const sent = sentBy(recorder, 'chatgpt-2026');
    expect(sent.map(({ body }) => body?.method)).toEqual(Array(7).fill('tools/call'));
    for (const { headers, body } of sent) {
      expect(headers['mcp-session-id']).toBeUndefined();
      expect(body?.params._meta?.['openai/session']).toBe(headers['x-openai-session']);
    }
  });

  it('modern-stateless says in each request who it is, in headers and _meta alike', () => {
    const { discoveries, handshakes, toolCalls, ...rest } = reportOf(report, 'modern-stateless');
    expect([discoveries, handshakes, toolCalls]).toEqual([1, 1, 7]);
    expect(rest).toMatchObject({ sessions: 0, sessionlessCalls: 0, errors: 0 });
    for (const { headers, body } of sentBy(recorder, 'modern-stateless')) {
      expect(headers['mcp-protocol-version']).toBe('2026-07-28');
      expect(headers['mcp-method']).toBe(body?.method);
      expect(headers['mcp-name']).toBe(body?.params.name);
      expect(body?.params._meta).toMatchObject({
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientInfo': { name: 'antigravity-client' },
        'io.modelcontextprotocol/clientCapabilities': {},
      });
    }
  });

  it('reconnect-loop opens empty sessions, is refused with dead ids, and keeps streams', () => {
    const { handshakes, failedHandshakes, sessions, ...rest } = reportOf(report, 'reconnect-loop');
    expect([handshakes, failedHandshakes, sessions]).toEqual([11, 5, 6]);
    expect(rest).toMatchObject({ emptySessions: 6, toolCalls: 0, errors: 5 });
    const sent = sentBy(recorder, 'reconnect-loop');
    const dead = posted(sent, 'initialize').filter(({ headers }) => headers['mcp-session-id'] !== undefined);
    expect(dead.map(({ answered }) => answered.status)).toEqual(Array(5).fill(404));
    expect(sent.filter(({ httpMethod }) => httpMethod === 'GET').length).toBeGreaterThan(0);
  });

  it('scanner gets nothing but errors, under names that change', () => {
    expect(reportOf(report, 'scanner')).toMatchObject({ handshakes: 0, toolCalls: 6, sessionlessCalls: 6, errors: 12 });
    const names = sentBy(recorder, 'scanner').map(({ body }) => body?.params.name ?? body?.method);
    expect(new Set(names).size).toBe(12);
    expect(names).toContain('debug_traceTransaction');
  });

  it('counts what was sent, neither more nor less', () => {
    for (const { name } of profiles) {
      const { handshakes, toolCalls, sessions } = reportOf(report, name);
      const sent = sentBy(recorder, name);
      const opened = [...posted(sent, 'initialize'), ...posted(sent, 'server/discover')];
      expect([name, handshakes]).toEqual([name, opened.length]);
      expect([name, toolCalls]).toEqual([name, posted(sent, 'tools/call').length]);
      const minted = posted(sent, 'initialize').filter(({ answered }) => answered.status === 200);
      expect([name, sessions]).toEqual([name, minted.length]);
    }
  });

  it('reads answers on event streams like the others', () => {
    const calls = posted(recorder.seen, 'tools/call').filter(({ headers }) => headers['user-agent'] !== 'zgrab/0.x');
    expect(new Set(calls.map(({ answered }) => answered.contentType))).toEqual(
      new Set(['application/json', 'text/event-stream']),
    );
    for (const name of ['chatgpt-2025', 'claude-2026-03', 'chatgpt-2026', 'modern-stateless']) {
      const { latenciesMs, toolCalls } = reportOf(report, name);
      expect(latenciesMs).toHaveLength(toolCalls);
    }
  });

  it('sees state vanish between sessions, and stay within one', () => {
    expect(reportOf(report, 'chatgpt-2025').toolErrors).toBe(2);
    // Claude asks once before anything was submitted, and twice after.
    expect(reportOf(report, 'claude-2026-03').toolErrors).toBe(1);
  });

  it('leaves no connection open', async () => {
    await expect.poll(() => recorder.connections()).toBe(0);
  });
});
