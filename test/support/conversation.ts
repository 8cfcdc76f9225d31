import { createPipeline, type PipelineOptions } from '../../src/observer/pipeline.ts';
import type { ServerSettings } from '../../src/settings/server-config.ts';
import type { EventSink, SessionEvent } from '../../src/session/event.ts';
import type { EndedOperation } from '../../src/session/operation.ts';
import type { People } from '../../src/session/people.ts';
import type { Store } from '../../src/store/store.ts';
import type { Tracker } from '../../src/session/tracker.ts';
import { DEFAULTS } from '../../src/settings/command-settings.ts';
import { spanChoice } from '../../src/settings/span-choice.ts';
import { SpanChooser } from '../../src/transport/trace/span-chooser.ts';
import type { CloseReason } from '../../src/transport/wire/wire-event.ts';
import { manualClock, type ManualClock } from './clock.ts';

export type Headers = Readonly<Record<string, string>>;
export type Fields = Readonly<Record<string, unknown>>;
/** Text is sent as it is. */
export type Json = Fields | readonly unknown[] | string;

export interface RequestSpec {
  method?: string;
  path?: string;
  headers?: Headers;
  body?: Json;
}

/** One HTTP request whose answer is yet to come. Every method tells the tracker at once, at the time of the clock. */
export interface OpenExchange {
  /** The whole answer, as JSON unless it is text. */
  answer(status: number, body?: Json | Buffer, headers?: Headers): void;
  /** Begins an answer, whose body is to come. */
  head(status: number, headers?: Headers): void;
  /** Begins an event stream. */
  stream(headers?: Headers): void;
  event(message: Json, id?: string, type?: string): void;
  close(reason?: CloseReason): void;
}

/** What the two sides of a wrapped process write: a message a line, or text as it is. */
export interface WrappedProcess {
  client(message: Json): void;
  server(message: Json): void;
  exit(): void;
}

export interface Conversation {
  readonly clock: ManualClock;
  readonly tracker: Tracker;
  readonly people: People;
  /** Everything told so far; what ended sessions added up to is as it was then. */
  readonly events: readonly SessionEvent[];
  /** How often a label became `_OTHER`, and a trace was withheld. */
  readonly folded: () => number;
  readonly withheld: () => number;
  /** Begins `events` anew. */
  forget(): void;
  of<Kind extends SessionEvent['kind']>(kind: Kind): Extract<SessionEvent, { kind: Kind }>[];
  /** The latest operation that ended, of this method if one is given. @throws when there is none */
  ended(method?: string): EndedOperation;
  /** A request, complete, waiting for its answer. Exchanges never share a slot unless one is given. */
  send(spec: RequestSpec, slot?: number): OpenExchange;
  post(message: Json, headers?: Headers): OpenExchange;
  /** A wrapped process: one exchange for all of its conversation. */
  wrap(command?: string): WrappedProcess;
  /** A whole exchange, answered as JSON. */
  ask(message: Json, answer: Json, headers?: Headers, answerHeaders?: Headers): EndedOperation;
  /** Opens a session of this id by a handshake. Other members go into the client's info. */
  initialize(sessionId: string | undefined, info?: Headers, headers?: Headers): EndedOperation;
  /** A tool call that is answered well. */
  call(sessionId: string | undefined, tool?: string, headers?: Headers): EndedOperation;
  sweep(): void;
  /** Lets so much time pass that a refused probe is reported though no handshake followed it. */
  passProbes(): void;
}

export const SERVER = 'quiz:3000';
export const INSTANCE = 'instance-1';
export const REVISION = '2025-11-25';
export const MODERN = '2026-07-28';
export const MODERN_META = { 'io.modelcontextprotocol/protocolVersion': MODERN };

export const request = (id: unknown, method: string, params: Fields = {}): Fields => ({
  jsonrpc: '2.0',
  id,
  method,
  params,
});
export const notification = (method: string, params: Fields = {}): Fields => ({ jsonrpc: '2.0', method, params });
export const result = (id: unknown, value: Fields = {}): Fields => ({ jsonrpc: '2.0', id, result: value });
export const failure = (id: unknown, code: number, message = 'no'): Fields => ({
  jsonrpc: '2.0',
  ...(id !== undefined && { id }),
  error: { code, message },
});
export const toolCall = (id: unknown, name = 'quiz', params: Fields = {}): Fields =>
  request(id, 'tools/call', { name, arguments: {}, ...params });
export const modern = (params: Fields = {}): Fields => ({ _meta: MODERN_META, ...params });

/** Settings other than the defaults, and what is not a setting. */
export interface ConversationOptions
  extends Partial<ServerSettings>, Partial<Pick<PipelineOptions, 'server' | 'instance' | 'listensOnLoopback'>> {
  /** What tools are offered is told of. */
  surface?: boolean;
  /** Further readers of what happens. */
  sinks?: readonly EventSink[];
  /** The record that the pipeline writes and remembers. */
  record?: Store | undefined;
  clock?: ManualClock;
}

const flat = (headers: Headers): string[] => Object.entries(headers).flat();
const textOf = (body: Json): string => (typeof body === 'string' ? body : JSON.stringify(body));

/** The real pipeline behind the real choice of spans, driven by hand. */
export function startConversation(options: ConversationOptions = {}): Conversation {
  const { server = SERVER, instance = INSTANCE, listensOnLoopback = true, surface = false, sinks = [] } = options;
  const { clock = manualClock(), record: store } = options;
  const settings: ServerSettings = { ...DEFAULTS, ...options };
  const events: SessionEvent[] = [];
  let folded = 0;
  let withheld = 0;
  const pipeline = createPipeline({
    settings,
    server,
    instance,
    listensOnLoopback,
    surface,
    exportsSpans: true,
    store,
    onFolded: () => folded++,
    onWithheld: () => withheld++,
  });
  pipeline.add((event) =>
    events.push(event.kind === 'session-ended' ? { ...event, session: { ...event.session } } : event),
  );
  for (const sink of sinks) pipeline.add(sink);
  const { tracker, people } = pipeline;
  const reader = pipeline.reader();
  const sampler = { root: 'always_on', ratio: 1 } as const;
  const chooser = new SpanChooser(spanChoice(settings, { server, instance, thread: 0, adds: true, sampler }));
  let last = 0;
  let lastId = 0;

  const send = ({ method = 'POST', path = '/mcp', headers = {}, body }: RequestSpec, slot?: number): OpenExchange => {
    const exchange = slot ?? ++last;
    const all: Headers = {
      Host: 'localhost',
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...headers,
    };
    const lower = new Map(Object.entries(all).map(([name, value]) => [name.toLowerCase(), value]));
    const bytes = Buffer.from(body === undefined ? '' : textOf(body));
    const at = clock.now();
    const carrier = { kind: 'http', method, target: path, httpVersion: '1.1', headers: flat(all) } as const;
    reader.take({ kind: 'opened', exchange, at, carrier });
    if (bytes.length > 0) reader.take({ kind: 'bytes', exchange, at, direction: 'to-server', bytes });
    const { span } = chooser.choose(method, lower.get('mcp-session-id'), lower.get('traceparent'), bytes, at);
    reader.take({ kind: 'requested', exchange, at, sentAt: at, size: bytes.length, span });
    let sent = 0;
    const toClient = (piece: Buffer): void => {
      sent += piece.length;
      reader.take({ kind: 'bytes', exchange, at: clock.now(), direction: 'to-client', bytes: piece });
    };
    const answered = (status: number, own: Headers): void =>
      reader.take({ kind: 'answered', exchange, at: clock.now(), status, headers: flat(own) });
    const close = (reason: CloseReason = 'complete'): void =>
      reader.take({ kind: 'closed', exchange, at: clock.now(), reason, size: sent });
    return {
      answer: (status, answer, own = {}) => {
        answered(status, { ...(answer !== undefined && { 'Content-Type': 'application/json' }), ...own });
        if (answer !== undefined && answer !== '')
          toClient(Buffer.isBuffer(answer) ? answer : Buffer.from(textOf(answer)));
        close();
      },
      head: (status, own = {}) => answered(status, own),
      stream: (own = {}) => answered(200, { 'Content-Type': 'text/event-stream', ...own }),
      event: (message, id, type) => {
        const fields = [type === undefined ? '' : `event: ${type}\n`, id === undefined ? '' : `id: ${id}\n`];
        toClient(Buffer.from(`${fields.join('')}data: ${textOf(message)}\n\n`));
      },
      close,
    };
  };
  const ended = (method?: string): EndedOperation => {
    const found = events.findLast(
      (event) => event.kind === 'operation-ended' && (method === undefined || event.operation.method === method),
    );
    if (found?.kind !== 'operation-ended') throw new Error(`no operation ${method ?? ''} has ended`);
    return found.operation;
  };
  const sessionHeader = (sessionId: string | undefined): Headers =>
    sessionId === undefined ? {} : { 'Mcp-Session-Id': sessionId };
  const talk: Conversation = {
    clock,
    tracker,
    people,
    events,
    folded: () => folded,
    withheld: () => withheld,
    forget: () => {
      events.length = 0;
    },
    // The filter leaves exactly the events of this kind.
    of: (kind) => events.filter((event) => event.kind === kind) as never,
    ended,
    send,
    post: (message, headers = {}) => send({ headers, body: message }),
    wrap: (command = 'quiz') => {
      const exchange = ++last;
      let sent = 0;
      const write = (direction: 'to-server' | 'to-client') => (message: Json) => {
        const bytes = Buffer.from(typeof message === 'string' ? message : `${textOf(message)}\n`);
        if (direction === 'to-client') sent += bytes.length;
        reader.take({ kind: 'bytes', exchange, at: clock.now(), direction, bytes });
      };
      reader.take({ kind: 'opened', exchange, at: clock.now(), carrier: { kind: 'stdio', program: command } });
      return {
        client: write('to-server'),
        server: write('to-client'),
        exit: () => reader.take({ kind: 'closed', exchange, at: clock.now(), reason: 'complete', size: sent }),
      };
    },
    ask: (message, answer, headers = {}, answerHeaders = {}) => {
      send({ headers, body: message }).answer(200, answer, answerHeaders);
      return ended();
    },
    initialize: (sessionId, info = { name: 'cursor-vscode', version: '1.0.0' }, headers = {}) => {
      const id = ++lastId;
      const exchange = talk.post(request(id, 'initialize', { protocolVersion: REVISION, clientInfo: info }), headers);
      clock.advance(3);
      const serverInfo = { name: 'quiz-server', version: '2.0.0' };
      exchange.answer(200, result(id, { protocolVersion: REVISION, serverInfo }), sessionHeader(sessionId));
      return ended('initialize');
    },
    call: (sessionId, tool = 'quiz', headers = {}) => {
      const id = ++lastId;
      const exchange = talk.post(toolCall(id, tool), { ...sessionHeader(sessionId), ...headers });
      clock.advance(12);
      exchange.answer(200, result(id, { content: [] }));
      return ended('tools/call');
    },
    sweep: () => tracker.sweep(clock.now()),
    passProbes: () => {
      clock.advance(1_000);
      tracker.sweep(clock.now());
    },
  };
  return talk;
}
