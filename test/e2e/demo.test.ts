import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { parseConfig } from '../../src/settings/config.ts';
import { startProxy } from '../../src/run/proxy.ts';
import { PAGE_LINE, runCli } from './cli.ts';
import { startPlainServer } from './plain-server.ts';
import { speakTo } from './speaker.ts';

interface Row {
  server: string;
  client: string;
  sessions: number;
  toolCalls: number;
  handshakes: number;
  sessionlessShare?: number;
  verdict?: string;
}

it('a report holds all that was answered before it was asked for', async () => {
  await using upstream = await startPlainServer();
  const parsed = parseConfig(
    ['--upstream', upstream.url, '--listen', '127.0.0.1:0', '--page', 'off', '--store', 'off'],
    {},
  );
  if (!parsed.ok || parsed.command !== 'proxy') throw new Error('these arguments run the proxy');
  const proxy = await startProxy(parsed.config, { reports: true });
  try {
    const speaker = speakTo(proxy.url, { name: 'reported', version: '1.0.0' });
    await speaker.open();
    for (let calls = 1; calls <= 20; calls++) {
      await speaker.call('echo');
      expect(await proxy.report()).toMatchObject([{ client: 'reported', toolCalls: calls }]);
    }
  } finally {
    await proxy.stop();
  }
});

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
