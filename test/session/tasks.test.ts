import { describe, expect, it } from 'vitest';
import {
  modern,
  notification,
  request,
  result,
  startConversation,
  toolCall,
  type Fields,
} from '../support/conversation.ts';

describe('a call that becomes a task', () => {
  const made = [
    ['as the extension has it', { resultType: 'task', taskId: 't1', status: 'working' }],
    ['as 2025-11-25 tried it', { task: { taskId: 't1', status: 'working' } }],
  ] as const;
  const startTask = (answer: Fields = made[0][1]) => {
    const talk = startConversation();
    talk.post(toolCall(1, 'quiz', modern())).answer(200, result(1, answer));
    const ask = (id: number, method: string, fields: Fields) => {
      talk.clock.advance(1_000);
      return talk.ask(request(id, method, modern({ taskId: 't1' })), result(id, fields));
    };
    const poll = (id: number, fields: Fields) => ask(id, 'tasks/get', { taskId: 't1', ...fields });
    const call = () => talk.of('operation-ended').find(({ operation }) => operation.method === 'tools/call')?.operation;
    return { talk, ask, poll, call };
  };

  it.each(made)('%s goes on in each poll, counted on and linked to the call', (_, answer) => {
    const { talk, poll, call } = startTask(answer);
    expect(poll(2, { status: 'working' }).attempt).toBe(2);
    expect(call()).toBeUndefined();
    poll(3, { status: 'failed' });
    const last = talk.ended('tasks/get');
    expect(last.attempt).toBe(3);
    expect(last.placement.links).toEqual([{ traceId: call()?.placement.traceId, spanId: call()?.spanId }]);
    expect(last.placement.traceId).toBe(call()?.placement.traceId);
    expect(talk.of('session-opened')).toHaveLength(1);
  });

  it.each<[what: string, fields: Fields, outcome: string]>([
    ['failed', { status: 'failed' }, 'tool-error'],
    ['completed with an error', { status: 'completed', result: { isError: true, content: [] } }, 'tool-error'],
    ['completed', { status: 'completed', result: { content: [] } }, 'ok'],
    [
      'completed with 10 kB',
      { status: 'completed', result: { content: ['x'.repeat(10_000)], isError: true } },
      'tool-error',
    ],
    ['cancelled', { status: 'cancelled' }, 'cancelled'],
  ])('and is %s ends as that, and lasts from its first request to then', (_, fields, outcome) => {
    const { poll, call } = startTask();
    poll(2, { status: 'working' });
    poll(3, fields);
    expect(call()?.outcome.kind).toBe(outcome);
    expect((call()?.endedAt ?? 0) - (call()?.startedAt ?? 0)).toBeGreaterThanOrEqual(2_000);
  });

  it('of 2025-11-25 ends with its result, which is fetched by itself', () => {
    const { ask, poll, call } = startTask(made[1][1]);
    poll(2, { status: 'completed' });
    expect(call()).toBeUndefined();
    ask(3, 'tasks/result', { content: [], isError: true });
    expect(call()?.outcome.kind).toBe('tool-error');
  });

  it('of 2025-11-25 whose result nobody fetches went well, when it was complete', () => {
    const { talk, poll, call } = startTask(made[1][1]);
    poll(2, { status: 'completed' });
    const at = talk.clock.now();
    talk.clock.advance(5_000);
    talk.sweep();
    expect(call()).toMatchObject({ outcome: { kind: 'ok' } });
    expect(call()?.endedAt).toBeLessThanOrEqual(at);
  });

  it('ends as its server notifies', () => {
    const { talk, call } = startTask();
    const stream = talk.post(request(9, 'subscriptions/listen', modern()));
    stream.stream();
    stream.event(notification('notifications/tasks', { taskId: 't1', status: 'failed' }));
    expect(call()?.outcome.kind).toBe('tool-error');
  });

  it('is one call and one failure of its client, however often it was asked for', () => {
    const { talk, poll } = startTask();
    for (let id = 2; id < 6; id++) poll(id, { status: 'working' });
    poll(6, { status: 'failed' });
    const counted = talk.of('operation-ended').filter(({ operation }) => operation.counted.toolCall);
    expect(counted).toHaveLength(1);
  });

  it('went well, as far as anybody can say, when its session is over first', () => {
    const { talk, call } = startTask();
    talk.tracker.shutdown(talk.clock.now());
    expect(call()?.outcome.kind).toBe('ok');
  });

  it('is told of at once where 1 000 tasks are open', () => {
    const { talk } = startTask();
    for (let id = 2; id < 1_003; id++)
      talk.post(toolCall(id, 'quiz', modern())).answer(200, result(id, { resultType: 'task', taskId: `t${id}` }));
    expect(talk.of('operation-ended')).toHaveLength(2);
  });

  it('is no matter of a task that nobody has seen begin', () => {
    const talk = startConversation();
    const poll = talk.ask(request(1, 'tasks/get', modern({ taskId: 'other' })), result(1, { status: 'working' }));
    expect([poll.attempt, poll.placement.links]).toEqual([1, []]);
  });
});
