import { describe, expect, it } from 'vitest';
import { failure, MODERN_META, request, result, SERVER, toolCall, type Conversation } from '../support/conversation.ts';
import { only, pointsAfter, startRecorder } from './recorder.ts';

const CURSOR = { 'mcpspan.server': SERVER, 'mcpspan.client': 'cursor' };

describe('handshakes', () => {
  const kinds = async (act: (talk: Conversation) => void) =>
    (await pointsAfter('mcpspan.handshakes', act)).map(({ value, labels }) => [
      labels['mcpspan.handshake.kind'],
      labels['mcpspan.era'],
      value,
    ]);

  it('are counted by kind and era', async () => {
    const counted = await kinds((talk) => {
      talk.initialize('s1');
      talk.initialize('s2');
      talk.initialize('t', { name: 'mcp-remote-fallback-test', version: '0.0.0' });
      talk.ask(request(1, 'server/discover', { _meta: MODERN_META }), result(1));
      talk.post(request(1, 'server/discover', { _meta: MODERN_META })).answer(400);
      talk.post(request(1, 'initialize')).answer(401);
      talk.post(request(1, 'initialize')).answer(500);
    });
    expect(counted).toHaveLength(6);
    expect(counted).toEqual(
      expect.arrayContaining([
        ['initialize', 'legacy', 2],
        ['probe', 'legacy', 1],
        ['discover', 'modern', 1],
        ['probe', 'modern', 1],
        ['unauthorized', 'legacy', 1],
        ['failed', 'legacy', 1],
      ]),
    );
  });

  it('take time', async () => {
    const points = await pointsAfter('mcpspan.handshake.duration', (talk) => talk.initialize('s1'));
    expect(only(points)).toMatchObject({ value: 0.003, labels: { ...CURSOR, 'mcpspan.handshake.kind': 'initialize' } });
  });

  it('that could have been avoided are counted', async () => {
    const points = await pointsAfter(
      'mcpspan.handshakes.avoidable',
      (talk) => {
        for (const id of ['s1', 's2', 's3']) {
          talk.initialize(id, undefined, { Authorization: 'Bearer a' });
          talk.call(id, 'quiz', { Authorization: 'Bearer a' });
        }
      },
      { listensOnLoopback: false },
    );
    expect(only(points)).toMatchObject({ value: 2, labels: CURSOR });
  });
});

describe('tool calls', () => {
  const calls = async (act: (talk: Conversation) => void) =>
    (await pointsAfter('mcpspan.tool_calls', act)).map(({ value, labels }) => ({ ...labels, value }));

  it.each<[string, (talk: Conversation) => void, object]>([
    ['in a session', (talk) => talk.call('s1'), { 'mcpspan.session.source': 'header', 'mcpspan.era': 'legacy' }],
    ['without one', (talk) => talk.call(undefined), { 'mcpspan.session.source': 'peer', 'mcpspan.era': 'legacy' }],
    [
      'of the modern era',
      (talk) => talk.ask(toolCall(1, 'quiz', { _meta: MODERN_META }), result(1)),
      { 'mcpspan.session.source': 'peer', 'mcpspan.era': 'modern', 'mcpspan.attempt': 'first' },
    ],
    [
      'that are a further round [MCP-MRTR-3]',
      (talk) => talk.ask(toolCall(1, 'quiz', { _meta: MODERN_META, requestState: 'x' }), result(1)),
      { 'mcpspan.attempt': 'retry' },
    ],
    [
      'that are lost',
      (talk) => {
        const call = talk.post(toolCall(1));
        call.stream();
        call.close();
      },
      { 'mcpspan.attempt': 'first' },
    ],
    ['that were given up', (talk) => talk.post(toolCall(1)).close('client-left'), { 'mcpspan.attempt': 'first' }],
  ])('%s are counted once', async (_, act, labels) => {
    expect(only(await calls(act))).toMatchObject({ ...labels, value: 1 });
  });

  it('of the throw-away session of a bridge are not', async () => {
    const counted = await calls((talk) => {
      talk.initialize('t', { name: 'mcp-remote-fallback-test', version: '0' });
      talk.call('t');
    });
    expect(counted).toEqual([]);
  });

  it('of tools that the server does not know are counted apart', async () => {
    const points = await pointsAfter('mcpspan.tools.unknown', (talk) => {
      talk.ask(request(1, 'tools/list'), result(1, { tools: [{ name: 'quiz' }] }));
      talk.call(undefined, 'quiz');
      talk.call(undefined, 'hidden');
      talk.ask(toolCall(2, 'quizz'), failure(2, -32_602, 'Unknown tool: quizz'));
    });
    expect(only(points).value).toBe(1);
  });
});

describe('sessions', () => {
  const use = (talk: Conversation): void => {
    talk.initialize('s1');
    talk.call('s1');
    talk.call('s1');
    talk.initialize('s2');
    talk.clock.advance(600_000);
    talk.sweep();
  };

  it('are counted when they open', async () => {
    expect(only(await pointsAfter('mcpspan.sessions', use))).toMatchObject({
      value: 2,
      labels: {
        ...CURSOR,
        'mcpspan.session.source': 'header',
        'mcpspan.era': 'legacy',
        'mcpspan.session.opened': 'handshake',
      },
    });
  });

  it('are counted when they are used', async () => {
    expect(only(await pointsAfter('mcpspan.sessions.used', use)).value).toBe(1);
  });

  it('are counted when they end, with why and whether they were empty', async () => {
    const ended = await pointsAfter('mcpspan.sessions.ended', use);
    expect(ended.map(({ labels }) => [labels['mcpspan.end_reason'], labels['mcpspan.session.empty']])).toEqual(
      expect.arrayContaining([
        ['idle', 'false'],
        ['idle', 'true'],
      ]),
    );
    expect(only(await pointsAfter('mcpspan.session.tool_calls', use))).toMatchObject({
      count: 2,
      value: 2,
      boundaries: [0, 1, 2, 3, 5, 10, 20, 50, 100, 200, 500],
    });
  });

  it('last from their first request to their last activity, as the conventions count [OTEL-METRIC-4]', async () => {
    const point = only(await pointsAfter('mcp.server.session.duration', use));
    expect(point.count).toBe(2);
    expect(point.value).toBeCloseTo(0.003 + 0.024 + 0.003, 6);
    expect(point.labels).toEqual({ ...CURSOR, 'mcp.protocol.version': '2025-11-25', 'network.protocol.name': 'http' });
  });

  it('that are activity have no session duration, and are told apart elsewhere', async () => {
    const act = (talk: Conversation): void => {
      talk.call(undefined);
      talk.tracker.shutdown(talk.clock.now());
    };
    expect(await pointsAfter('mcp.server.session.duration', act)).toEqual([]);
    expect(only(await pointsAfter('mcpspan.sessions.ended', act)).labels['mcpspan.session.source']).toBe('peer');
  });

  it.each<[string, (talk: Conversation) => void]>([
    ['attached', (talk) => talk.call('s9')],
    ['throw-away', (talk) => talk.initialize('t', { name: 'mcp-remote-fallback-test', version: '0' })],
  ])('that are %s do not count when they end', async (_, act) => {
    const end = (talk: Conversation): void => {
      act(talk);
      talk.tracker.shutdown(talk.clock.now());
    };
    expect(await pointsAfter('mcpspan.sessions.ended', end)).toEqual([]);
    expect(await pointsAfter('mcpspan.session.tool_calls', end)).toEqual([]);
  });

  it('that speak again after their end are counted once', async () => {
    const again = (talk: Conversation): void => {
      use(talk);
      talk.call('s1');
      talk.clock.advance(600_000);
      talk.sweep();
    };
    expect(only(await pointsAfter('mcpspan.sessions', again)).value).toBe(2);
    expect(only(await pointsAfter('mcpspan.session.tool_calls', again))).toMatchObject({ count: 2, value: 2 });
    expect(only(await pointsAfter('mcpspan.sessions.used', again)).value).toBe(1);
  });

  it('that are open are active, then quiet, then none: the figure returns to zero', async () => {
    const { talk, points } = startRecorder();
    const open = async () =>
      Object.fromEntries(
        (await points('mcpspan.sessions.open')).map(({ labels, value }) => [labels['mcpspan.state'], value]),
      );
    talk.initialize('s1');
    talk.initialize('t', { name: 'mcp-remote-fallback-test', version: '0' });
    expect(await open()).toEqual({ active: 1 });
    talk.clock.advance(60_000);
    expect(await open()).toEqual({ active: 0, quiet: 1 });
    talk.tracker.shutdown(talk.clock.now());
    expect(await open()).toEqual({ active: 0, quiet: 0 });
  });
});
