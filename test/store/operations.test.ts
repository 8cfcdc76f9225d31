import { describe, expect, it } from 'vitest';
import { failure, modern, notification, request, result, toolCall } from '../support/conversation.ts';
import { withRig, type Rig } from './store-rig.ts';

const SESSION = { 'Mcp-Session-Id': 'a-session' };

describe('operations', () => {
  const operations = ({ read }: Rig) =>
    read((reader) => reader.sessions({}).flatMap((session) => reader.operationsOf(session)));

  it('are stored in the order in which they began, with time, size and status', () => {
    withRig((rig) => {
      const { talk } = rig;
      talk.initialize('a-session');
      const slow = talk.post(toolCall(1, 'slow'), SESSION);
      talk.clock.advance(5);
      talk.call('a-session', 'quick');
      talk.clock.advance(50);
      slow.answer(200, result(1, { content: [] }));
      expect(
        operations(rig).map(({ target, seconds, outcome, startedAt }) => [target, seconds, outcome, startedAt]),
      ).toEqual([
        [undefined, 0.003, 'ok', talk.clock.now() - 70],
        ['slow', 0.067, 'ok', talk.clock.now() - 67],
        ['quick', 0.012, 'ok', talk.clock.now() - 62],
      ]);
      for (const { requestBytes, responseBytes } of operations(rig))
        expect(Math.min(requestBytes, responseBytes)).toBeGreaterThan(40);
    });
  });

  it('keep a duration of less than a millisecond', () => {
    withRig((rig) => {
      rig.talk.initialize('a-session');
      const call = rig.talk.post(toolCall(1), SESSION);
      rig.talk.clock.advance(0.25);
      call.answer(200, result(1));
      expect(operations(rig).at(-1)?.seconds).toBe(0.00025);
    });
  });

  it.each([
    [
      'a tool error',
      (rig: Rig) => rig.talk.ask(toolCall(1), result(1, { isError: true }), SESSION),
      'tool-error',
      undefined,
      'failed',
    ],
    [
      'an error',
      (rig: Rig) => rig.talk.ask(toolCall(1), failure(1, -32_603), SESSION),
      'rpc-error',
      '-32603',
      'failed',
    ],
    [
      'a code of its own',
      (rig: Rig) => rig.talk.ask(toolCall(1), failure(1, 418), SESSION),
      'rpc-error',
      '418',
      'failed',
    ],
    [
      'bad arguments',
      (rig: Rig) => rig.talk.ask(toolCall(1), failure(1, -32_602), SESSION),
      'rpc-error',
      '-32602',
      'rejected',
    ],
    ['HTTP 429', (rig: Rig) => rig.talk.post(toolCall(1), SESSION).answer(429), 'refused', '429', 'rejected'],
    ['HTTP 503', (rig: Rig) => rig.talk.post(toolCall(1), SESSION).answer(503), 'failed', '503', 'failed'],
    [
      'a client that left',
      (rig: Rig) => rig.talk.post(toolCall(1), SESSION).close('client-left'),
      'cancelled',
      undefined,
      'neither',
    ],
  ])('say what went wrong: %s', (_, act, outcome, code, fault) => {
    withRig((rig) => {
      rig.talk.initialize('a-session');
      act(rig);
      expect(operations(rig).at(-1)).toMatchObject({
        outcome,
        code,
        failed: fault === 'failed',
        rejected: fault === 'rejected',
      });
    });
  });

  it('that are alike but for how they went are told apart', () => {
    withRig((rig) => {
      const { talk } = rig;
      talk.initialize('a-session');
      for (const status of [502, 503, 502]) talk.post(toolCall(1), SESSION).answer(status);
      const refused = failure(1, -32_601);
      const discover = request(1, 'server/discover', modern());
      for (const status of [404, 401]) talk.post(discover, { 'User-Agent': 'agent/1.0' }).answer(status, refused);
      talk.passProbes();
      rig.store.flush();
      const told = rig.read((reader) => reader.latest({})).map(({ code, handshake }) => handshake ?? code);
      expect(told).toEqual(['initialize', '502', '503', '502', 'unauthorized', 'probe']);
    });
  });

  it('that a server began hang from the call they came with', () => {
    withRig((rig) => {
      rig.talk.initialize('a-session');
      const call = rig.talk.post(toolCall(1, 'ask'), SESSION);
      const { startedAt } = { startedAt: rig.talk.clock.now() };
      call.stream();
      rig.talk.clock.advance(10);
      call.event(request('s1', 'elicitation/create', { message: 'who?' }));
      rig.talk.clock.advance(10);
      rig.talk.post(result('s1', { action: 'accept' }), SESSION).answer(202);
      rig.talk.clock.advance(10);
      call.event(result(1));
      call.close();
      const [asked] = operations(rig).filter(({ direction }) => direction === 'to-client');
      expect(asked).toMatchObject({ method: 'elicitation/create', parentAt: startedAt, seconds: 0.01 });
    });
  });

  it('have the progress that was told of them', () => {
    withRig((rig) => {
      rig.talk.initialize('a-session');
      const call = rig.talk.post(toolCall(1, 'quiz', { _meta: { progressToken: 'p' } }), SESSION);
      call.stream();
      rig.talk.clock.advance(40);
      call.event(
        notification('notifications/progress', { progressToken: 'p', progress: 1, total: 4, message: 'said' }),
      );
      call.event(result(1));
      call.close();
      expect(operations(rig).at(-1)?.events).toEqual([
        { name: 'notifications/progress', offset: 40, progress: 1, total: 4 },
      ]);
    });
  });

  it('of no session are stored, and those of a flood of refusals are counted only', () => {
    withRig((rig) => {
      const { talk, rows } = rig;
      for (let id = 0; id < 100; id++)
        talk.post(toolCall(id), { 'X-Forwarded-For': '10.0.0.1' }).answer(401, failure(id, -32_001));
      rig.store.flush();
      expect(rows('SELECT count(*) AS n FROM operations')).toEqual([{ n: 60 }]);
      expect(rows(`SELECT sum(number) AS n FROM counts WHERE what = 'withheld'`)).toEqual([{ n: 40 }]);
      expect(rows(`SELECT sum(number) AS n FROM counts WHERE what = 'http-401'`)).toEqual([{ n: 100 }]);
    });
  });

  it('of a scanner do not fill the names: what it made up stands beside, as it was sent', () => {
    withRig((rig) => {
      const { talk, rows } = rig;
      talk.initialize('a-session');
      talk.ask(request(1, 'tools/list'), result(1, { tools: [{ name: 'quiz' }] }), SESSION);
      for (let id = 0; id < 300; id++) {
        talk.ask(request(id, `made/up${id}`), failure(id, -32_601), SESSION);
        talk.ask(toolCall(id, `made_up_${id}`), failure(id, -32_602), SESSION);
      }
      rig.store.flush();
      expect(rows('SELECT count(*) AS n FROM kinds')).toEqual([{ n: 4 }]);
      expect(
        operations(rig)
          .slice(-2)
          .map(({ method, target }) => [method, target]),
      ).toEqual([
        ['made/up299', undefined],
        ['tools/call', 'made_up_299'],
      ]);
    });
  });

  it('know the trace they are in: that of their session, of a segment, of their caller, or their own', () => {
    withRig(
      (rig) => {
        const { talk, read } = rig;
        talk.initialize('a-session');
        for (let call = 0; call < 4; call++) talk.call('a-session');
        const traceparent = '00-11111111111111111111111111111111-2222222222222222-01';
        talk.ask(toolCall(9, 'quiz', { _meta: { traceparent } }), result(9), SESSION);
        talk.call(undefined, 'quiz', { 'X-Forwarded-For': '10.0.0.1' });
        const told = talk.of('operation-ended').map(({ operation }) => operation.placement?.traceId);
        expect(new Set(told).size).toBe(4);
        expect(read((reader) => reader.latest({}).map(({ traceId }) => traceId))).toEqual(told);
      },
      { 'segment-operations': 3 },
    );
  });

  it('of the modern era, with neither handshake nor session, are stored too', () => {
    withRig((rig) => {
      rig.talk.ask(toolCall(1, 'quiz', modern()), result(1), { 'X-Forwarded-For': '10.0.0.1' });
      expect(rig.read((reader) => reader.latest({}))).toMatchObject([
        { era: 'modern', source: 'none', session: undefined, target: 'quiz' },
      ]);
    });
  });
});
