import { describe, expect, it } from 'vitest';
import { Behaviour, type Call } from '../../src/session/behaviour.ts';
import { result, startConversation, toolCall } from '../support/conversation.ts';

/** A client's calls, a second apart unless told otherwise. */
function startClient() {
  const behaviour = new Behaviour();
  let at = 0;
  const call = (call: Partial<Call>, seconds = 1) => {
    at += seconds * 1_000;
    return behaviour.called({
      at,
      era: 'legacy',
      inSession: false,
      firstOfSession: false,
      affinity: undefined,
      ...call,
    });
  };
  return {
    behaviour,
    modern: (seconds?: number) => call({ era: 'modern' }, seconds),
    sessionless: (seconds?: number) => call({}, seconds),
    /** One session with this many calls. */
    session: (calls: number, affinity?: string, seconds?: number) => {
      let change = call({ inSession: true, firstOfSession: true, affinity }, seconds);
      for (let index = 1; index < calls; index++) change = call({ inSession: true, affinity }, seconds) ?? change;
      return change;
    },
  };
}

type Client = ReturnType<typeof startClient>;
const times = (count: number, act: () => unknown): void => {
  for (let index = 0; index < count; index++) act();
};

describe('the verdict on a client', () => {
  it.each<[string, (client: Client) => void, string | undefined]>([
    ['none of four calls', (client) => times(4, client.sessionless), undefined],
    ['sessionless of five calls without an id', (client) => times(5, client.sessionless), 'sessionless'],
    ['sessionless at four fifths', ({ sessionless, session }) => (times(4, sessionless), session(1)), 'sessionless'],
    ['reusing below that', ({ sessionless, session }) => (times(3, sessionless), session(2)), 'reusing'],
    ['modern of modern calls', (client) => times(5, client.modern), 'modern'],
    ['modern at four fifths', ({ modern, session }) => (times(4, modern), session(1)), 'modern'],
    ['not modern below that', ({ modern, session }) => (times(3, modern), session(2)), 'reusing'],
    [
      'sessionless of its legacy calls, whatever the others are',
      ({ modern, sessionless }) => (times(2, modern), times(3, sessionless)),
      'sessionless',
    ],
    [
      'reusing at half a session per call',
      ({ sessionless, session }) => (sessionless(), times(2, () => session(2))),
      'reusing',
    ],
    ['mixed between', ({ session }) => (times(2, () => session(2)), session(1)), 'mixed'],
    ['not mixed at four fifths', ({ session }) => (session(2), times(3, () => session(1))), 'one-shot'],
    [
      'per-call of sessions of one caller, close together',
      (client) => times(5, () => client.session(1, 'a')),
      'per-call',
    ],
    ['one-shot where nothing ties them', (client) => times(5, () => client.session(1)), 'one-shot'],
    [
      'one-shot where they are of different callers',
      ({ session }) => ['a', 'b', 'c', 'd', 'e'].forEach((key) => session(1, key)),
      'one-shot',
    ],
    [
      'per-call where two of five are of one',
      ({ session }) => ['a', 'b', 'c', 'd', 'c'].forEach((key) => session(1, key)),
      'per-call',
    ],
    [
      'one-shot where they are more than ten minutes apart',
      ({ session }) => times(5, () => session(1, 'a', 601)),
      'one-shot',
    ],
    ['per-call at ten minutes', ({ session }) => times(5, () => session(1, 'a', 600)), 'per-call'],
  ])('is %s', (_, act, verdict) => {
    const client = startClient();
    act(client);
    expect(client.behaviour.verdict).toBe(verdict);
  });

  it('is held until five used sessions speak against it', () => {
    const { behaviour, session } = startClient();
    session(5);
    expect(behaviour.verdict).toBe('reusing');
    // The fourth makes it five sessions in nine calls, the first that is more than half.
    const changes = Array.from({ length: 12 }, () => session(1, 'a'));
    const at = changes.findIndex((change) => change !== undefined);
    expect(at + 1).toBe(4 + 4);
    expect(changes[at]).toEqual({ before: 'reusing', after: 'mixed' });
  });

  it('is changed by five calls where there are no sessions', () => {
    const { behaviour, sessionless, modern } = startClient();
    times(5, sessionless);
    const changes = Array.from({ length: 24 }, () => modern());
    const at = changes.findIndex((change) => change !== undefined);
    // 20 of 25 are four fifths; the twentieth is the first against, the twenty-fourth the fifth.
    expect(at).toBe(23);
    expect(changes[at]).toEqual({ before: 'sessionless', after: 'modern' });
    expect(behaviour.verdict).toBe('modern');
  });

  it('is not changed by calls that only go on in a session', () => {
    const { behaviour, session } = startClient();
    times(5, () => session(1, 'a'));
    expect(behaviour.verdict).toBe('per-call');
    expect(session(60)).toBeUndefined();
    expect(behaviour.verdict).toBe('per-call');
  });

  it('is not changed by silence', () => {
    const { behaviour, sessionless, modern } = startClient();
    times(5, sessionless);
    modern(100_000);
    expect(behaviour.verdict).toBe('sessionless');
  });

  it.each<[string, (client: Client) => void]>([
    [
      'what is older than an hour',
      ({ sessionless, modern }) => (times(100, sessionless), modern(3_601), times(8, () => modern(1))),
    ],
    [
      'all but the last 500 calls',
      ({ sessionless, modern }) => (times(400, () => sessionless(0.001)), times(410, () => modern(0.001))),
    ],
  ])('forgets %s', (_, act) => {
    const client = startClient();
    act(client);
    expect(client.behaviour.verdict).toBe('modern');
  });

  it('keeps what is just within the hour', () => {
    const { behaviour, sessionless, modern } = startClient();
    times(100, () => sessionless(0));
    modern(3_600);
    times(20, () => modern(0));
    expect(behaviour.verdict).toBe('sessionless');
  });

  it('forgets all but the last 50 used sessions', () => {
    const { behaviour, session } = startClient();
    // With these it would stay below half a session per call.
    times(40, () => session(4, 'a', 0.001));
    expect(behaviour.verdict).toBe('reusing');
    times(55, () => session(1, 'a', 0.001));
    expect(behaviour.verdict).toBe('per-call');
  });
});

describe('the verdict on clients of the traffic', () => {
  it('is per-call for a new session per call, and told of by client', () => {
    const talk = startConversation();
    for (let index = 0; index < 5; index++) {
      talk.initialize(`s${index}`, { name: 'openai-mcp', version: '1.0.0' });
      talk.call(`s${index}`);
    }
    talk.initialize('z', { name: 'zed', version: '1' });
    for (let index = 0; index < 5; index++) talk.call('z');
    const { clients } = talk.tracker.registry;
    expect([clients.verdict('chatgpt'), clients.verdict('zed'), clients.verdict('goose')]).toEqual([
      'per-call',
      'reusing',
      undefined,
    ]);
    expect(talk.of('client-seen').map(({ clientLabel }) => clientLabel)).toEqual(['chatgpt', 'zed']);
  });

  it('counts no retry of a multi-round call', () => {
    const talk = startConversation();
    for (let index = 0; index < 5; index++) talk.ask(toolCall(index, 'quiz', { requestState: 'x' }), result(index));
    expect(talk.tracker.registry.clients.verdict('unknown')).toBeUndefined();
  });

  it('is told of when it changes, with what it was', () => {
    const talk = startConversation();
    for (let index = 0; index < 5; index++) talk.call(undefined, 'quiz', { 'User-Agent': 'zed/1' });
    for (let index = 0; index < 24; index++) {
      talk.call(undefined, 'quiz', { 'User-Agent': 'zed/1', 'MCP-Protocol-Version': '2026-07-28' });
    }
    expect(talk.of('client-changed')).toMatchObject([
      { clientLabel: 'zed', what: 'verdict', before: 'sessionless', after: 'modern' },
    ]);
    expect([...talk.tracker.registry.clients.verdicts()]).toEqual([
      { clientLabel: 'zed', verdict: 'sessionless', present: false },
      { clientLabel: 'zed', verdict: 'modern', present: true },
    ]);
  });

  it('is not all that is told of: a new version is, once it was seen five times in a row', () => {
    const talk = startConversation();
    let id = 0;
    const connect = (version: string) => talk.initialize(`s${++id}`, { name: 'zed', version });
    connect('1');
    for (const version of ['2', '2', '2', '2', '1', '2', '2', '2', '2']) connect(version);
    expect(talk.of('client-changed')).toEqual([]);
    connect('2');
    expect(talk.of('client-changed')).toMatchObject([{ what: 'version', before: '1', after: '2' }]);
  });
});
