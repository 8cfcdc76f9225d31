import type { IncomingHttpHeaders } from 'node:http';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import type { Dispatcher } from 'undici';
import { realClock } from './clock.ts';
import { isObject, objectOr, parseJson, textOf, type JsonObject } from './json.ts';

/** How one HTTP request ended. `ms` is the time until the message that answers it was read. */
export type Reply =
  | {
      readonly kind: 'unreachable';
      readonly ms: number;
      /** The connection was refused, reset or timed out, or the dispatcher was destroyed. */
      readonly error: Error;
    }
  | {
      readonly kind: 'answered';
      readonly ms: number;
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      readonly sessionId: string | undefined;
      /** The JSON-RPC result or error that answers the request, if one was found. */
      readonly message: JsonObject | undefined;
      /** The body, unless it is an event stream. */
      readonly text: string | undefined;
    };

/** Names and values by turns, in the order in which they are sent. */
export type HeaderList = readonly string[];

export interface Wire {
  post(message: JsonObject, headers: HeaderList): Promise<Reply>;
  /** Ends a session. */
  delete(headers: HeaderList): Promise<Reply>;
  /** Reads the answer from the server's own path, or from another path, to its end. */
  get(headers: HeaderList, path?: string): Promise<Reply>;
  /** Sends a text with POST to another path. */
  submit(headers: HeaderList, path: string, body: string): Promise<Reply>;
  /** Opens a standing event stream and reads it until either side closes it. */
  stream(headers: HeaderList): Stream;
}

export interface Stream {
  /** Status and content type of the answer; undefined: there was none. */
  readonly opened: Promise<{ readonly status: number; readonly contentType: string | undefined } | undefined>;
  /** Where the client is to send its requests, as a stream of HTTP+SSE says first; undefined: it ended without. */
  readonly endpoint: Promise<string | undefined>;
  close(): Promise<void>;
}

/** A client's answer to a request of its server, and the time it takes; undefined: no answer. */
export type ReplyTo = (request: JsonObject) => { readonly result: JsonObject; readonly ms: number } | undefined;

/** A client gives up after this long without a byte (the TypeScript SDK's request timeout). */
const REQUEST_TIMEOUT_MS = 60_000;

/**
 * HTTP as an MCP client speaks it, over the caller's dispatcher. Nothing here rejects.
 * @param maxExchangeMs an exchange that takes longer is given up, even while bytes arrive; a standing stream never is
 */
export function createWire(dispatcher: Dispatcher, url: string, maxExchangeMs?: number, replyTo?: ReplyTo): Wire {
  const { origin, pathname, search } = new URL(url);
  const to = { origin, path: pathname + search };

  const exchange = async (
    method: 'GET' | 'POST' | 'DELETE',
    headers: HeaderList,
    { message, text, path = to.path }: { message?: JsonObject; text?: string; path?: string } = {},
  ): Promise<Reply> => {
    const startedAt = realClock.now();
    const since = (): number => realClock.now() - startedAt;
    const limits = {
      headersTimeout: REQUEST_TIMEOUT_MS,
      bodyTimeout: REQUEST_TIMEOUT_MS,
      ...(maxExchangeMs !== undefined && { signal: AbortSignal.timeout(maxExchangeMs) }),
    };
    const body = message === undefined ? (text ?? null) : JSON.stringify(message);
    const onRequest = (asked: JsonObject): void => {
      const reply = replyTo?.(asked);
      if (reply === undefined) return;
      const answer = { jsonrpc: '2.0', id: asked['id'], result: reply.result };
      void realClock.rest(reply.ms).then(() => exchange('POST', headers, { message: answer }));
    };
    try {
      const response = await dispatcher.request({ ...to, ...limits, path, method, headers: [...headers], body });
      const answer = await readAnswer(response, message?.['id'], since, onRequest);
      const sessionId = textOf(response.headers['mcp-session-id']);
      return { kind: 'answered', status: response.statusCode, headers: response.headers, sessionId, ...answer };
    } catch (error) {
      return { kind: 'unreachable', ms: since(), error: error instanceof Error ? error : new Error(String(error)) };
    }
  };

  return {
    post: (message, headers) => exchange('POST', headers, { message }),
    delete: (headers) => exchange('DELETE', headers),
    get: (headers, path) => exchange('GET', headers, path === undefined ? {} : { path }),
    submit: (headers, path, text) => exchange('POST', headers, { path, text }),
    stream(headers) {
      const stop = new AbortController();
      const request = { ...to, method: 'GET', headers: [...headers], signal: stop.signal };
      const answered = dispatcher.request({ ...request, headersTimeout: 0, bodyTimeout: 0 });
      // The stream was refused, reset or closed: a client goes on without it.
      const gone = (): undefined => undefined;
      const endpoint = Promise.withResolvers<string | undefined>();
      const over = answered
        .then(({ body }) => readEvents(body, ({ event, data }) => event === 'endpoint' && endpoint.resolve(data)))
        .catch(gone)
        .finally(() => endpoint.resolve(undefined));
      return {
        opened: answered
          .then(({ statusCode, headers: { 'content-type': contentType } }) => {
            return { status: statusCode, contentType: textOf(contentType) };
          })
          .catch(gone),
        endpoint: endpoint.promise,
        async close() {
          stop.abort();
          await over;
        },
      };
    },
  };
}

interface Answer {
  readonly ms: number;
  readonly message: JsonObject | undefined;
  readonly text: string | undefined;
}

/**
 * Reads the body to its end, so that the connection can be used again. Rejects when it breaks off before the answer.
 */
async function readAnswer(
  response: Dispatcher.ResponseData,
  wanted: unknown,
  since: () => number,
  onRequest: (message: JsonObject) => void,
): Promise<Answer> {
  const found: Pick<Answer, 'ms' | 'message'>[] = [];
  let whole: string | undefined;
  const read = (text: string): void => {
    const messages = [parseJson(text)].flat().filter(isObject);
    found.push(...messages.filter((one) => answers(one, wanted)).map((message) => ({ message, ms: since() })));
    for (const message of messages) if ('method' in message && message['id'] !== undefined) onRequest(message);
  };
  try {
    if (/^text\/event-stream\b/i.test(textOf(response.headers['content-type']) ?? '')) {
      await readEvents(response.body, ({ data }) => read(data));
    } else {
      whole = await response.body.text();
      read(whole);
    }
  } catch (error) {
    if (found.length === 0) throw error;
  }
  return { ...(found[0] ?? { ms: since(), message: undefined }), text: whole };
}

/** Whether a message answers the request with this id. An error may have no id (session not found). */
export function answers(message: JsonObject, wanted: unknown): boolean {
  if ('method' in message) return false;
  const id = message['id'] ?? undefined;
  return id === wanted || (id === undefined && isObject(message['error']));
}

async function readEvents(body: AsyncIterable<unknown>, onEvent: (event: EventSourceMessage) => void): Promise<void> {
  const parser = createParser({ onEvent });
  const decoder = new TextDecoder();
  for await (const chunk of body) parser.feed(decoder.decode(bytesOf(chunk), { stream: true }));
}

function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new TypeError(`A body must give bytes, not ${typeof chunk}`);
}

/** Whether the message reports a failed tool. To HTTP and JSON-RPC that is a good answer. */
export function isToolError(message: JsonObject): boolean {
  return objectOr(message['result'])['isError'] === true;
}
