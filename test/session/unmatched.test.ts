import { describe, expect, it } from 'vitest';
import { result, startConversation, toolCall } from '../support/conversation.ts';
import { carriers } from './carriers.ts';
import { openEndpoint } from './endpoint-stream.ts';
import { getStream, startSessions } from './two-sessions.ts';

describe('a session in which most answers fit no call', () => {
  it('is told of once, with the shapes of what was seen', () => {
    const talk = startConversation();
    const wrapped = talk.wrap();
    for (let id = 1; id <= 20; id++) {
      wrapped.client(toolCall(id));
      wrapped.server(result(`SECRET-${id}`));
      expect(talk.of('notice')).toHaveLength(id < 5 ? 0 : 1);
    }
    expect(talk.of('notice')).toMatchObject([
      { what: 'answers-unmatched', detail: 'ids sent: a number; answered: text of 8 characters; in a line of a pipe' },
    ]);
    expect(JSON.stringify(talk.of('notice'))).not.toContain('SECRET');
  });

  it('is not told of where half of them fit', () => {
    const talk = startConversation();
    const wrapped = talk.wrap();
    for (let id = 1; id <= 20; id++) {
      wrapped.client(toolCall(id));
      wrapped.server(result(id));
      wrapped.server(result(`x${id}`));
    }
    expect(talk.of('notice')).toEqual([]);
  });

  it('is told of over HTTP+SSE, with or without the ids of events', () => {
    const notices = [undefined, '7'].map((eventId) => {
      const talk = startConversation();
      const { stream, post } = openEndpoint(talk, '/messages?sessionId=q1');
      for (let id = 1; id <= 5; id++) {
        post(toolCall(`call-${id}`)).answer(202);
        stream.event(result(id), eventId);
      }
      return talk.of('notice').map(({ detail }) => detail);
    });
    expect(notices).toEqual([
      ['ids sent: text of 6 characters; answered: a number; in the stream of an endpoint, without event ids'],
      ['ids sent: text of 6 characters; answered: a number; in the stream of an endpoint, with event ids'],
    ]);
  });

  it('is told of where nobody waits for them', () => {
    const talk = startSessions();
    const stream = getStream(talk);
    for (let id = 1; id <= 5; id++) stream.event(result(id));
    expect(talk.of('notice')).toMatchObject([
      { detail: 'ids sent: none; answered: a number; in the event stream of a GET, without event ids' },
    ]);
  });

  it.each(carriers())('is not one over %s that echoes ids in the other type', (_, open) => {
    const { talk, ask } = open();
    for (let id = 1; id <= 10; id++) ask(toolCall(id))(result(String(id)));
    expect(talk.of('notice')).toEqual([]);
  });

  it('is counted anew when a thousand other sessions came in between', () => {
    const talk = startConversation();
    const answerOddly = (session: number): void => {
      const stream = getStream(talk, { 'Mcp-Session-Id': `s${session}` });
      stream.event(result(1));
      stream.close();
    };
    for (let round = 0; round < 4; round++) answerOddly(0);
    for (let session = 1; session <= 1_000; session++) answerOddly(session);
    answerOddly(0);
    expect(talk.of('notice')).toEqual([]);
    for (let round = 0; round < 4; round++) answerOddly(0);
    expect(talk.of('notice')).toHaveLength(1);
  });
});

describe('an endpoint on another host', () => {
  it('is told of once, with the host and nothing else', () => {
    const talk = startConversation();
    for (let index = 0; index < 3; index++) openEndpoint(talk, `http://10.0.0.7:8000/messages?secret=${index}`);
    expect(talk.of('notice')).toMatchObject([{ what: 'endpoint-elsewhere', detail: '10.0.0.7:8000' }]);
  });
});
