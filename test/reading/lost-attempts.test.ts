import { describe, expect, it } from 'vitest';
import { findings, findingInWords, type Finding } from '../../src/reading/findings.ts';
import { lostAttempts, shareInWords, type LostAttempts } from '../../src/reading/lost-attempts.ts';
import type { JourneyFunnel, StoredJourney } from '../../src/store/journey-rows.ts';
import { NO_EVIDENCE } from './no-evidence.ts';

const funnel = (client: string, attempts: number, open = 0): JourneyFunnel => ({
  server: 'quiz',
  client,
  attempts,
  reached: {},
  arrived: 0,
  open,
  stopped: {},
  refused: 0,
  lastAt: undefined,
});

let made = 0;
const journey = (client: string, change: Partial<StoredJourney> = {}): StoredJourney => ({
  id: `id${++made}`,
  server: 'quiz',
  client,
  name: client,
  clientName: undefined,
  clientVersion: undefined,
  startedAt: made,
  lastAt: made,
  state: 'stopped',
  furthest: 'token',
  stages: [],
  challenge: 'with-metadata',
  refusal: undefined,
  ambiguous: false,
  again: false,
  sessionTraceId: undefined,
  ...change,
});

const several = (number: number, client: string, change: Partial<StoredJourney> = {}): StoredJourney[] =>
  Array.from({ length: number }, () => journey(client, change));

const found = (lost: readonly LostAttempts[]): Finding[] => findings({ ...NO_EVIDENCE, lostAttempts: lost });

const lostOf = (attempts: number, journeys: readonly StoredJourney[]): LostAttempts[] =>
  lostAttempts([funnel('chatgpt', attempts)], journeys);

describe('attempts that were lost', () => {
  it('are counted by the way in which they were, the most first, among those that have ended', () => {
    const lost = lostAttempts(
      [funnel('chatgpt', 14, 2)],
      [...several(1, 'chatgpt', { furthest: 'authorize' }), ...several(11, 'chatgpt')],
    );
    expect(lost.map((each) => [shareInWords(each), each.text])).toEqual([
      ['In 11 of 12 attempts', 'stopped after the token: no request came back with it'],
      ['In 1 of 12 attempts', 'sent its user to sign in, and asked for no token'],
    ]);
  });

  it.each<[string, Partial<StoredJourney>]>([
    ['may be more than one', { ambiguous: true }],
    ['is under way', { state: 'open' }],
    ['was under way when mcpspan ended', { state: 'unfinished' }],
    ['arrived', { state: 'arrived' }],
    ['only listed what there is', { furthest: 'lists' }],
  ])('are not counted where one %s', (_, change) => {
    expect(lostOf(5, several(5, 'chatgpt', change))).toEqual([]);
  });

  it('are the worst finding when they are often lost in one way, and a note when the user may have chosen it', () => {
    expect(found(lostOf(12, several(11, 'chatgpt'))).map(findingInWords)).toEqual([
      expect.stringMatching(/^Cannot connect: In 11 of 12 attempts, chatgpt stopped after the token: .* What to do: /),
    ]);
    expect(found(lostOf(4, several(3, 'chatgpt', { furthest: 'authorize' }))).map(({ kind }) => kind)).toEqual([
      'note',
    ]);
  });

  it.each([
    ['one alone', 1, 1],
    ['few of many', 12, 5],
  ])('are no finding: %s', (_, attempts, lost) => {
    expect(found(lostOf(attempts, several(lost, 'chatgpt')))).toEqual([]);
  });

  it('are told of a client without a known name only where that is no choice of its user', () => {
    const lost = (change: Partial<StoredJourney>): Finding[] =>
      found(lostAttempts([funnel('_OTHER', 3)], several(3, '_OTHER', change)));
    expect(lost({})[0]?.text).toContain('In all 3 attempts, a client without a known name stopped after');
    expect(lost({ furthest: 'contact' })).toEqual([]);
  });

  it('lead to the latest of them', () => {
    const [latest, ...others] = several(3, 'chatgpt');
    if (latest === undefined) throw new Error('there are three');
    expect(found(lostOf(3, [latest, ...others]))[0]).toMatchObject({ client: 'chatgpt', journey: latest.id });
  });
});
