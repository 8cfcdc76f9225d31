import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { PAGE_LINE, runCli } from './cli.ts';

interface Row {
  server: string;
  client: string;
  sessions: number;
  toolCalls: number;
  handshakes: number;
  sessionlessShare?: number;
  verdict?: string;
}

describe('demo --once', () => {
  it('prints one table: who shakes hands for every call, and who keeps a session', async () => {
    await using receiver = await startOtlpReceiver();
    await using demo = runCli(['demo', '--once', '--listen', '127.0.0.1:0', '--page', 'off'], {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    });
    expect(await demo.ended).toBe(0);
    const line = (client: string) =>
      demo
        .stdout()
        .split('\n')
        .filter((each) => new RegExp(`^quiz +${client} `).test(each));
    expect(line('chatgpt')).toEqual([expect.stringMatching(/ 6 +6 +1\.00 +0 % +0 +\d+ ms +per-call$/)]);
    expect(line('claude.ai')).toEqual([expect.stringMatching(/ 1 +7 +0\.14 +0 % +0 +\d+ ms +reusing$/)]);
    expect(demo.stdout()).toMatch(/^chatgpt \(quiz\): per-call, .+$/m);
    expect(demo.stderr()).toMatch(/http:\/\/127\.0\.0\.1:\d+\/mcp/);
    expect(demo.stderr()).toContain('nothing');
    // It exports nothing, whatever the environment says.
    expect(receiver.requests).toEqual([]);
  });

  it('prints the same as JSON with --json, faster than life, and exports when it is told to', async () => {
    await using receiver = await startOtlpReceiver();
    const flags = ['--json', '--export', '--speed', '200', '--listen', '127.0.0.1:0', '--page', 'off'];
    await using demo = runCli(['demo', '--once', ...flags], {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_SERVICE_NAME: 'somebody-else',
    });
    expect(await demo.ended).toBe(0);
    // What the command documents.
    const rows = JSON.parse(demo.stdout()) as Row[];
    const of = (server: string, client: string) => rows.find((row) => row.server === server && row.client === client);
    expect(of('quiz', 'chatgpt')).toMatchObject({ verdict: 'per-call' });
    expect(of('quiz', 'claude.ai')).toMatchObject({ sessions: 1, handshakes: 1, verdict: 'reusing' });
    expect(of('quiz-2026', 'chatgpt')).toMatchObject({ handshakes: 0, sessionlessShare: 1, verdict: 'sessionless' });
    expect(of('quiz', 'antigravity')).toMatchObject({ verdict: 'modern' });
    const services = new Set(receiver.spans.map(({ resource }) => resource['service.name']));
    expect(services).toEqual(new Set(['mcpspan-demo']));
  });
});

describe('demo', () => {
  it('tells of what it did itself, where the store knows more', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mcpspan-test-'));
    const flags = ['--once', '--json', '--profile', 'claude-2026-03', '--speed', '200', '--listen', '127.0.0.1:0'];
    const counted: unknown[] = [];
    for (let time = 0; time < 2; time++) {
      await using demo = runCli(['demo', ...flags, '--store', join(folder, 'kept.db')]);
      expect(await demo.ended).toBe(0);
      const [row] = JSON.parse(demo.stdout()) as Row[];
      counted.push([row?.sessions, row?.toolCalls, row?.handshakes]);
    }
    expect(counted).toEqual([
      [1, 7, 1],
      [1, 7, 1],
    ]);
    expect(readdirSync(folder)).toContain('kept.db');
    rmSync(folder, { recursive: true });
  });

  it('ends with 1, and says why, where there is no store to read a table from', async () => {
    await using demo = runCli(['demo', '--once', '--listen', '127.0.0.1:0', '--store', '/dev/null/store.db']);
    expect(await demo.ended).toBe(1);
    expect(demo.stdout()).toBe('');
    expect(demo.stderr()).toMatch(/^mcpspan: there is no table: the store \/dev\/null\/store\.db .+$/m);
  });

  it('leaves nothing behind where it cannot start', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mcpspan-test-'));
    await using demo = runCli(['demo', '--listen', '192.0.2.1:4100', '--page', '127.0.0.1:0'], { TMPDIR: folder });
    expect(await demo.ended).toBe(2);
    expect(readdirSync(folder)).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  it('opens a page that has an hour to show, of the clients that play on, and leaves nothing behind', async () => {
    const flags = ['--listen', '127.0.0.1:0', '--page', '127.0.0.1:0'];
    await using demo = runCli(['demo', ...flags], { TMPDIR: tmpdir() });
    await demo.untilSaid((stderr) => PAGE_LINE.test(stderr));
    const page = PAGE_LINE.exec(demo.stderr())?.[1];
    // What the page itself is told.
    const ask = async (what: string) => (await (await fetch(`${page}/api/${what}`)).json()) as Told;
    const { store } = await ask('about');
    expect(store.path).toContain('mcpspan-demo-');
    expect(store.lastAt - store.firstAt).toBeGreaterThan(50 * 60_000);
    const { clients } = await ask('clients?seconds=3600');
    const verdictOf = (server: string, client: string) =>
      clients.find((each) => each.server === server && each.client === client)?.verdict;
    expect(verdictOf('quiz', 'chatgpt')).toBe('per-call');
    expect(verdictOf('quiz', 'claude.ai')).toBe('reusing');
    expect(verdictOf('quiz-2026', 'chatgpt')).toBe('sessionless');
    demo.kill();
    expect(await demo.ended).toBe(0);
    expect(existsSync(store.path)).toBe(false);
  });
});

interface Told {
  store: { path: string; firstAt: number; lastAt: number };
  clients: { server: string; client: string; verdict?: string }[];
}
