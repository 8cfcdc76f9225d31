import {
  startConversation,
  toolCall,
  type Conversation,
  type ConversationOptions,
  type Headers,
  type OpenExchange,
} from '../support/conversation.ts';

export const SESSION = { 'Mcp-Session-Id': 's1' };
export const OTHER_SESSION = { 'Mcp-Session-Id': 's2' };

export const outcomes = (talk: Conversation) =>
  talk.of('operation-ended').map(({ operation: { method, requestId, outcome } }) => [method, requestId, outcome.kind]);
export const anomalies = (talk: Conversation) => talk.of('anomaly').map(({ what }) => what);

/** Two sessions that live, and nothing else to look at. */
export function startSessions(options: ConversationOptions = {}): Conversation {
  const talk = startConversation(options);
  talk.initialize('s1');
  talk.initialize('s2');
  talk.forget();
  return talk;
}

/** A tool call whose answer is an event stream. */
export function streamed(talk: Conversation, id: unknown, headers: Headers = SESSION): OpenExchange {
  const exchange = talk.post(toolCall(id), headers);
  exchange.stream();
  return exchange;
}

export const getStream = (talk: Conversation, headers: Headers = SESSION): OpenExchange => {
  const stream = talk.send({ method: 'GET', headers });
  stream.stream();
  return stream;
};
