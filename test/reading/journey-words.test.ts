import { describe, expect, it } from 'vitest';
import { funnelInWords, funnelSteps, journeyVerdict, lostAt, stageRows } from '../../src/reading/journey-words.ts';
import { STAGES, type Stage } from '../../src/session/journey.ts';
import { STAGE_ORDER } from '../../src/reading/journey-words.ts';
import type { JourneyFunnel, StoredJourney, StoredStage } from '../../src/store/journey-rows.ts';

/** A journey that took these steps, a second each: a stage with its status, reached below 400. */
function journey(steps: readonly (readonly [Stage, number])[], more: Partial<StoredJourney> = {}): StoredJourney {
  const stages = steps.map(([stage, status], index): StoredStage => {
    const reached = status < 400 || stage === 'challenge' || stage === 'return' || stage === 'contact';
    return { stage, firstAt: index * 1_000, lastAt: index * 1_000 + 10, requests: 1, status, reached };
  });
  const furthest = STAGES.findLast((stage) => stages.some((each) => each.stage === stage && each.reached)) ?? 'contact';
  return {
    id: 'ab',
    server: 'quiz',
    client: 'acme',
    name: 'acme',
    clientName: undefined,
    clientVersion: undefined,
    startedAt: 0,
    lastAt: 10_000,
    state: 'stopped',
    furthest,
    stages,
    challenge: 'with-metadata',
    refusal: undefined,
    ambiguous: false,
    again: false,
    sessionTraceId: undefined,
    ...more,
  };
}

const CHALLENGED = [
  ['contact', 401],
  ['challenge', 401],
] as const;
const METADATA = [...CHALLENGED, ['resource-metadata', 200], ['server-metadata', 200]] as const;
const TOKEN = [...METADATA, ['registration', 201], ['authorize', 302], ['token', 200]] as const;

describe('the verdict on a journey', () => {
  it.each<[StoredJourney, RegExp, RegExp]>([
    [journey([['contact', 405]]), /^looked at the server and left without a handshake \(HTTP 405\)$/, /^$/],
    [journey(CHALLENGED), /^was told to sign in, and asked for nothing more$/, /^$/],
    [journey(CHALLENGED, { challenge: 'none' }), /^was told to sign in/, /has no WWW-Authenticate/],
    [journey(CHALLENGED, { challenge: 'without-metadata' }), /^was told to sign in/, /does not name resource_metadata/],
    [journey([...CHALLENGED, ['resource-metadata', 404]]), /found no resource metadata \(HTTP 404\)$/, /RFC 9728/],
    [journey([...CHALLENGED, ['resource-metadata', 200]]), /did not come back$/, /if that is elsewhere/],
    [journey([...METADATA, ['registration', 400]]), /^could not register \(HTTP 400\)$/, /redirect URIs/],
    [journey(METADATA), /^read the authorization server's metadata/, /S256/],
    [journey([...METADATA, ['registration', 201]]), /^registered, and sent no user/, /./],
    [journey([...METADATA, ['registration', 201], ['authorize', 302]]), /asked for no token$/, /the user gave up/],
    [journey([...TOKEN.slice(0, -1), ['token', 400]]), /^asked for a token in vain \(HTTP 400\)$/, /token endpoint/],
    [journey(TOKEN), /^stopped after the token: no request came back with it$/, /no such request reached mcpspan/],
    [
      journey([...TOKEN.filter(([stage]) => stage !== 'challenge'), ['challenge', 401]]),
      /^stopped after the token: it came again without it/,
      /something before mcpspan took it away/,
    ],
    [
      journey([...TOKEN, ['return', 401]], { refusal: { status: 401, error: 'invalid_token' } }),
      /^came back, and its token was refused \(HTTP 401, invalid_token\)$/,
      /audience/,
    ],
    [
      journey([...TOKEN, ['return', 401]], { refusal: { status: 401, error: undefined } }),
      /^came back, and its token was refused \(HTTP 401\)$/,
      /does not say why/,
    ],
    [
      journey([['return', 403]], { refusal: { status: 403, error: undefined } }),
      /^came back, and its credential was refused \(HTTP 403\)$/,
      /HTTP 403 comes from/,
    ],
    [journey([...TOKEN, ['return', 500]]), /got no good answer \(HTTP 500\)$/, /server's log/],
    [journey([...TOKEN, ['return', 200], ['accepted', 202]]), /^was let in, but sent no handshake$/, /./],
    [
      journey([...TOKEN, ['return', 200], ['accepted', 200], ['handshake', 500]]),
      /^sent a handshake that failed \(HTTP 500\)$/,
      /server's log/,
    ],
    [
      journey([
        ['contact', 200],
        ['handshake', 200],
      ]),
      /then sent nothing more$/,
      /./,
    ],
    [
      journey([
        ['contact', 200],
        ['handshake', 200],
        ['resource-metadata', 404],
      ]),
      /then looked for a sign-in that is not here$/,
      /./,
    ],
    [
      journey([
        ['contact', 400],
        ['handshake', 400],
      ]),
      /^sent a handshake that failed \(HTTP 400\)$/,
      /./,
    ],
    [
      journey([
        ['handshake', 200],
        ['lists', 200],
      ]),
      /^is connected: it listed what there is/,
      /^$/,
    ],
  ])('goes by what was seen (%#)', (seen, text, cure) => {
    expect(journeyVerdict(seen).text).toMatch(text);
    expect(journeyVerdict(seen).cure).toMatch(cure);
  });

  // Was the point of it: vendors and servers are blamed for what nobody saw.
  it('speaks of an audience only where the server said invalid_token', () => {
    const refusals = [undefined, 'insufficient_scope', 'invalid_request', 'other'].map((error) =>
      journeyVerdict(journey([...TOKEN, ['return', 401]], { refusal: { status: 401, error } })),
    );
    for (const { cure } of [...refusals, journeyVerdict(journey(TOKEN))]) expect(cure).not.toContain('audience');
  });

  it.each([
    ['open', /^is under way; as it stands, it stopped after the token/],
    ['unfinished', /^was under way when mcpspan ended; until then it /],
    ['arrived', /^connected$/],
  ] as const)('of one that is %s accuses nobody', (state, text) => {
    expect(journeyVerdict(journey(TOKEN, { state }))).toMatchObject({ text: expect.stringMatching(text), cure: '' });
  });
});

describe('the stages of a journey', () => {
  it('are shown in their order, with the gaps where it signed in elsewhere', () => {
    const rows = stageRows(journey([...CHALLENGED, ['resource-metadata', 200], ['return', 200], ['accepted', 200]]));
    expect(rows.map(({ stage, seen }) => `${stage}${seen === undefined ? ' –' : ''}`)).toEqual([
      'contact',
      'challenge',
      'resource-metadata',
      'server-metadata –',
      'registration –',
      'authorize –',
      'token –',
      'return',
      'accepted',
    ]);
  });

  it('have no gaps where nobody signs in', () => {
    expect(
      stageRows(
        journey([
          ['contact', 200],
          ['handshake', 200],
        ]),
      ).every(({ seen }) => seen !== undefined),
    ).toBe(true);
  });

  it('are in one order for all', () => {
    expect(STAGE_ORDER).toEqual(STAGES);
  });
});

describe('a funnel', () => {
  const funnel = (reached: JourneyFunnel['reached'], attempts = 12): JourneyFunnel => ({
    server: 'quiz',
    client: 'acme',
    attempts,
    reached,
    arrived: 0,
    open: 0,
    stopped: {},
    refused: 0,
    lastAt: undefined,
  });

  it.each<[JourneyFunnel, string]>([
    [
      funnel({ contact: 12, challenge: 12, 'resource-metadata': 12, registration: 12, token: 11 }),
      '12 attempts, 12 saw the challenge, 11 got a token, 0 came back with it',
    ],
    [
      funnel({ contact: 12, challenge: 12, return: 9 }),
      '12 attempts, 12 saw the challenge, 9 came with a credential, 0 got in',
    ],
    [
      funnel({ contact: 3, handshake: 3, lists: 2, call: 2 }, 3),
      '3 attempts, 3 completed the handshake, 2 made a call',
    ],
    [
      funnel({ contact: 1, challenge: 1, 'resource-metadata': 1 }, 1),
      '1 attempt, 1 saw the challenge, 1 read the resource metadata, 0 came with a credential',
    ],
  ])('ends with the stage at which all are lost (%#)', (figures, text) => {
    expect(funnelInWords(figures)).toBe(text);
  });

  it('says where all are lost, but not while they are under way', () => {
    const lost = funnel({ contact: 12, challenge: 12, token: 11 });
    expect(lostAt(lost)?.stage).toBe('return');
    expect(lostAt({ ...lost, open: 12 })).toBeUndefined();
    expect(lostAt({ ...funnel({ handshake: 12, lists: 12 }), stopped: { lists: 12 } })).toBeUndefined();
    expect(lostAt(funnel({ handshake: 12, call: 1 }))).toBeUndefined();
    expect(funnelSteps(lost).map(({ stage }) => stage)).toEqual(['challenge', 'token', 'return', 'handshake', 'call']);
  });
});
