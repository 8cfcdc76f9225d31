import {
  request,
  result,
  REVISION,
  startConversation,
  type Conversation,
  type Fields,
} from '../support/conversation.ts';
import { openEndpoint } from './endpoint-stream.ts';

/** A session over one transport, beyond its handshake. */
export interface Carried {
  readonly talk: Conversation;
  /** Sends a request, or a batch; returns what writes the server's answers and ends the exchange. */
  ask(message: Fields | readonly Fields[]): (...answers: Fields[]) => void;
}

const SESSION = { 'Mcp-Session-Id': 's1' };

function overHttp(): Conversation {
  const talk = startConversation();
  talk.initialize('s1');
  talk.forget();
  return talk;
}

const CARRIERS: Readonly<Record<string, () => Carried>> = {
  'a JSON body': () => {
    const talk = overHttp();
    const ask: Carried['ask'] = (message) => {
      const exchange = talk.post(message, SESSION);
      return (...answers) => exchange.answer(200, answers.length === 1 ? answers[0] : answers);
    };
    return { talk, ask };
  },
  'an event stream': () => {
    const talk = overHttp();
    const ask: Carried['ask'] = (message) => {
      const exchange = talk.post(message, SESSION);
      exchange.stream();
      return (...answers) => {
        for (const answer of answers) exchange.event(answer);
        exchange.close();
      };
    };
    return { talk, ask };
  },
  'the stream of HTTP+SSE': () => {
    const talk = startConversation();
    const { stream, post } = openEndpoint(talk, '/messages/?session_id=q1');
    post(request(0, 'initialize', { protocolVersion: REVISION, clientInfo: { name: 'zed', version: '1' } })).answer(
      202,
    );
    stream.event(result(0, { protocolVersion: REVISION }));
    talk.forget();
    const ask: Carried['ask'] = (message) => {
      post(message).answer(202, 'Accepted', { 'Content-Type': 'text/plain' });
      return (...answers) => {
        for (const answer of answers) stream.event(answer);
      };
    };
    return { talk, ask };
  },
  'a pipe': () => {
    const talk = startConversation();
    const wrapped = talk.wrap();
    wrapped.client(request(0, 'initialize', { protocolVersion: REVISION, clientInfo: { name: 'zed', version: '1' } }));
    wrapped.server(result(0, { protocolVersion: REVISION }));
    talk.forget();
    const ask: Carried['ask'] = (message) => {
      wrapped.client(message);
      return (...answers) => {
        for (const answer of answers) wrapped.server(answer);
      };
    };
    return { talk, ask };
  },
};

/** Rows for `it.each`: the carrier's name, and what opens a session over it. */
export const carriers = (...names: string[]): [string, () => Carried][] =>
  Object.entries(CARRIERS).filter(([name]) => names.length === 0 || names.includes(name));
