import type { Answers, AppAnswer } from './answers.ts';
import type { AppRequest, AppResponse } from './app-exchange.ts';
import type { Clock } from './clock.ts';
import { isObject, objectOr, parseJson, type JsonObject } from './json.ts';
import { faultOf, isModern } from './modern-request.ts';
import { SIGN_IN_PATH, SignIn } from './sign-in.ts';
import type { ServerRequest, AppMemory } from './quiz.ts';

/** An MCP server of both eras. It does not know what carries its bytes. */
export interface App {
  answer(request: AppRequest, response: AppResponse): Promise<void>;
  /** Starts anew: all sessions and their streams are gone. */
  restart(): void;
}

export interface AppOptions {
  readonly answers: Answers;
  readonly clock: Pick<Clock, 'rest'>;
  /** Creates a session id. */
  newSessionId(): string;
}

interface Session extends AppMemory {
  readonly streams: Set<AppResponse>;
  readonly capabilities: JsonObject;
  /** The server's requests that the client has not answered, by id. */
  readonly openRequests: Map<unknown, () => void>;
}

type State = AppOptions & {
  readonly sessions: Map<string, Session>;
  readonly withoutSession: AppMemory;
  readonly signIn: SignIn;
};

/** Most clients never delete a session, so the oldest makes room. */
const MAX_SESSIONS = 1_000;
/** How long the app waits for a client's answer. */
const CLIENT_ANSWER_TIMEOUT_MS = 30_000;

export function createApp(options: AppOptions): App {
  const state: State = { ...options, sessions: new Map(), withoutSession: { latest: undefined }, signIn: new SignIn() };
  return {
    answer: (request, response) => answer(request, response, state),
    restart() {
      for (const id of state.sessions.keys()) forget(state.sessions, id);
    },
  };
}

async function answer(request: AppRequest, response: AppResponse, state: State): Promise<void> {
  if (state.signIn.answers(request, response)) return;
  if (request.path !== '/mcp' && request.path !== SIGN_IN_PATH) return refuse(response, 404, -32600, 'Not here: /mcp');
  const id = request.headers['mcp-session-id'];
  const session = typeof id === 'string' ? state.sessions.get(id) : undefined;
  if (request.method === 'POST') return answerPost(request, response, state, session);
  if (request.method !== 'GET' && request.method !== 'DELETE')
    return refuse(response, 405, -32600, 'POST, GET, DELETE');
  if (id === undefined) return refuse(response, 400, -32000, 'Bad Request: Mcp-Session-Id is missing');
  if (session === undefined) return refuse(response, 404, -32001, 'Session not found');
  if (request.method === 'DELETE') {
    forget(state.sessions, String(id));
    response.head(200, {});
    return response.end();
  }
  session.streams.add(response);
  response.onClosed(() => session.streams.delete(response));
  response.head(200, streamHeaders);
  response.write(': open\n\n');
}

async function answerPost(
  { headers, body }: AppRequest,
  response: AppResponse,
  state: State,
  session: Session | undefined,
): Promise<void> {
  if (body === undefined) return refuse(response, 413, -32600, 'Too large');
  const message = parseJson(body);
  if (message === undefined) return refuse(response, 400, -32700, 'Parse error');
  if (!isObject(message)) return refuse(response, 400, -32600, 'One message per request');
  const { method, id } = message;
  const params = objectOr(message['params']);
  const modern = typeof method === 'string' && isModern(headers, method, params);
  if (!modern && headers['mcp-session-id'] !== undefined && session === undefined) {
    return refuse(response, 404, -32001, 'Session not found');
  }
  if (typeof method !== 'string' || id === undefined) {
    if (typeof method !== 'string') session?.openRequests.get(id)?.();
    response.head(202, {});
    return response.end();
  }
  const fault = modern ? faultOf(headers, method, params) : undefined;
  if (fault !== undefined) return writeJson(response, 400, { jsonrpc: '2.0', id, error: fault });

  const memory = (modern ? undefined : session) ?? state.withoutSession;
  const appAnswer = state.answers(method, params, modern ? 'modern' : 'legacy', memory);
  const reply = { jsonrpc: '2.0', id, ...appAnswer.body };
  const streamed = appAnswer.streamed && (headers.accept ?? '').includes('text/event-stream');
  if (streamed) return streamReply(response, appAnswer, params, reply, session, state);
  await state.clock.rest(appAnswer.ms);
  const sessionHeader =
    method === 'initialize' && session === undefined
      ? { 'Mcp-Session-Id': open(state, objectOr(params['capabilities'])) }
      : {};
  const unknown = modern && 'error' in appAnswer.body && appAnswer.body.error.code === -32601;
  writeJson(response, unknown ? 404 : 200, reply, sessionHeader);
}

const streamHeaders = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-cache',
  'X-Accel-Buffering': 'no',
};

async function streamReply(
  response: AppResponse,
  { ms, progress = 1, asks }: AppAnswer,
  params: JsonObject,
  reply: JsonObject,
  session: Session | undefined,
  { clock }: State,
): Promise<void> {
  response.head(200, streamHeaders);
  response.write(': working\n\n');
  const send = (message: JsonObject): string => `event: message\ndata: ${JSON.stringify(message)}\n\n`;
  const { progressToken } = objectOr(params['_meta']);
  for (let step = 1; step <= progress; step += 1) {
    await clock.rest(ms / progress);
    if (step === 1 && asks !== undefined && session !== undefined && asks.capability in session.capabilities)
      await ask(asks, `${asks.method}-${String(reply['id'])}`, session, clock, (text) => response.write(send(text)));
    if (progressToken === undefined) continue;
    const notice = { progressToken, progress: step, ...(progress > 1 && { total: progress }) };
    response.write(send({ jsonrpc: '2.0', method: 'notifications/progress', params: notice }));
  }
  response.end(send(reply));
}

/** Asks the client, and waits for its answer, but not forever. */
async function ask(
  { method, params }: ServerRequest,
  id: string,
  { openRequests }: Session,
  clock: Pick<Clock, 'rest'>,
  send: (message: JsonObject) => void,
): Promise<void> {
  const answered = new AbortController();
  openRequests.set(id, () => answered.abort());
  send({ jsonrpc: '2.0', id, method, params });
  await clock.rest(CLIENT_ANSWER_TIMEOUT_MS, answered.signal);
  openRequests.delete(id);
}

function open({ sessions, newSessionId }: State, capabilities: JsonObject): string {
  const [oldest] = sessions.keys();
  if (oldest !== undefined && sessions.size >= MAX_SESSIONS) forget(sessions, oldest);
  const id = newSessionId();
  sessions.set(id, { latest: undefined, streams: new Set(), capabilities, openRequests: new Map() });
  return id;
}

function forget(sessions: Map<string, Session>, id: string): void {
  sessions.get(id)?.streams.forEach((stream) => stream.end());
  sessions.delete(id);
}

function refuse(response: AppResponse, status: number, code: number, message: string): void {
  writeJson(response, status, { jsonrpc: '2.0', error: { code, message }, id: null });
}

function writeJson(
  response: AppResponse,
  status: number,
  body: JsonObject,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.head(status, { ...headers, 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}
