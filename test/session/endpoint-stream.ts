import type { Conversation, Headers, Json, OpenExchange } from '../support/conversation.ts';

/** A session of 2024-11-05: its stream, and requests to the endpoint that the stream gave out. */
export interface EndpointStream {
  readonly stream: OpenExchange;
  post(message: Json): OpenExchange;
}

/**
 * Opens the stream of an HTTP+SSE session.
 * @param endpoint as the server writes it
 * @param target the path and query that its client makes of it
 */
export function openEndpoint(
  talk: Conversation,
  endpoint: string,
  { target = endpoint, path = '/sse', headers = {} }: { target?: string; path?: string; headers?: Headers } = {},
): EndpointStream {
  const stream = talk.send({ method: 'GET', path, headers: { Accept: 'text/event-stream', ...headers } });
  stream.stream();
  stream.event(endpoint, undefined, 'endpoint');
  return { stream, post: (message) => talk.send({ path: target, headers, body: message }) };
}
