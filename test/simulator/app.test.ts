import { describe, expect, it } from 'vitest';
import { createVirtualClock, type VirtualClock } from '../../src/commands/demo/virtual-clock.ts';
import { createAnswers, type Offer } from '../../src/simulator/answers.ts';
import { createApp, type App } from '../../src/simulator/app.ts';
import { quizTools } from '../../src/simulator/quiz.ts';

const usual = quizTools.filter(({ name }) => name === 'submit_answer');
const slow = { description: '', inputSchema: { type: 'object' }, readOnly: true, run: () => ({ text: 'done' }) };
const offer: Offer = {
  version: '9.9.9',
  tools: [
    ...usual,
    { ...slow, name: 'grade', ms: [400, 400], progress: 4 },
    {
      ...slow,
      name: 'ask',
      ms: [100, 100],
      asks: { capability: 'elicitation', method: 'elicitation/create', params: { message: 'Which?' } },
    },
  ],
};

interface Answer {
  status: number;
  headers: Readonly<Record<string, string>>;
  text: string;
  /** Messages of an event stream, with when they came. */
  events: { at: number; message: Record<string, unknown> }[];
  /** When it was over, if it is. */
  endedAt: number | undefined;
}

function startApp(): { app: App; clock: VirtualClock; send(sent: Sent): Answer } {
  const clock = createVirtualClock(0);
  let sessions = 0;
  const app = createApp({ answers: createAnswers(1, offer), clock, newSessionId: () => `session-${++sessions}` });
  return {
    app,
    clock,
    send({ method = 'POST', session, message }) {
      const answer: Answer = { status: 0, headers: {}, text: '', events: [], endedAt: undefined };
      const headers = {
        accept: 'application/json, text/event-stream',
        ...(session !== undefined && { 'mcp-session-id': session }),
      };
      const closed: (() => void)[] = [];
      const write = (text: string): void => {
        answer.text += text;
        const data = /^data: (.*)$/m.exec(text)?.[1];
        if (data !== undefined) answer.events.push({ at: clock.now(), message: JSON.parse(data) });
      };
      void app.answer(
        { method, path: '/mcp', headers, body: JSON.stringify({ jsonrpc: '2.0', ...message }) },
        {
          head: (status, own) => Object.assign(answer, { status, headers: own }),
          write,
          end(text = '') {
            write(text);
            answer.endedAt = clock.now();
            for (const listener of closed) listener();
          },
          onClosed: (listener) => void closed.push(listener),
        },
      );
      return answer;
    },
  };
}

interface Sent {
  method?: string;
  session?: string;
  message?: Record<string, unknown>;
}

const call = (name: string, id: unknown, _meta = {}): Record<string, unknown> => ({
  id,
  method: 'tools/call',
  params: { name, arguments: {}, _meta },
});
const hello = (capabilities: object): Sent => ({
  message: { id: 0, method: 'initialize', params: { protocolVersion: '2025-11-25', capabilities } },
});

describe('the app, whatever carries its bytes', () => {
  it('has what it is said to offer', async () => {
    const { send, clock } = startApp();
    const opened = send(hello({}));
    await clock.passUntil(1_000);
    expect(opened.headers).toMatchObject({ 'Mcp-Session-Id': 'session-1' });
    const listed = send({ session: 'session-1', message: { id: 1, method: 'tools/list' } });
    await clock.passUntil(2_000);
    expect(JSON.parse(opened.text).result.serverInfo.version).toBe('9.9.9');
    const { tools } = JSON.parse(listed.text).result as { tools: { name: string }[] };
    expect(tools.map(({ name }) => name)).toEqual(['submit_answer', 'grade', 'ask']);
  });

  it('tells of the progress of a long call on the way, to who gave a token', async () => {
    const { send, clock } = startApp();
    const told = send({ message: call('grade', 1, { progressToken: 'mine' }) });
    const untold = send({ message: call('grade', 2) });
    await clock.passUntil(1_000);
    expect(told.events.map(({ at, message }) => [at, message['params'] ?? message['id']])).toEqual([
      [100, { progressToken: 'mine', progress: 1, total: 4 }],
      [200, { progressToken: 'mine', progress: 2, total: 4 }],
      [300, { progressToken: 'mine', progress: 3, total: 4 }],
      [400, { progressToken: 'mine', progress: 4, total: 4 }],
      [400, 1],
    ]);
    expect(untold.events.map(({ at, message }) => [at, message['id']])).toEqual([[400, 2]]);
  });

  it('asks a client that can be asked, and goes on when it has answered', async () => {
    const { send, clock } = startApp();
    send(hello({ elicitation: {} }));
    await clock.passUntil(1_000);
    const answer = send({ session: 'session-1', message: call('ask', 1) });
    await clock.passUntil(5_000);
    const asked = answer.events[0]?.message;
    expect([asked?.['method'], answer.events.length, answer.endedAt]).toEqual(['elicitation/create', 1, undefined]);
    const thanked = send({ session: 'session-1', message: { id: asked?.['id'], result: { action: 'accept' } } });
    await clock.passUntil(6_000);
    expect(thanked.status).toBe(202);
    expect([answer.events[1]?.message['id'], answer.endedAt]).toEqual([1, 5_000]);
  });

  it('waits for an answer, but not for ever', async () => {
    const { send, clock } = startApp();
    send(hello({ elicitation: {} }));
    await clock.passUntil(1_000);
    const answer = send({ session: 'session-1', message: call('ask', 1) });
    await clock.passUntil(60_000);
    expect(answer.endedAt).toBe(1_100 + 30_000);
  });

  it('asks nobody who cannot be asked', async () => {
    const { send, clock } = startApp();
    send(hello({}));
    await clock.passUntil(1_000);
    const [inSession, outside] = [
      send({ session: 'session-1', message: call('ask', 1) }),
      send({ message: call('ask', 2) }),
    ];
    await clock.passUntil(2_000);
    for (const { events } of [inSession, outside]) {
      expect(events.map(({ message }) => message['method'])).toEqual([undefined]);
    }
  });

  it('knows no session any more when it comes up anew, and ends their streams', async () => {
    const { app, send, clock } = startApp();
    send(hello({}));
    await clock.passUntil(1_000);
    const stream = send({ method: 'GET', session: 'session-1' });
    expect([stream.status, stream.endedAt]).toEqual([200, undefined]);
    app.restart();
    expect(stream.endedAt).toBe(1_000);
    expect(send({ session: 'session-1', message: call('grade', 1) }).status).toBe(404);
  });
});
