import { describe, expect, it } from 'vitest';
import type { Journey, Stage } from '../../src/session/journey.ts';
import { request, result, startConversation, type Conversation, type Headers } from '../support/conversation.ts';

const AGENT = { 'User-Agent': 'acme/1.0' };
const bearer = (token: string, agent: Headers = AGENT): Headers => ({ ...agent, Authorization: `Bearer ${token}` });
const RESOURCE = '/.well-known/oauth-protected-resource/mcp';
const SERVER = '/.well-known/oauth-authorization-server';
const CHALLENGE = { 'WWW-Authenticate': 'Bearer resource_metadata="http://localhost/x"' };

/** Lets so much time pass that what is silent has stopped. */
function fallSilent(talk: Conversation): void {
  talk.clock.advance(600_000);
  talk.sweep();
}

/** The steps of signing in that a client takes one after the other. */
function steps(talk: Conversation, headers: Headers = AGENT) {
  const get = (path: string, status: number, own: Headers = headers) =>
    talk.send({ method: 'GET', path, headers: own }).answer(status, {});
  const step = {
    knock: (token?: string) => {
      const all = token === undefined ? headers : bearer(token, headers);
      talk
        .post(request(1, 'initialize'), all)
        .answer(401, { error: 'invalid_token' }, token === undefined ? CHALLENGE : {});
    },
    resource: (status = 200) => get(RESOURCE, status),
    server: (status = 200) => get(SERVER, status),
    register: (status = 201) => talk.send({ path: '/register', headers, body: {} }).answer(status, { client_id: 'c' }),
    authorize: () => get('/authorize?client_id=c&state=s', 302, { 'User-Agent': 'Mozilla/5.0' }),
    token: (token = 't1', status = 200) =>
      talk.send({ path: '/token', headers, body: 'grant_type=x' }).answer(status, { access_token: token }),
    shake: (token: string | undefined, session = 's1') =>
      talk.initialize(session, { name: 'acme', version: '1' }, token === undefined ? headers : bearer(token, headers)),
    list: (token: string | undefined, session = 's1') =>
      talk.ask(request(7, 'tools/list'), result(7, { tools: [] }), {
        ...(token === undefined ? headers : bearer(token, headers)),
        'Mcp-Session-Id': session,
      }),
    call: (token: string | undefined, session = 's1') =>
      talk.call(session, 'quiz', token === undefined ? headers : bearer(token, headers)),
    /** All of it, up to a token. */
    signIn: (token = 't1') => {
      step.knock();
      step.resource();
      step.server();
      step.register();
      step.authorize();
      step.token(token);
    },
  };
  return step;
}

const ended = (talk: Conversation): Journey[] => talk.of('journey-ended').map(({ journey }) => journey);
const only = (talk: Conversation): Journey => {
  const [journey, ...more] = ended(talk);
  if (journey === undefined || more.length > 0) throw new Error(`${more.length + 1} journeys have ended, not one`);
  return journey;
};
const reached = ({ stages }: Journey): Stage[] =>
  [...stages].flatMap(([stage, facts]) => (facts.reached ? [stage] : []));

describe('a journey', () => {
  it.each<[string, (step: ReturnType<typeof steps>) => void, Stage[], Partial<Journey>]>([
    ['stops at the challenge', (step) => step.knock(), ['contact', 'challenge'], { told: true, state: 'stopped' }],
    [
      'stops after the metadata',
      (step) => {
        step.knock();
        step.resource();
        step.server();
      },
      ['contact', 'challenge', 'resource-metadata', 'server-metadata'],
      { told: true },
    ],
    [
      'stops after the token',
      (step) => step.signIn(),
      ['contact', 'challenge', 'resource-metadata', 'server-metadata', 'registration', 'authorize', 'token'],
      { told: true, refusal: undefined, ambiguous: false },
    ],
    [
      'comes back, and is refused',
      (step) => {
        step.signIn();
        step.knock('t1');
      },
      ['contact', 'challenge', 'resource-metadata', 'server-metadata', 'registration', 'authorize', 'token', 'return'],
      { told: true, refusal: { status: 401, error: undefined } },
    ],
    [
      'shakes hands and goes no further',
      (step) => void step.shake(undefined),
      ['contact', 'handshake'],
      { told: true, clientLabel: 'acme' },
    ],
    [
      'lists and waits for its user: that is only counted',
      (step) => {
        step.shake(undefined);
        step.list(undefined);
      },
      ['contact', 'handshake', 'lists'],
      { told: false },
    ],
  ])('%s', (_, act, stages, facts) => {
    const talk = startConversation();
    act(steps(talk));
    expect(ended(talk)).toEqual([]);
    fallSilent(talk);
    expect(reached(only(talk)).toSorted()).toEqual(stages.toSorted());
    expect(only(talk)).toMatchObject({ state: 'stopped', ...facts });
  });

  it('arrives with its first call, from the challenge on, and leads to its session', () => {
    const talk = startConversation();
    const step = steps(talk);
    step.signIn();
    step.shake('t1');
    step.list('t1');
    expect(ended(talk)).toEqual([]);
    step.call('t1');
    expect(only(talk)).toMatchObject({ state: 'arrived', told: true, clientLabel: 'acme', ambiguous: false });
    expect(only(talk).session?.traceId).toBe(talk.of('session-opened')[0]?.session.root.traceId);
    expect(reached(only(talk))).toHaveLength(12);
  });

  it('of a plain client is only counted, and its later handshakes are no journeys', () => {
    const talk = startConversation();
    const step = steps(talk);
    for (let call = 0; call < 50; call++) {
      step.shake(undefined, `s${call}`);
      step.call(undefined, `s${call}`);
      talk.clock.advance(60_000);
    }
    expect(only(talk)).toMatchObject({ state: 'arrived', told: false });
    expect(talk.of('journey-changed')).toEqual([]);
  });
});

describe('attempts at the same time', () => {
  const other = { 'User-Agent': 'other/2.0' };

  it('of two agents are two, whatever the order of their requests', () => {
    const talk = startConversation();
    const [one, two] = [steps(talk), steps(talk, other)];
    one.knock();
    two.knock();
    two.resource();
    one.resource();
    one.register();
    two.token('t2');
    one.token('t1');
    two.knock('t2');
    fallSilent(talk);
    const [first, second] = ended(talk);
    expect(ended(talk)).toHaveLength(2);
    expect(reached(first as Journey)).toEqual(['contact', 'challenge', 'resource-metadata', 'registration', 'token']);
    expect(reached(second as Journey)).toEqual(['contact', 'challenge', 'resource-metadata', 'token', 'return']);
    expect(ended(talk).map(({ ambiguous }) => ambiguous)).toEqual([false, false]);
  });

  it('of one agent from one place cannot be told apart: that is said, and nobody is accused', () => {
    const talk = startConversation();
    const step = steps(talk);
    step.signIn('t1');
    step.signIn('t2');
    step.shake('t2');
    step.call('t2');
    fallSilent(talk);
    expect(ended(talk)).toMatchObject([{ ambiguous: true, state: 'arrived' }]);
  });

  it('of one agent from two addresses are told apart by the address', () => {
    const talk = startConversation();
    const behind = (address: string) => steps(talk, { ...AGENT, 'X-Forwarded-For': address });
    behind('192.0.2.1').knock();
    talk.clock.advance(60_000);
    behind('192.0.2.2').knock();
    behind('192.0.2.1').resource();
    fallSilent(talk);
    expect(ended(talk).map((journey) => reached(journey).length)).toEqual([3, 2]);
  });

  it('that seem to go on from another address at once may be one: its host has many', () => {
    const talk = startConversation();
    const behind = (address: string) => steps(talk, { ...AGENT, 'X-Forwarded-For': address });
    behind('192.0.2.1').knock();
    behind('192.0.2.2').resource();
    behind('192.0.2.3').token('t1');
    fallSilent(talk);
    expect(only(talk)).toMatchObject({ ambiguous: true });
    expect(reached(only(talk))).toContain('token');
  });

  it('of two clients with the same agent are told apart by the names that they give', () => {
    const talk = startConversation();
    for (const name of ['acme', 'bolt'])
      talk.initialize(`of-${name}`, { name, version: '1' }, { 'User-Agent': 'node' });
    talk.call('of-bolt', 'quiz', { 'User-Agent': 'node' });
    fallSilent(talk);
    expect(ended(talk).map(({ state, clientLabel }) => [clientLabel, state])).toEqual([
      ['bolt', 'arrived'],
      ['acme', 'stopped'],
    ]);
  });
});

describe('what belongs to a journey', () => {
  it('is found by its token, from wherever it comes: other agent, other address', () => {
    const talk = startConversation();
    const fetcher = { 'User-Agent': 'fetcher/1', 'X-Forwarded-For': '192.0.2.1' };
    const caller = { 'User-Agent': 'caller/1', 'X-Forwarded-For': '192.0.2.9' };
    steps(talk, caller).knock();
    steps(talk, fetcher).resource();
    steps(talk, fetcher).token('t1');
    steps(talk, caller).shake('t1');
    steps(talk, caller).call('t1');
    fallSilent(talk);
    expect(only(talk)).toMatchObject({ state: 'arrived', ambiguous: false });
    expect(reached(only(talk))).toEqual(expect.arrayContaining(['challenge', 'resource-metadata', 'token', 'call']));
  });

  it('is its user in a browser, found by the client id that was given out', () => {
    const talk = startConversation();
    const [one, two] = [steps(talk), steps(talk, { 'User-Agent': 'other/2.0' })];
    for (const step of [one, two]) step.knock();
    one.register();
    one.authorize();
    fallSilent(talk);
    expect(ended(talk).map((journey) => journey.stages.has('authorize'))).toEqual([true, false]);
  });

  it('is no user in a browser where it may be that of another', () => {
    const talk = startConversation();
    const [one, two] = [steps(talk), steps(talk, { 'User-Agent': 'other/2.0' })];
    for (const step of [one, two]) step.knock();
    one.authorize();
    fallSilent(talk);
    expect(ended(talk).map((journey) => journey.stages.has('authorize'))).toEqual([false, false]);
  });

  it('is a look at the server by somebody who never shakes hands', () => {
    const talk = startConversation();
    talk.call(undefined, 'quiz', { 'User-Agent': 'somebody/1' });
    talk.initialize('s9', { name: 'first', version: '1' });
    talk.call('s9');
    talk.forget();
    talk.send({ method: 'GET', headers: { 'User-Agent': 'looker/1' } }).answer(405, 'no');
    fallSilent(talk);
    expect(only(talk)).toMatchObject({ told: true });
    expect(only(talk).stages.get('contact')?.status).toBe(405);
  });

  it('is no page of a website that is named like a step of signing in', () => {
    const talk = startConversation();
    const html = { 'Content-Type': 'text/html' };
    talk.send({ method: 'GET', path: '/register', headers: AGENT }).answer(200, '<p>', html);
    talk.send({ path: '/api/users/register', headers: AGENT, body: {} }).answer(422, { error: 'name' });
    talk.send({ path: '/token', headers: AGENT, body: {} }).answer(200, '<p>', html);
    fallSilent(talk);
    expect(ended(talk)).toEqual([]);
  });

  it('is nothing that finds nothing here, and no question of a browser about itself', () => {
    const talk = startConversation();
    steps(talk).resource(404);
    steps(talk).server(404);
    talk.send({ method: 'OPTIONS', path: '/token', headers: AGENT }).answer(204);
    talk.send({ method: 'GET', path: '/', headers: AGENT }).answer(200, '<p>', { 'Content-Type': 'text/html' });
    fallSilent(talk);
    expect(ended(talk)).toEqual([]);
  });
});

describe('a client that has arrived', () => {
  const arrived = (): [Conversation, ReturnType<typeof steps>] => {
    const talk = startConversation();
    const step = steps(talk);
    step.signIn();
    step.shake('t1');
    step.call('t1');
    talk.forget();
    return [talk, step];
  };

  it('and renews its token is on no journey', () => {
    const [talk, step] = arrived();
    step.resource();
    step.token('t2');
    step.shake('t2', 's2');
    step.call('t2', 's2');
    fallSilent(talk);
    expect(ended(talk)).toEqual([]);
  });

  it('and is told to sign in again is told of only if it does not come back', () => {
    const [talk, step] = arrived();
    step.knock('t1');
    step.token('t2');
    step.shake('t2', 's2');
    expect(only(talk)).toMatchObject({ again: true, state: 'arrived', told: false });
    talk.forget();
    step.knock('t2');
    fallSilent(talk);
    expect(only(talk)).toMatchObject({ again: true, state: 'stopped', told: true, refusal: { status: 401 } });
  });

  it('and renews its token before it ends, in a session that it keeps, has lost no attempt', () => {
    const [talk, step] = arrived();
    for (const token of ['t2', 't3', 't4']) {
      talk.clock.advance(55 * 60_000);
      step.token(token);
      step.call(token);
    }
    fallSilent(talk);
    expect(ended(talk)).toEqual([]);
    expect(talk.of('journey-changed')).toEqual([]);
  });

  it('and whose token ends in a session that it keeps is back with the next one, from wherever it comes', () => {
    const [talk] = arrived();
    talk.clock.advance(55 * 60_000);
    const from = (address: string, token: string) => ({
      ...bearer(token, { ...AGENT, 'X-Forwarded-For': address }),
      'Mcp-Session-Id': 's1',
    });
    talk.post(request(8, 'tools/call', { name: 'quiz' }), from('192.0.2.1', 't1')).answer(401, {}, CHALLENGE);
    talk.ask(request(9, 'tools/call', { name: 'quiz' }), result(9), from('192.0.2.9', 't2'));
    fallSilent(talk);
    expect(only(talk)).toMatchObject({ again: true, state: 'arrived', told: false });
  });

  it('and whose standing stream ends is no stranger, also without a session id', () => {
    const [talk] = arrived();
    const stream = talk.send({ method: 'GET', headers: AGENT });
    stream.stream();
    talk.clock.advance(45 * 60_000);
    stream.close();
    fallSilent(talk);
    expect(ended(talk)).toEqual([]);
  });

  it('late, in a session that seemed to have stopped, has not stopped after all', () => {
    const talk = startConversation();
    const step = steps(talk);
    step.shake(undefined);
    fallSilent(talk);
    expect(only(talk)).toMatchObject({ state: 'stopped', told: true });
    step.call(undefined);
    expect(talk.of('journey-changed').map(({ journey }) => journey.state)).toEqual(['arrived']);
  });
});

describe('journeys', () => {
  it('are followed 1 000 at a time: the oldest is forgotten, and counted', () => {
    const talk = startConversation();
    for (let index = 0; index < 1_003; index++)
      steps(talk, { 'User-Agent': `bot${index}/1`, 'X-Forwarded-For': `10.0.${index >> 8}.${index & 255}` }).knock();
    expect(talk.of('anomaly').filter(({ what }) => what === 'journey-dropped')).toHaveLength(3);
    fallSilent(talk);
    expect(ended(talk)).toHaveLength(1_000);
  });

  it('are told of 60 a minute; the others are only counted', () => {
    const talk = startConversation();
    for (let index = 0; index < 100; index++)
      steps(talk, { 'User-Agent': `bot${index}/1`, 'X-Forwarded-For': `10.0.0.${index}` }).knock();
    talk.clock.advance(600_000);
    expect(talk.of('journey-changed')).toHaveLength(60);
  });

  it('that go on for an hour, as those of a monitor do, are told of meanwhile', () => {
    const talk = startConversation();
    for (let minute = 0; minute < 70; minute++) {
      talk.initialize(`s${minute}`, { name: 'monitor', version: '1' }, AGENT);
      talk.clock.advance(60_000);
      talk.sweep();
    }
    expect(ended(talk).map(({ state }) => state)).toEqual(['stopped']);
  });

  it('that mcpspan cuts short are unfinished, and nobody stopped', () => {
    const talk = startConversation();
    steps(talk).signIn();
    talk.tracker.shutdown(talk.clock.now());
    expect(only(talk)).toMatchObject({ state: 'unfinished', told: true });
  });

  it('of a wrapped process, a probe and a throw-away session are none', () => {
    const talk = startConversation();
    const wrapped = talk.wrap();
    wrapped.client(request(1, 'initialize', { clientInfo: { name: 'acme', version: '1' } }));
    wrapped.server(result(1, {}));
    talk.initialize('s1', { name: 'mcp-remote-fallback-test', version: '0.0.0' });
    talk.initialize('s2', { name: 'acme', version: '1' }, { 'Mcpspan-Probe': '1' });
    fallSilent(talk);
    expect(ended(talk)).toEqual([]);
  });
});
