import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { effectInWords } from '../../../src/reading/change-words.ts';
import { roster } from '../../../src/simulator/profiles.ts';
import type { StoreReader } from '../../../src/store/reader.ts';
import { readerOf, temporaryFolder, type TemporaryFolder } from '../../store/store-rig.ts';
import { contentsOf, MINUTE, NOW, write } from './history-rig.ts';

const FROM = NOW - 60 * MINUTE;
const at = (minute: number): number => FROM + minute * MINUTE;

let folder: TemporaryFolder;
let reader: StoreReader;
let report: Awaited<ReturnType<typeof write>>;
beforeAll(async () => {
  folder = temporaryFolder();
  report = await write(folder.in('hour.db'));
  reader = readerOf(folder.in('hour.db'), () => NOW);
});
afterAll(() => {
  reader[Symbol.dispose]();
  folder[Symbol.dispose]();
});

const clientAt = (server: string, client: string) =>
  reader.clients({ server }).find((figures) => figures.client === client);

describe('an hour of history', () => {
  it('is in the store message by message, and nothing is odd about any', () => {
    expect(report).toMatchObject({ lost: 0, said: [] });
    expect(reader.contents()).toMatchObject({ operations: report.messages, notStored: 0, pruned: 0 });
    expect(reader.latest({ status: 'lost' })).toEqual([]);
    expect(reader.latest({}).filter(({ incomplete }) => incomplete)).toEqual([]);
    expect(reader.counts({}).filter(({ what }) => what.startsWith('anomaly'))).toEqual([]);
  });

  it('covers all of the hour, and nothing of it lies in the future', () => {
    const { intervals } = reader.timeSeries({}, 300);
    expect(intervals.map((interval) => (interval.at - FROM) / 300_000)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    const operations = reader.latest({});
    expect(Math.min(...operations.map(({ startedAt }) => startedAt))).toBeGreaterThanOrEqual(FROM);
    const last = Math.max(...operations.map(({ startedAt, seconds }) => startedAt + seconds * 1_000));
    expect(last).toBeLessThan(NOW);
    expect(NOW - last).toBeLessThan(20_000);
    for (const { openedAt, lastAt, endedAt } of reader.sessions({})) {
      expect(openedAt).toBeGreaterThanOrEqual(FROM);
      expect(Math.max(lastAt, endedAt ?? 0)).toBeLessThanOrEqual(NOW);
    }
  });

  it('has its latest messages in the order in which they ended, at whichever server', () => {
    const latest = reader.latest({ limit: 20 });
    expect(new Set(latest.map(({ server }) => server)).size).toBe(2);
    const ended = latest.map(({ startedAt, seconds }) => startedAt + seconds * 1_000);
    // What is written in one second stands by server.
    for (const [index, end] of ended.entries())
      for (const later of ended.slice(index + 1)) expect(later - end).toBeGreaterThan(-2_000);
  });

  it('is as busy as a small server, with hardly anybody there at lunch', () => {
    const { intervals, all } = reader.timeSeries({}, 60);
    expect(all.operations / 3_600).toBeGreaterThan(0.5);
    expect(all.operations / 3_600).toBeLessThan(1);
    const lunch = intervals.filter((interval) => interval.at >= at(32) && interval.at < at(36));
    const mean = (some: typeof intervals): number =>
      some.reduce((sum, { operations }) => sum + operations, 0) / some.length;
    expect(mean(lunch)).toBeLessThan(mean(intervals) / 2);
  });

  it.each([
    ['quiz', 'chatgpt', 'per-call', 1],
    ['quiz', 'claude.ai', 'reusing', 0.2],
    ['quiz', 'antigravity', 'modern', 0.2],
    ['quiz', 'vscode', 'reusing', 0.2],
    ['quiz', 'claude-code', 'reusing', 0.2],
    ['quiz-2026', 'chatgpt', 'sessionless', 0.1],
  ])('at %s %s is found to be %s', (server, client, verdict, handshakesPerCall) => {
    const figures = clientAt(server, client);
    expect(figures?.verdict).toBe(verdict);
    expect(figures?.toolCalls).toBeGreaterThan(100);
    expect((figures?.handshakes ?? 0) / (figures?.toolCalls ?? 1)).toBeLessThanOrEqual(handshakesPerCall);
  });

  it('has one that connects again and again, and one that tries names that nobody knows', () => {
    expect(clientAt('quiz', 'cursor')).toMatchObject({ toolCalls: 0, rejections: { 404: expect.any(Number) } });
    expect(clientAt('quiz', 'cursor')?.emptySessions).toBeGreaterThan(10);
    const scanner = clientAt('quiz', '_OTHER');
    expect(scanner?.toolCalls).toBeGreaterThan(20);
    expect(scanner?.rejected).toBe(scanner?.toolCalls);
  });

  it('shows the landmine: a tool that gives the client with a session per call next to nothing, and others all', () => {
    const tool = reader.tools({ server: 'quiz' }).find((figures) => figures.tool === 'get_learning_report');
    const odd = tool?.clients.filter(({ oddity }) => oddity !== undefined);
    expect(odd?.map(({ client, oddity, failed }) => [client, oddity, failed])).toEqual([['chatgpt', 'empty', 0]]);
    expect(tool?.clients.length).toBeGreaterThanOrEqual(4);
  });

  it('tells what changed: how clients speak, and what a tool is', () => {
    const changes = reader.changes({}).map(({ server, client, what, before, after }) => {
      return `${server} ${client} ${what}: ${before} → ${after}`;
    });
    expect(changes.toSorted()).toEqual([
      'quiz claude.ai discovery: none → lists',
      'quiz claude.ai protocol: 2025-06-18 → 2025-11-25',
      'quiz vscode version: 1.104.0 → 1.105.0',
      'quiz-2026 chatgpt verdict: per-call → sessionless',
    ]);
    const changed = reader.tools({ server: 'quiz' }).filter(({ definition }) => definition?.changedAt !== undefined);
    expect(changed.map(({ tool, definition }) => [tool, definition?.versions])).toEqual([
      ['grade_essay', 2],
      ['export_flashcards', 2],
    ]);
    expect(changed[0]?.definition?.changedAt).toBeGreaterThan(at(38));
    const effects = reader.changeEffects(reader.toolChanges({}));
    expect(effects.map(({ change }) => [change.tool, ...change.kinds])).toEqual([
      ['export_flashcards', 'description', 'readOnlyHint-less-safe'],
      ['grade_essay', 'description', 'input-widened', 'input-narrowed'],
    ]);
    const [, graded] = effects.map((effect) => effectInWords(effect, NOW));
    expect(graded).toContain('rejected calls of chatgpt 0 % → 100 %');
  });

  it('has a tool that is slow and fails for five minutes, and is well before and after', () => {
    const inTrouble = { since: at(22), until: at(27.2) };
    const figures = (filter: object) => reader.tools({ server: 'quiz', tool: 'grade_essay', ...filter })[0];
    expect(figures(inTrouble)?.p50Seconds).toBeGreaterThan(3);
    expect((figures(inTrouble)?.failed ?? 0) / (figures(inTrouble)?.calls ?? 1)).toBeGreaterThan(0.2);
    for (const filter of [{ until: at(22) }, { since: at(28) }]) {
      expect(figures(filter)?.p95Seconds).toBeLessThan(2);
      expect((figures(filter)?.failed ?? 0) / (figures(filter)?.calls ?? 1)).toBeLessThan(0.05);
    }
    expect(reader.slow({ status: 'cancelled' }).length).toBeGreaterThan(2);
  });

  it('has failures, but not too many', () => {
    const { failed, operations } = reader.timeSeries({}, 60).all;
    expect(failed / operations).toBeGreaterThan(0.02);
    expect(failed / operations).toBeLessThan(0.15);
  });

  it('has long calls that tell of their progress, and calls in which the server asks the user', () => {
    const operations = reader.latest({});
    const graded = operations.filter(({ target, client }) => target === 'grade_essay' && client === 'vscode');
    expect(graded.some(({ events }) => events.length === 4)).toBe(true);
    const asked = operations.filter(({ direction }) => direction === 'to-client');
    expect(asked.length).toBeGreaterThan(5);
    for (const { method, outcome, parentAt, seconds } of asked) {
      expect([method, outcome]).toEqual(['elicitation/create', 'ok']);
      expect(seconds).toBeGreaterThan(1);
      const parent = operations.find(({ startedAt, target }) => startedAt === parentAt && target === 'start_lesson');
      expect(parent?.seconds).toBeGreaterThan(seconds);
    }
  });

  it('loses sessions when the server is released anew, and their clients open others', () => {
    const lost = reader.sessions({ status: 'expired' });
    expect(lost.length).toBeGreaterThan(0);
    for (const { endedAt = 0, client } of lost) {
      expect(endedAt).toBeGreaterThan(at(38));
      expect(reader.sessions({ client }).some(({ openedAt }) => openedAt > endedAt)).toBe(true);
    }
  });

  it('leaves hardly any session open, and none that was silent for a minute', () => {
    const open = reader.sessions({ status: 'open' });
    expect(open.length).toBeGreaterThan(0);
    expect(open.length).toBeLessThan(20);
    for (const { lastAt } of open) expect(NOW - lastAt).toBeLessThan(MINUTE);
  });
});

describe('the same history', () => {
  it('comes of the same seed and the same end, to the last byte, and another of another seed', async () => {
    await write(folder.in('again.db'));
    await write(folder.in('other.db'), { seed: 2 });
    const contents = contentsOf(folder.in('hour.db'));
    expect(contentsOf(folder.in('again.db'))).toEqual(contents);
    expect(contentsOf(folder.in('other.db'))).not.toEqual(contents);
  });

  it('has clients that sign in, each attempt from the challenge on', async () => {
    const signingIn = roster.filter(({ signsIn }) => signsIn === true);
    const path = folder.in('signin.db');
    await write(path, { servers: [{ name: 'signin', profiles: signingIn }] });
    using signed = readerOf(path, () => NOW);
    const reached = signed.journeyFunnels({}).flatMap((funnel) => (funnel.arrived > 0 ? [funnel.reached] : []));
    expect(reached).not.toEqual([]);
    for (const { challenge, token, handshake = 0 } of reached) {
      expect(challenge).toBeGreaterThanOrEqual(handshake);
      expect(token).toBeGreaterThanOrEqual(handshake);
    }
  });

  it('can be shorter', async () => {
    await write(folder.in('short.db'), { minutes: 15 });
    using short = readerOf(folder.in('short.db'), () => NOW);
    const { intervals } = short.timeSeries({}, 300);
    expect(intervals.map((interval) => (NOW - interval.at) / 300_000)).toEqual([3, 2, 1]);
  });

  it('never names the same session at another time', async () => {
    await write(folder.in('twice.db'), { now: NOW - 60 * MINUTE });
    const { messages } = await write(folder.in('twice.db'));
    using twice = readerOf(folder.in('twice.db'), () => NOW);
    const ids = reader.sessions({}).map(({ id }) => id);
    expect(twice.sessions({ until: FROM }).filter(({ id }) => ids.includes(id))).toEqual([]);
    expect(twice.contents().operations).toBeGreaterThan(messages);
  });

  it('is said not to be there where the store cannot be', async () => {
    const { lost, messages, said } = await write('/dev/null/hour.db', { minutes: 5 });
    expect(said.length).toBeGreaterThan(0);
    expect(lost).toBe(messages);
  });

  it('keeps no ids where they are to be hashed, and arguments where they are to be kept', async () => {
    await write(folder.in('captured.db'), { settings: { capture: ['arguments'], 'hash-ids': true }, minutes: 5 });
    using captured = readerOf(folder.in('captured.db'), () => NOW);
    for (const { id, real } of captured.sessions({})) if (real) expect(id).toMatch(/^[0-9a-f]{16}$/);
    const essay = captured.latest({ tool: 'grade_essay' })[0];
    expect(JSON.parse(essay?.arguments ?? '')).toHaveProperty('text');
  });
});

describe('whoever plays', () => {
  const VERDICTS: Readonly<Record<string, string | undefined>> = {
    'chatgpt-2025': 'per-call',
    'chatgpt-2026': 'sessionless',
    'claude-2026-03': 'reusing',
    'claude-ai-2026-07': 'per-call',
    'claude-code': 'reusing',
    cursor: 'reusing',
    vscode: 'reusing',
    'langchain-python': 'per-call',
    'n8n-old': 'per-call',
    'openai-agents': 'modern',
    'mcp-remote': 'reusing',
    'modern-stateless': 'modern',
    'reconnect-loop': undefined,
    scanner: 'sessionless',
    'health-checker': undefined,
  };

  it.each([1, 2])('is found to be what their profile says (seed %i)', async (seed) => {
    const path = folder.in(`roster-${seed}.db`);
    // Those that sign in hardly call, so there is nothing to judge.
    const servers = roster
      .filter(({ signsIn }) => signsIn !== true)
      .map((profile) => ({ name: profile.name, profiles: [profile] }));
    expect(await write(path, { seed, servers })).toMatchObject({ lost: 0, said: [] });
    using all = readerOf(path, () => NOW);
    // The bridge's throw-away handshakes are no client's.
    const clients = all.clients({}).filter(({ client }) => client !== 'mcp-remote-fallback-test');
    expect(Object.fromEntries(clients.map(({ server, verdict }) => [server, verdict]))).toEqual(VERDICTS);
  });
});
