import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { z } from 'zod';
import { listen } from './listen.ts';

/** Where the server keeps what it was told. */
export interface Shelf {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string): Promise<void>;
}

export interface QuizServerOptions {
  /** Undefined: each session has a shelf of its own, in memory; that is the landmine. */
  readonly shelf?: Shelf;
  /** What a shared shelf is divided by. */
  readonly keyOf?: (request: QuizRequest) => string;
  /** How long `initialize` takes. */
  readonly initializeMs?: number;
  /** DELETE is answered, but ends nothing. */
  readonly leaks?: boolean;
  /** The oldest sessions give way. */
  readonly mostSessions?: number;
  /** Sessions without an id, one for each request. */
  readonly stateless?: boolean;
  /** Redirects from `/mcp` to `/mcp/`, as Python servers do. */
  readonly redirects?: boolean;
  /** Answers before the server does. */
  readonly intercept?: (request: http.IncomingMessage, body: string, response: http.ServerResponse) => boolean;
}

/** What a request says of who makes it. */
export interface QuizRequest {
  readonly headers: http.IncomingHttpHeaders;
  readonly meta: Readonly<Record<string, unknown>>;
}

export interface QuizServer extends AsyncDisposable {
  readonly url: string;
  readonly sessions: ReadonlySet<string>;
  /** Tool names, in the order in which they were called. */
  readonly called: readonly string[];
}

export function memoryShelf(): Shelf {
  const kept = new Map<string, string>();
  return {
    get: async (key) => kept.get(key),
    set: async (key, value) => void kept.set(key, value),
  };
}

const say = (said: unknown) => ({ content: [{ type: 'text' as const, text: JSON.stringify(said) }] });
const fail = (said: string) => ({ content: [{ type: 'text' as const, text: said }], isError: true });

/** A quiz made with the SDK: a question is created, answered, and the answer looked up. */
export async function startQuizServer(options: QuizServerOptions = {}): Promise<QuizServer> {
  const transports = new Map<string, StreamableHTTPServerTransport>();
  const sessions = new Set<string>();
  const called: string[] = [];

  async function open(): Promise<StreamableHTTPServerTransport> {
    const transport: StreamableHTTPServerTransport =
      options.stateless === true
        ? new StreamableHTTPServerTransport({})
        : new StreamableHTTPServerTransport({
            sessionIdGenerator: randomUUID,
            onsessioninitialized: (id) => {
              const [oldest] = sessions;
              if (oldest !== undefined && sessions.size >= (options.mostSessions ?? Infinity)) {
                sessions.delete(oldest);
                transports.delete(oldest);
              }
              sessions.add(id);
              transports.set(id, transport);
            },
            onsessionclosed: (id) => {
              sessions.delete(id);
              transports.delete(id);
            },
          });
    // Its optional handlers may be undefined, which the interface it implements does not say.
    await quiz(options, called).connect(transport as Parameters<McpServer['connect']>[0]);
    return transport;
  }

  async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const body = await text(request);
    if (options.intercept?.(request, body, response) === true) return;
    const path = request.url?.split('?')[0];
    if (options.redirects === true && path === '/mcp') {
      response.writeHead(307, { location: '/mcp/' }).end();
      return;
    }
    const parsed: unknown = body === '' ? undefined : JSON.parse(body);
    const opens = typeof parsed === 'object' && parsed !== null && 'method' in parsed && parsed.method === 'initialize';
    if (opens && options.initializeMs !== undefined) await delay(options.initializeMs);
    const id = request.headers['mcp-session-id'];
    if (request.method === 'DELETE' && options.leaks === true) {
      response.writeHead(200).end();
      return;
    }
    const known = typeof id === 'string' ? transports.get(id) : undefined;
    if (known === undefined && !opens && options.stateless !== true) {
      const missing = id === undefined;
      const error = missing
        ? { code: -32000, message: 'Bad Request: Mcp-Session-Id header is required' }
        : { code: -32001, message: 'Session not found' };
      response.writeHead(missing ? 400 : 404, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ jsonrpc: '2.0', id: null, error }));
      return;
    }
    await (known ?? (await open())).handleRequest(request, response, parsed);
  }

  const server = await listen(
    http.createServer((request, response) => {
      answer(request, response).catch((error: unknown) => {
        response.destroy(error instanceof Error ? error : new Error(String(error)));
      });
    }),
  );
  return { url: `${server.url}/mcp`, sessions, called, [Symbol.asyncDispose]: server.close };
}

/** One instance for each session, as the SDK wants it. */
function quiz({ shelf, keyOf = () => 'everybody' }: QuizServerOptions, called: string[]): McpServer {
  const server = new McpServer({ name: 'quiz', version: '1.0.0' });
  const own = shelf ?? memoryShelf();
  let requests = 0;
  // The part that is needed of what the SDK hands to a tool.
  interface Extra {
    _meta?: Record<string, unknown>;
    requestInfo?: { headers: http.IncomingHttpHeaders };
  }
  const keyFor = (extra: Extra): string =>
    keyOf({ headers: extra.requestInfo?.headers ?? {}, meta: extra._meta ?? {} });

  server.registerTool('create_question', { inputSchema: { level: z.enum(['a1', 'b1']) } }, async ({ level }, extra) => {
    called.push('create_question');
    const questionId = randomUUID();
    await own.set(`${keyFor(extra)}/question`, questionId);
    return say({ questionId, level, createdAt: new Date().toISOString() });
  });
  server.registerTool(
    'submit_answer',
    { inputSchema: { questionId: z.string(), answer: z.string() } },
    async ({ questionId, answer }, extra) => {
      called.push('submit_answer');
      if ((await own.get(`${keyFor(extra)}/question`)) !== questionId) return fail('There is no such question.');
      await own.set(`${keyFor(extra)}/answer`, answer);
      return say({ right: true });
    },
  );
  server.registerTool('get_latest_answer', { annotations: { readOnlyHint: true } }, async (extra: Extra) => {
    called.push('get_latest_answer');
    const latest = await own.get(`${keyFor(extra)}/answer`);
    return latest === undefined ? say({ answers: [] }) : say({ answers: [latest] });
  });
  server.registerTool('server_time', { annotations: { readOnlyHint: true } }, async () => {
    called.push('server_time');
    requests += 1;
    return { content: [{ type: 'text' as const, text: `It is ${new Date().toISOString()}, request ${requests}.` }] };
  });
  return server;
}
