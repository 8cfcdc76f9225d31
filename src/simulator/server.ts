import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAnswers, type Answers, type Saying } from './answers.ts';
import { isObject, objectOr, parseJson, type JsonObject } from './json.ts';
import { faultOf, isModern } from './modern-request.ts';
import type { Drawer } from './quiz.ts';

interface Session extends Drawer {
  readonly streams: Set<ServerResponse>;
}

/** Most clients never delete a session, so the oldest gives way. */
const maxSessions = 1_000;
const maxBodyBytes = 1024 * 1024;

/**
 * Starts an MCP server for a small app, of both eras on one URL (`/mcp`). The seed fixes latencies, contents and which
 * answers are streamed; session ids are always fresh. Rejects when the port is taken.
 */
export async function startSimulatedServer(options: {
  port?: number;
  host?: string;
  seed?: number;
}): Promise<{ url: string; close(): Promise<void> }> {
  const { host = '127.0.0.1', port = 0, seed = 1 } = options;
  const answers = createAnswers(seed);
  const sessions = new Map<string, Session>();
  const withoutSession: Drawer = { latest: undefined };
  const server = createServer((request, response) => {
    answer(request, response, { answers, sessions, withoutSession }).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined);
    });
  });
  server.listen(port, host);
  await once(server, 'listening');
  const address = server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}/mcp`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

interface App {
  readonly answers: Answers;
  readonly sessions: Map<string, Session>;
  readonly withoutSession: Drawer;
}

async function answer(request: IncomingMessage, response: ServerResponse, app: App): Promise<void> {
  if (request.url?.split('?')[0] !== '/mcp') return refuse(response, 404, -32600, 'Not here: /mcp');
  const id = request.headers['mcp-session-id'];
  const session = typeof id === 'string' ? app.sessions.get(id) : undefined;
  if (request.method === 'POST') return answerPost(request, response, app, session);
  if (request.method !== 'GET' && request.method !== 'DELETE')
    return refuse(response, 405, -32600, 'POST, GET, DELETE');
  if (id === undefined) return refuse(response, 400, -32000, 'Bad Request: Mcp-Session-Id is missing');
  if (session === undefined) return refuse(response, 404, -32001, 'Session not found');
  if (request.method === 'DELETE') {
    forget(app.sessions, String(id));
    response.writeHead(200).end();
    return;
  }
  session.streams.add(response);
  response.once('close', () => session.streams.delete(response));
  response.writeHead(200, streamHeaders).write(': open\n\n');
}

async function answerPost(
  request: IncomingMessage,
  response: ServerResponse,
  app: App,
  session: Session | undefined,
): Promise<void> {
  const body = await readBody(request);
  if (body === undefined) return refuse(response, 413, -32600, 'Too large');
  const message = parseJson(body);
  if (message === undefined) return refuse(response, 400, -32700, 'Parse error');
  if (!isObject(message)) return refuse(response, 400, -32600, 'One message per request');
  const { method, id } = message;
  const params = objectOr(message['params']);
  const modern = typeof method === 'string' && isModern(request.headers, method, params);
  if (!modern && request.headers['mcp-session-id'] !== undefined && session === undefined) {
    return refuse(response, 404, -32001, 'Session not found');
  }
  if (typeof method !== 'string' || id === undefined) {
    response.writeHead(202).end();
    return;
  }
  const fault = modern ? faultOf(request.headers, method, params) : undefined;
  if (fault !== undefined) return writeJson(response, 400, { jsonrpc: '2.0', id, error: fault });

  const drawer = (modern ? undefined : session) ?? app.withoutSession;
  const saying = app.answers(method, params, modern ? 'modern' : 'legacy', drawer);
  const reply = { jsonrpc: '2.0', id, ...saying.body };
  const streamed = saying.streamed && (request.headers.accept ?? '').includes('text/event-stream');
  if (streamed) return streamReply(response, saying, params, reply);
  await sleep(saying.ms);
  if (method === 'initialize' && session === undefined) response.setHeader('Mcp-Session-Id', mint(app.sessions));
  const unknown = modern && 'error' in saying.body && saying.body.error.code === -32601;
  writeJson(response, unknown ? 404 : 200, reply);
}

const streamHeaders = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-cache',
  'X-Accel-Buffering': 'no',
};

async function streamReply(response: ServerResponse, saying: Saying, params: JsonObject, reply: JsonObject) {
  response.writeHead(200, streamHeaders).write(': working\n\n');
  await sleep(saying.ms);
  const progressToken = objectOr(params['_meta'])['progressToken'];
  if (progressToken !== undefined) {
    const progress = { jsonrpc: '2.0', method: 'notifications/progress', params: { progressToken, progress: 1 } };
    response.write(`event: message\ndata: ${JSON.stringify(progress)}\n\n`);
  }
  response.end(`event: message\ndata: ${JSON.stringify(reply)}\n\n`);
}

function mint(sessions: Map<string, Session>): string {
  const [oldest] = sessions.keys();
  if (oldest !== undefined && sessions.size >= maxSessions) forget(sessions, oldest);
  const id = randomUUID();
  sessions.set(id, { latest: undefined, streams: new Set() });
  return id;
}

function forget(sessions: Map<string, Session>, id: string): void {
  sessions.get(id)?.streams.forEach((stream) => stream.end());
  sessions.delete(id);
}

function refuse(response: ServerResponse, status: number, code: number, message: string): void {
  writeJson(response, status, { jsonrpc: '2.0', error: { code, message }, id: null });
}

function writeJson(response: ServerResponse, status: number, body: JsonObject): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    // node:http gives Buffers as long as no encoding is set.
    const part = chunk as Buffer;
    bytes += part.length;
    if (bytes <= maxBodyBytes) chunks.push(part);
  }
  if (bytes > maxBodyBytes) return undefined;
  return Buffer.concat(chunks).toString('utf8');
}
