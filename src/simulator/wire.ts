import type { Dispatcher } from 'undici';
import { createEventStreamReader } from './event-stream.ts';
import { isObject, objectOr, parseJson, textOf, type JsonObject } from './json.ts';

/** What came of one HTTP request. `ms` runs until the message that answers it was read. */
export type Reply =
  | { readonly kind: 'unreachable'; readonly ms: number }
  | {
      readonly kind: 'answered';
      readonly ms: number;
      readonly status: number;
      readonly sessionId: string | undefined;
      /** The JSON-RPC result or error that answers the request, if any was found. */
      readonly message: JsonObject | undefined;
    };

/** Name and value in turn, in the order in which they are sent. */
export type HeaderList = readonly string[];

export interface Wire {
  post(message: JsonObject, headers: HeaderList): Promise<Reply>;
  /** Ends a session. */
  delete(headers: HeaderList): Promise<Reply>;
  /** Opens a standing event stream and reads it until it is closed, by either side. */
  stream(headers: HeaderList): Stream;
}

export interface Stream {
  close(): Promise<void>;
}

/** After this long without a byte a client gives up (the TypeScript SDK's request timeout). */
const patienceMs = 60_000;

/** HTTP as an MCP client speaks it, over a dispatcher of the caller's. Nothing here rejects. */
export function createWire(dispatcher: Dispatcher, url: string): Wire {
  const { origin, pathname, search } = new URL(url);
  const to = { origin, path: pathname + search };

  const exchange = async (method: 'POST' | 'DELETE', headers: HeaderList, message?: JsonObject): Promise<Reply> => {
    const startedAt = performance.now();
    const since = (): number => performance.now() - startedAt;
    const timeouts = { headersTimeout: patienceMs, bodyTimeout: patienceMs };
    const body = message === undefined ? null : JSON.stringify(message);
    try {
      const response = await dispatcher.request({ ...to, ...timeouts, method, headers: [...headers], body });
      const answer = await readAnswer(response, message?.['id'], since);
      const sessionId = textOf(response.headers['mcp-session-id']);
      return {
        kind: 'answered',
        status: response.statusCode,
        sessionId,
        ...(answer ?? { ms: since(), message: undefined }),
      };
    } catch {
      // Refused, reset, timed out, or the dispatcher was destroyed.
      return { kind: 'unreachable', ms: since() };
    }
  };

  return {
    post: (message, headers) => exchange('POST', headers, message),
    delete: (headers) => exchange('DELETE', headers),
    stream(headers) {
      const stop = new AbortController();
      const request = { ...to, method: 'GET', headers: [...headers], signal: stop.signal };
      const over = dispatcher
        .request({ ...request, headersTimeout: 0, bodyTimeout: 0 })
        .then(({ body }) => readToEnd(body))
        // Refused, reset or closed: a client goes on without it.
        .catch(() => undefined);
      return {
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
  readonly message: JsonObject;
}

/** Reads to the end of the body, so that the connection is left whole. Rejects when it breaks off before the answer. */
async function readAnswer(
  response: Dispatcher.ResponseData,
  wanted: unknown,
  since: () => number,
): Promise<Answer | undefined> {
  const found: Answer[] = [];
  const read = (text: string): void => {
    const messages = [parseJson(text)].flat().filter(isObject);
    found.push(...messages.filter((one) => answers(one, wanted)).map((message) => ({ message, ms: since() })));
  };
  try {
    if (/^text\/event-stream\b/i.test(textOf(response.headers['content-type']) ?? '')) {
      const reader = createEventStreamReader(read);
      for await (const chunk of response.body) reader.push(bytesOf(chunk));
      reader.end();
    } else {
      read(await response.body.text());
    }
  } catch (error) {
    if (found.length === 0) throw error;
  }
  return found[0];
}

/** Whether a message answers the request with this id. An error may come without id (a session not found). */
function answers(message: JsonObject, wanted: unknown): boolean {
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
