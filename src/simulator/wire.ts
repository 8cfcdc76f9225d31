import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { realClock } from './clock.ts';
import { createEventStreamReader } from './event-stream.ts';
import { isObject, objectOr, parseJson, textOf, type JsonObject } from './json.ts';

/** What came of one HTTP request. `ms` runs until the message that answers it was read. */
export type Reply =
  | {
      readonly kind: 'unreachable';
      readonly ms: number;
      /** Refused, reset, timed out, or the dispatcher was destroyed. */
      readonly error: Error;
    }
  | {
      readonly kind: 'answered';
      readonly ms: number;
      readonly status: number;
      readonly headers: IncomingHttpHeaders;
      readonly sessionId: string | undefined;
      /** The JSON-RPC result or error that answers the request, if any was found. */
      readonly message: JsonObject | undefined;
      /** The body where it is no event stream. */
      readonly text: string | undefined;
    };

/** Name and value in turn, in the order in which they are sent. */
export type HeaderList = readonly string[];

export interface Wire {
  post(message: JsonObject, headers: HeaderList): Promise<Reply>;
  /** Ends a session. */
  delete(headers: HeaderList): Promise<Reply>;
  /** Reads what is at the server's own path, or at another, to its end. */
  get(headers: HeaderList, path?: string): Promise<Reply>;
  /** Opens a standing event stream and reads it until it is closed, by either side. */
  stream(headers: HeaderList): Stream;
}

export interface Stream {
  /** Status and type of what was answered; undefined: nothing was. */
  readonly opened: Promise<{ readonly status: number; readonly contentType: string | undefined } | undefined>;
  close(): Promise<void>;
}

/** What a client says to what its server asks on the way, and after how long; undefined: nothing. */
export type ReplyTo = (request: JsonObject) => { readonly result: JsonObject; readonly ms: number } | undefined;

/** After this long without a byte a client gives up (the TypeScript SDK's request timeout). */
const patienceMs = 60_000;

/**
 * HTTP as an MCP client speaks it, over a dispatcher of the caller's. Nothing here rejects.
 * @param longestMs after this long an exchange is given up, whatever still comes; a standing stream never is
 */
export function createWire(dispatcher: Dispatcher, url: string, longestMs?: number, replyTo?: ReplyTo): Wire {
  const { origin, pathname, search } = new URL(url);
  const to = { origin, path: pathname + search };

  const exchange = async (
    method: 'GET' | 'POST' | 'DELETE',
    headers: HeaderList,
    { message, path = to.path }: { message?: JsonObject; path?: string } = {},
  ): Promise<Reply> => {
    const startedAt = realClock.now();
    const since = (): number => realClock.now() - startedAt;
    const limits = {
      headersTimeout: patienceMs,
      bodyTimeout: patienceMs,
      ...(longestMs !== undefined && { signal: AbortSignal.timeout(longestMs) }),
    };
    const body = message === undefined ? null : JSON.stringify(message);
    const onRequest = (asked: JsonObject): void => {
      const replied = replyTo?.(asked);
      if (replied === undefined) return;
      const own = { jsonrpc: '2.0', id: asked['id'], result: replied.result };
      void realClock.rest(replied.ms).then(() => exchange('POST', headers, { message: own }));
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
    stream(headers) {
      const stop = new AbortController();
      const request = { ...to, method: 'GET', headers: [...headers], signal: stop.signal };
      const answered = dispatcher.request({ ...request, headersTimeout: 0, bodyTimeout: 0 });
      // Refused, reset or closed: a client goes on without it.
      const gone = (): undefined => undefined;
      const over = answered.then(({ body }) => readToEnd(body)).catch(gone);
      return {
        opened: answered
          .then(({ statusCode, headers: { 'content-type': contentType } }) => {
            return { status: statusCode, contentType: textOf(contentType) };
          })
          .catch(gone),
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

/** Reads to the end of the body, so that the connection is left whole. Rejects when it breaks off before the answer. */
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
      const reader = createEventStreamReader(read);
      for await (const chunk of response.body) reader.push(bytesOf(chunk));
      reader.end();
    } else {
      whole = await response.body.text();
      read(whole);
    }
  } catch (error) {
    if (found.length === 0) throw error;
  }
  return { ...(found[0] ?? { ms: since(), message: undefined }), text: whole };
}

/** Whether a message answers the request with this id. An error may come without id (a session not found). */
export function answers(message: JsonObject, wanted: unknown): boolean {
  if ('method' in message) return false;
  const id = message['id'] ?? undefined;
  return id === wanted || (id === undefined && isObject(message['error']));
}

async function readToEnd(body: AsyncIterable<unknown>): Promise<void> {
  for await (const chunk of body) bytesOf(chunk);
}

function bytesOf(chunk: unknown): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  throw new TypeError(`A body without encoding gives bytes, not ${typeof chunk}`);
}

/** Whether a reply's message reports a failed tool: an answer as far as HTTP and JSON-RPC are concerned. */
export function isToolError(message: JsonObject): boolean {
  return objectOr(message['result'])['isError'] === true;
}
