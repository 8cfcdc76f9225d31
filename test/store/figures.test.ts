import { describe, expect, it } from 'vitest';
import { failure, request, result, toolCall } from '../support/conversation.ts';
import { withRig, type Rig } from './store-rig.ts';

const MINUTE = 60_000;
const inSession = (id: string) => ({ 'Mcp-Session-Id': id });

function answers(rig: Rig, id: string, tool: string, content: string, times = 4): void {
  for (let time = 0; time < times; time++) {
    const call = rig.talk.post(toolCall(time, tool), inSession(id));
    rig.talk.clock.advance(10 * (time + 1));
    call.answer(200, result(time, { content }));
  }
}

describe('clients', () => {
  it('have sessions, calls and handshakes, and the share of calls without a session; activity is no session', () => {
    withRig(({ talk, read }) => {
      for (const id of ['a', 'b']) {
        talk.initialize(id, { name: 'openai-mcp', version: '1' });
        talk.call(id);
      }
      talk.initialize('empty', { name: 'openai-mcp', version: '1' });
      for (let time = 0; time < 6; time++) talk.call(undefined, 'quiz', { 'User-Agent': 'openai-mcp/1' });
      talk.ask(toolCall(1), result(1, { isError: true }), inSession('a'));
      expect(read((reader) => reader.clients({}))).toMatchObject([
        {
          client: 'chatgpt',
          sessions: 3,
          emptySessions: 1,
          activities: 1,
          toolCalls: 9,
          failed: 1,
          rejected: 0,
          callsInSessions: 3,
          handshakes: 3,
          sessionlessShare: 6 / 9,
        },
      ]);
    });
  });

  it('have the size of all answers to tool calls, those with an error too, for clients and tools alike', () => {
    withRig(({ talk, read, rows }) => {
      talk.initialize('a');
      talk.call('a');
      talk.ask(
        toolCall(1),
        result(1, { isError: true, content: [{ type: 'text', text: 'x'.repeat(500) }] }),
        inSession('a'),
      );
      talk.ask(request(2, 'tools/list'), result(2, { tools: [] }), inSession('a'));
      const [client] = read((reader) => reader.clients({}));
      const [tool] = read((reader) => reader.tools({}));
      const [{ bytes } = {}] = rows(
        "SELECT sum(response_bytes) AS bytes FROM operations JOIN kinds ON kinds.id = kind WHERE method = 'tools/call'",
      );
      expect(bytes).toBeGreaterThan(500);
      expect([client?.answerBytes, tool?.answerBytes]).toEqual([bytes, bytes]);
    });
  });

  it('have the longest runs of repeated calls, of a client and tool each', () => {
    withRig(({ talk, read, rows }) => {
      talk.initialize('a');
      for (let time = 0; time < 14; time++) talk.call('a', 'search');
      for (let id = 0; id < 3; id++) talk.ask(toolCall(id, 'grade'), failure(id, -32_603), inSession('a'));
      talk.call('a', 'once');
      for (let time = 0; time < 1_234; time++) talk.call('a', 'poll');
      const repeats = read((reader) => reader.repeats({}));
      expect(repeats).toMatchObject([
        // From a hundred on it is told with two digits, so that it takes no room.
        { client: 'cursor', tool: 'poll', calls: 1_200, unsuccessful: 0 },
        { client: 'cursor', tool: 'search', calls: 14, unsuccessful: 0 },
        { client: 'cursor', tool: 'grade', calls: 3, unsuccessful: 3 },
      ]);
      const [{ n } = {}] = rows('SELECT count(*) AS n FROM details WHERE repeats IS NOT NULL');
      expect(n).toBeLessThan(220);
      expect(read((reader) => reader.repeats({ tool: 'search', status: 'ok' }))).toHaveLength(1);
      expect(read((reader) => reader.repeats({ client: 'nobody' }))).toEqual([]);
      expect(read((reader) => reader.repeats({ since: talk.clock.now() }))).toEqual([]);
      const [session] = read((reader) => reader.sessions({}));
      if (session === undefined) throw new Error('no session was stored');
      const told = read((reader) => reader.operationsOf(session, 6));
      expect(told.map(({ repeat }) => repeat?.calls)).toEqual([
        undefined,
        undefined,
        undefined,
        undefined,
        undefined,
        5,
      ]);
    });
  });

  it('have what handshakes cost, which were avoidable, and what was turned away', () => {
    withRig(({ talk, read }) => {
      const token = { Authorization: 'Bearer one-principal' };
      for (const id of ['a', 'b', 'c']) {
        talk.initialize(id, { name: 'cursor', version: '1' }, token);
        talk.call(id, 'quiz', token);
      }
      talk.post(toolCall(1), inSession('a')).answer(429);
      const [client] = read((reader) => reader.clients({}));
      expect(client).toMatchObject({ handshakes: 3, avoidableHandshakes: 2, rejections: { 429: 1 } });
      expect(client?.handshakeSeconds).toBeCloseTo(0.009, 6);
    });
  });

  it('are counted in the time that is asked about', () => {
    withRig(({ talk, read }) => {
      talk.initialize('s');
      talk.call('s');
      talk.clock.advance(30 * MINUTE);
      const since = talk.clock.now();
      for (let time = 0; time < 3; time++) talk.call('s');
      expect(read((reader) => reader.clients({ since }))).toMatchObject([{ toolCalls: 3, handshakes: 0, sessions: 1 }]);
      expect(read((reader) => reader.clients({ until: since }))).toMatchObject([{ toolCalls: 1, handshakes: 1 }]);
      expect(read((reader) => reader.clients({ since: since + MINUTE }))).toEqual([]);
    });
  });
});

describe('tools', () => {
  it('have calls, failed ones and the nearest ranks of their durations', () => {
    withRig((rig) => {
      rig.talk.initialize('s');
      answers(rig, 's', 'quiz', 'x', 100);
      rig.talk.ask(toolCall(1, 'quiz'), failure(1, -32_603), inSession('s'));
      rig.talk.ask(toolCall(1, 'grade'), result(1, { isError: true }), inSession('s'));
      expect(rig.read((reader) => reader.tools({}))).toMatchObject([
        { tool: 'quiz', calls: 101, failed: 1, p50Seconds: 0.5, p95Seconds: 0.95, p99Seconds: 0.99 },
        { tool: 'grade', calls: 1, failed: 1, medianAnswerBytes: undefined },
      ]);
    });
  });

  it('are told of when they are offered and nobody calls them, and when their definition changed', () => {
    withRig((rig) => {
      const { talk, read } = rig;
      talk.initialize('s');
      const list = (...tools: object[]) => talk.ask(request(1, 'tools/list'), result(1, { tools }), inSession('s'));
      list({ name: 'quiz' }, { name: 'never' });
      talk.call('s', 'quiz');
      talk.clock.advance(5 * MINUTE);
      const changedAt = talk.clock.now();
      list({ name: 'quiz', description: 'anew' }, { name: 'never' });
      const [quiz, never] = read((reader) => reader.tools({}));
      const bytes = JSON.stringify({ name: 'quiz', description: 'anew' }).length;
      expect(quiz).toMatchObject({ tool: 'quiz', calls: 1, definition: { bytes, versions: 2, changedAt } });
      expect(never).toMatchObject({ tool: 'never', calls: 0, definition: { versions: 1, changedAt: undefined } });
      expect(read((reader) => reader.tools({ tool: 'never' }).map(({ tool }) => tool))).toEqual(['never']);
      expect(read((reader) => reader.tools({ client: 'cursor' }).map(({ tool }) => tool))).toEqual(['quiz']);
    });
  });

  it('that change back have the size they have now', () => {
    withRig((rig) => {
      rig.talk.initialize('s');
      for (const description of ['long '.repeat(20), 'short', 'long '.repeat(20)]) {
        const tools = [{ name: 'quiz', description }];
        rig.talk.ask(request(1, 'tools/list'), result(1, { tools }), inSession('s'));
        rig.talk.clock.advance(2 * MINUTE);
      }
      const [quiz] = rig.read((reader) => reader.tools({}));
      expect(quiz?.definition).toMatchObject({ versions: 2 });
      expect(quiz?.definition?.bytes).toBeGreaterThan(100);
    });
  });

  const clientsOf = (rig: Rig, tool: string) =>
    rig.read((reader) =>
      reader
        .tools({ tool })[0]
        ?.clients.map(({ client, oddity }) => [client, oddity])
        .toSorted(),
    );

  it('that answer one client with next to nothing are marked', () => {
    withRig((rig) => {
      rig.talk.initialize('lucky', { name: 'cursor', version: '1' });
      rig.talk.initialize('unlucky', { name: 'openai-mcp', version: '1' });
      answers(rig, 'lucky', 'get', 'y'.repeat(2_000));
      answers(rig, 'unlucky', 'get', '');
      answers(rig, 'lucky', 'submit', '');
      answers(rig, 'unlucky', 'submit', '');
      expect(clientsOf(rig, 'get')).toEqual([
        ['chatgpt', 'empty'],
        ['cursor', undefined],
      ]);
      expect(clientsOf(rig, 'submit')).toEqual([
        ['chatgpt', undefined],
        ['cursor', undefined],
      ]);
    });
  });

  it('that fail for one client alone are marked', () => {
    withRig((rig) => {
      rig.talk.initialize('lucky', { name: 'cursor', version: '1' });
      rig.talk.initialize('unlucky', { name: 'openai-mcp', version: '1' });
      answers(rig, 'lucky', 'get', 'well');
      for (let id = 0; id < 4; id++)
        rig.talk.ask(toolCall(id, 'get'), result(id, { isError: true }), inSession('unlucky'));
      expect(clientsOf(rig, 'get')).toEqual([
        ['chatgpt', 'failing'],
        ['cursor', undefined],
      ]);
    });
  });

  it('that reject the calls of one client alone are marked', () => {
    withRig((rig) => {
      rig.talk.initialize('lucky', { name: 'cursor', version: '1' });
      rig.talk.initialize('unlucky', { name: 'openai-mcp', version: '1' });
      answers(rig, 'lucky', 'get', 'well');
      for (let id = 0; id < 4; id++) rig.talk.ask(toolCall(id, 'get'), failure(id, -32_602), inSession('unlucky'));
      expect(clientsOf(rig, 'get')).toEqual([
        ['chatgpt', 'rejected'],
        ['cursor', undefined],
      ]);
    });
  });

  it('that fail for all are not marked: nobody is treated otherwise', () => {
    withRig((rig) => {
      for (const [id, name] of [
        ['one', 'cursor'],
        ['another', 'openai-mcp'],
      ] as const) {
        rig.talk.initialize(id, { name, version: '1' });
        for (let time = 0; time < 4; time++)
          rig.talk.ask(toolCall(time, 'get'), result(time, { isError: true }), inSession(id));
      }
      expect(clientsOf(rig, 'get')?.map(([, oddity]) => oddity)).toEqual([undefined, undefined]);
    });
  });

  it('that one client called once or twice say nothing of it', () => {
    withRig((rig) => {
      rig.talk.initialize('lucky', { name: 'cursor', version: '1' });
      rig.talk.initialize('unlucky', { name: 'openai-mcp', version: '1' });
      answers(rig, 'lucky', 'get', 'y'.repeat(2_000));
      answers(rig, 'unlucky', 'get', '', 2);
      expect(clientsOf(rig, 'get')?.map(([, oddity]) => oddity)).toEqual([undefined, undefined]);
    });
  });
});

describe('slow operations', () => {
  it('come with the slowest first; what stands open for long is none of them', () => {
    withRig((rig) => {
      const { talk, read } = rig;
      talk.initialize('s');
      answers(rig, 's', 'quiz', 'x', 5);
      const listening = talk.post(request('l', 'subscriptions/listen', { _meta: {} }), { 'User-Agent': 'agent/1' });
      listening.stream();
      talk.clock.advance(MINUTE);
      listening.close();
      expect(read((reader) => reader.slow({ limit: 3 }).map(({ seconds }) => seconds))).toEqual([0.05, 0.04, 0.03]);
      expect(read((reader) => reader.latest({}).at(-1)?.method)).toBe('subscriptions/listen');
    });
  });
});

describe('figures over time', () => {
  it('are those of each client in each stretch', () => {
    withRig((rig) => {
      const { talk, read } = rig;
      talk.initialize('s');
      talk.call('s');
      talk.clock.advance(MINUTE);
      talk.call('s');
      talk.ask(toolCall(1), result(1, { isError: true }), inSession('s'));
      talk.clock.advance(5 * MINUTE);
      talk.call('s');
      const start = Date.UTC(2026, 0, 1);
      expect(
        read((reader) =>
          reader
            .timeSeries({}, 60)
            .intervals.map(({ at, toolCalls, failed, handshakes }) => [at, toolCalls, failed, handshakes]),
        ),
      ).toEqual([
        [start, 1, 0, 1],
        [start + MINUTE, 2, 1, 0],
        [start + 6 * MINUTE, 1, 0, 0],
      ]);
    });
  });
});
