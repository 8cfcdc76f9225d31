import { describe, expect, it } from 'vitest';
import { LINT_WORDS, lintInWords } from '../../src/reading/lint-words.ts';
import { readiness, readyExitCode, type Readiness } from '../../src/reading/ready-words.ts';
import { LINT_RULES } from '../../src/session/lint-rules.ts';
import type { StoredLint } from '../../src/store/lint-rows.ts';
import type { EraFigures, ReadyClient, ReadyFigures } from '../../src/store/ready-figures.ts';

const DAY = 86_400_000;
const NOTHING: EraFigures = { requests: 0, calls: 0, firstAt: undefined, lastAt: undefined, versions: [] };
const era = (calls: number, days = 2): EraFigures => ({
  requests: calls + 1,
  calls,
  firstAt: 0,
  lastAt: days * DAY,
  versions: ['1.0'],
});
const client = (own: Partial<ReadyClient>): ReadyClient => ({
  client: 'cursor',
  legacy: NOTHING,
  modern: NOTHING,
  callsInSessions: 0,
  initializes: 0,
  refusedDiscovers: 0,
  callsWithKey: 0,
  ...own,
});
const modern = (calls = 30, days = 2): ReadyClient => client({ client: 'zed', modern: era(calls, days) });
const server = (clients: readonly ReadyClient[], own: Partial<ReadyFigures> = {}): ReadyFigures => {
  const eras = clients.flatMap(({ legacy, modern: later }) => [legacy, later]);
  return {
    server: 'quiz',
    clients,
    calls: eras.reduce((total, { calls }) => total + calls, 0),
    firstAt: 0,
    lastAt: Math.max(0, ...eras.map(({ lastAt }) => lastAt ?? 0)),
    speaksModern: true,
    lint: [],
    proofs: [],
    ...own,
  };
};
const proof = { server: 'quiz', tool: 'get_answer', verdict: 'depends', mode: 'no-session-id', at: 0 } as const;
const lint: StoredLint = {
  server: 'quiz',
  client: 'zed',
  rule: 'name-header',
  method: 'tools/call',
  seen: 'nothing',
  number: 3,
  lastAt: 0,
};

describe('the answer', () => {
  it.each<[string, ReadyFigures, Readiness['answer'], number]>([
    ['is yes where every client speaks the revision', server([modern()]), 'yes', 0],
    ['is not known where nothing was seen', server([]), 'unknown', 0],
    ['is not known below 20 calls', server([modern(19)]), 'unknown', 0],
    ['is not known below a day, though nothing is in the way', server([modern(30, 0.9)]), 'unknown', 0],
    [
      'is not known below 20 calls, though something is in the way',
      server([client({ legacy: era(5), initializes: 1 })]),
      'unknown',
      1,
    ],
    [
      'is no for a client in sessions, also in less than a day',
      server([client({ legacy: era(30, 0.1), callsInSessions: 30, initializes: 1 })]),
      'no',
      1,
    ],
    [
      'is no for a client that only begins with initialize',
      server([modern(), client({ legacy: era(0), initializes: 4 })]),
      'no',
      1,
    ],
    ['is no for an older revision without either', server([modern(), client({ legacy: era(3) })]), 'no', 1],
    ['is no for a client in both eras', server([client({ legacy: era(3), modern: era(30) })]), 'no', 1],
    ['is no where the server refuses the revision', server([modern()], { speaksModern: false }), 'no', 1],
    ['is no where nobody knows whether the server speaks it', server([modern()], { speaksModern: undefined }), 'no', 1],
    ['is no for a tool that depends on its session', server([modern()], { proofs: [proof] }), 'no', 1],
    [
      'is yes for tools that a probe could not judge',
      server([modern()], { proofs: [{ ...proof, verdict: 'unclear' }] }),
      'yes',
      0,
    ],
    ['is yes where rules are broken: the traffic works', server([modern()], { lint: [lint] }), 'yes', 0],
  ])('%s', (_, figures, answer, obstacles) => {
    const found = readiness(figures);
    expect([found.answer, found.obstacles.length]).toEqual([answer, obstacles]);
  });

  it('says how much traffic it rests on', () => {
    expect(readiness(server([modern(4, 0.25)])).sentence).toBe(
      'Not known yet: 4 tool calls in 6 h. An answer needs 20 calls, and a yes also needs a day.',
    );
    expect(readiness(server([modern(1_234, 3.5)])).sentence).toBe(
      'Yes: all 1 client speak 2026-07-28 (1 234 tool calls in 3.5 days).',
    );
  });

  it('of several servers is the worst', () => {
    const [yes, no, unknown] = [server([modern()]), server([modern()], { speaksModern: false }), server([])].map(
      readiness,
    );
    if (yes === undefined || no === undefined || unknown === undefined) throw new Error('there are three');
    expect([[yes], [yes, unknown], [unknown, no, yes], []].map(readyExitCode)).toEqual([0, 3, 1, 3]);
  });
});

describe('what a client needs', () => {
  it.each<[string, ReadyFigures]>([
    ['nothing', server([modern()])],
    ['a session', server([client({ legacy: era(9), callsInSessions: 1, initializes: 1 })])],
    ['initialize', server([client({ legacy: era(9), initializes: 1 })])],
    ['an older revision', server([client({ legacy: era(9) })])],
    [
      'the server',
      server([client({ legacy: era(9), callsInSessions: 9, initializes: 2, refusedDiscovers: 2 })], {
        speaksModern: false,
      }),
    ],
    // Some of its handshakes had no question before them: an older version of it.
    [
      'a session',
      server([client({ legacy: era(9), callsInSessions: 9, initializes: 3, refusedDiscovers: 2 })], {
        speaksModern: false,
      }),
    ],
    // The server speaks it, and the client goes on as before.
    ['a session', server([client({ legacy: era(9), callsInSessions: 9, initializes: 2, refusedDiscovers: 2 })])],
  ])('%s', (needs, figures) => {
    expect(readiness(figures).clients[0]?.needs).toBe(needs);
  });

  it('stands in the way with its version, its share, its time and what to do', () => {
    const legacy = { ...era(10), firstAt: Date.UTC(2026, 0, 1, 12), lastAt: Date.UTC(2026, 0, 2, 12) };
    const { obstacles } = readiness(
      server([client({ legacy, callsInSessions: 10, initializes: 1, callsWithKey: 4 }), modern()]),
    );
    expect(obstacles).toEqual([
      {
        text: expect.stringMatching(
          /^cursor 1\.0 still names a session in its calls: 10 calls, 25 % of all, from 2026-01-01 .* to 2026-01-02 /,
        ),
        todo: 'keep the older revisions for it until its vendor updates it; it sends a conversation key, so state can be kept by that meanwhile',
      },
    ]);
  });

  it('that only waits for the server stands in nobody’s way, and is named where the server does', () => {
    const waiting = client({ legacy: era(30), callsInSessions: 30, initializes: 2, refusedDiscovers: 2 });
    const { obstacles } = readiness(server([waiting], { speaksModern: false }));
    expect(obstacles).toMatchObject([
      { text: 'the server does not speak 2026-07-28', todo: expect.stringContaining('cursor will then') },
    ]);
  });
});

describe('broken rules', () => {
  it('are told with what was expected and what was seen', () => {
    expect(lintInWords(lint)).toMatch(
      /^zed sent tools\/call against a rule, 3 times, last [\d :-]+: 2026-07-28 demands a header Mcp-Name .*; seen: nothing$/,
    );
    expect(lintInWords({ ...lint, rule: 'server-info', number: 1 })).toMatch(
      /^the server answered tools\/call of zed against a rule, 1 time, .* recommends /,
    );
  });

  it('have words, all of them', () => {
    expect(Object.keys(LINT_WORDS)).toEqual(Object.keys(LINT_RULES));
  });

  it('beyond twelve are counted', () => {
    const many = Array.from({ length: 15 }, () => lint);
    const { notes } = readiness(server([modern()], { lint: many, proofs: [{ ...proof, verdict: 'independent' }] }));
    expect([notes.length, notes.at(-1)?.text]).toEqual([13, '3 more rules were broken']);
  });
});
