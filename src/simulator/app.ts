import type { IncomingHttpHeaders } from 'node:http';
import type { Answers, Saying } from './answers.ts';
import type { Clock } from './clock.ts';
import { isObject, objectOr, parseJson, type JsonObject } from './json.ts';
import { faultOf, isModern } from './modern-request.ts';
import type { Asking, Drawer } from './quiz.ts';

/** One HTTP request. */
export interface Asked {
  readonly method: string;
  /** Without query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Undefined: too large to be read. */
  readonly body: string | undefined;
}

/** Where its answer goes: the head first, then the body in any number of pieces. */
export interface Answering {
  head(status: number, headers: Readonly<Record<string, string>>): void;
  write(text: string): void;
  end(text?: string): void;
  /** Calls back when it is over, whoever ended it. */
  onClosed(listener: () => void): void;
}

/** An MCP server of both eras, whatever carries its bytes. */
export interface App {
  answer(asked: Asked, answering: Answering): Promise<void>;
  /** It comes up anew: its sessions are gone, and their streams with them. */
  restart(): void;
}

export interface AppOptions {
  readonly answers: Answers;
  readonly clock: Pick<Clock, 'rest'>;
  /** Makes a session id. */
  mint(): string;
}

interface Session extends Drawer {
  readonly streams: Set<Answering>;
  readonly capabilities: JsonObject;
  /** What the client was asked and has not answered, by id. */
  readonly asked: Map<unknown, () => void>;
}

type State = AppOptions & { readonly sessions: Map<string, Session>; readonly withoutSession: Drawer };

/** Most clients never delete a session, so the oldest gives way. */
const maxSessions = 1_000;
/** So long a client's own answer is waited for, in milliseconds. */
const askPatienceMs = 30_000;

export function createApp(options: AppOptions): App {
  const state: State = { ...options, sessions: new Map(), withoutSession: { latest: undefined } };
  return {
    answer: (asked, answering) => answer(asked, answering, state),
    restart() {
      for (const id of state.sessions.keys()) forget(state.sessions, id);
    },
  };
}

async function answer(asked: Asked, answering: Answering, state: State): Promise<void> {
  if (asked.path !== '/mcp') return refuse(answering, 404, -32600, 'Not here: /mcp');
  const id = asked.headers['mcp-session-id'];
  const session = typeof id === 'string' ? state.sessions.get(id) : undefined;
  if (asked.method === 'POST') return answerPost(asked, answering, state, session);
  if (asked.method !== 'GET' && asked.method !== 'DELETE') return refuse(answering, 405, -32600, 'POST, GET, DELETE');
  if (id === undefined) return refuse(answering, 400, -32000, 'Bad Request: Mcp-Session-Id is missing');
  if (session === undefined) return refuse(answering, 404, -32001, 'Session not found');
  if (asked.method === 'DELETE') {
    forget(state.sessions, String(id));
    answering.head(200, {});
    return answering.end();
  }
  session.streams.add(answering);
  answering.onClosed(() => session.streams.delete(answering));
  answering.head(200, streamHeaders);
  answering.write(': open\n\n');
}

async function answerPost(
  { headers, body }: Asked,
  answering: Answering,
  state: State,
  session: Session | undefined,
): Promise<void> {
  if (body === undefined) return refuse(answering, 413, -32600, 'Too large');
  const message = parseJson(body);
  if (message === undefined) return refuse(answering, 400, -32700, 'Parse error');
  if (!isObject(message)) return refuse(answering, 400, -32600, 'One message per request');
  const { method, id } = message;
  const params = objectOr(message['params']);
  const modern = typeof method === 'string' && isModern(headers, method, params);
  if (!modern && headers['mcp-session-id'] !== undefined && session === undefined) {
    return refuse(answering, 404, -32001, 'Session not found');
  }
  if (typeof method !== 'string' || id === undefined) {
    if (typeof method !== 'string') session?.asked.get(id)?.();
    answering.head(202, {});
    return answering.end();
  }
  const fault = modern ? faultOf(headers, method, params) : undefined;
  if (fault !== undefined) return writeJson(answering, 400, { jsonrpc: '2.0', id, error: fault });

  const drawer = (modern ? undefined : session) ?? state.withoutSession;
  const saying = state.answers(method, params, modern ? 'modern' : 'legacy', drawer);
  const reply = { jsonrpc: '2.0', id, ...saying.body };
  const streamed = saying.streamed && (headers.accept ?? '').includes('text/event-stream');
  if (streamed) return streamReply(answering, saying, params, reply, session, state);
  await state.clock.rest(saying.ms);
  const minted =
    method === 'initialize' && session === undefined
      ? { 'Mcp-Session-Id': open(state, objectOr(params['capabilities'])) }
      : {};
  const unknown = modern && 'error' in saying.body && saying.body.error.code === -32601;
  writeJson(answering, unknown ? 404 : 200, reply, minted);
}

const streamHeaders = {
  'Content-Type': 'text/event-stream',
  'Cache-Control': 'no-cache',
  'X-Accel-Buffering': 'no',
};

async function streamReply(
  answering: Answering,
  { ms, progress = 1, asks }: Saying,
  params: JsonObject,
  reply: JsonObject,
  session: Session | undefined,
  { clock }: State,
): Promise<void> {
  answering.head(200, streamHeaders);
  answering.write(': working\n\n');
  const send = (message: JsonObject): string => `event: message\ndata: ${JSON.stringify(message)}\n\n`;
  const { progressToken } = objectOr(params['_meta']);
  for (let step = 1; step <= progress; step += 1) {
    await clock.rest(ms / progress);
    if (step === 1 && asks !== undefined && session !== undefined && asks.capability in session.capabilities)
      await ask(asks, `${asks.method}-${String(reply['id'])}`, session, clock, (text) => answering.write(send(text)));
    if (progressToken === undefined) continue;
    const told = { progressToken, progress: step, ...(progress > 1 && { total: progress }) };
    answering.write(send({ jsonrpc: '2.0', method: 'notifications/progress', params: told }));
  }
  answering.end(send(reply));
}

/** Asks the client, and waits for its answer: not for ever. */
async function ask(
  { method, params }: Asking,
  id: string,
  { asked }: Session,
  clock: Pick<Clock, 'rest'>,
  send: (message: JsonObject) => void,
): Promise<void> {
  const answered = new AbortController();
  asked.set(id, () => answered.abort());
  send({ jsonrpc: '2.0', id, method, params });
  await clock.rest(askPatienceMs, answered.signal);
  asked.delete(id);
}

function open({ sessions, mint }: State, capabilities: JsonObject): string {
  const [oldest] = sessions.keys();
  if (oldest !== undefined && sessions.size >= maxSessions) forget(sessions, oldest);
  const id = mint();
  sessions.set(id, { latest: undefined, streams: new Set(), capabilities, asked: new Map() });
  return id;
}

function forget(sessions: Map<string, Session>, id: string): void {
  sessions.get(id)?.streams.forEach((stream) => stream.end());
  sessions.delete(id);
}

function refuse(answering: Answering, status: number, code: number, message: string): void {
  writeJson(answering, status, { jsonrpc: '2.0', error: { code, message }, id: null });
}

function writeJson(
  answering: Answering,
  status: number,
  body: JsonObject,
  headers: Readonly<Record<string, string>> = {},
): void {
  answering.head(status, { ...headers, 'Content-Type': 'application/json' });
  answering.end(JSON.stringify(body));
}
