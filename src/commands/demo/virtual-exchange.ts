import type { IncomingHttpHeaders } from 'node:http';
import { createParser, type EventSourceParser } from 'eventsource-parser';
import type { Timers } from '../../transport/timers.ts';
import type { App } from '../../simulator/app.ts';
import type { AppResponse } from '../../simulator/app-exchange.ts';
import { isObject, parseJson, textOf, type JsonObject } from '../../simulator/json.ts';
import type { Random } from '../../simulator/random.ts';
import { answers, type HeaderList, type Reply } from '../../simulator/wire.ts';
import type { SpanChooser } from '../../transport/trace/span-chooser.ts';
import type { Slots } from '../../transport/wire/slots.ts';
import type { CloseReason, Tap } from '../../transport/wire/wire-event.ts';

/** What the exchanges of a virtual relay share. */
export interface VirtualExchangeContext {
  readonly app: App;
  /** Where it speaks MCP. */
  readonly mcpPath: string;
  readonly timers: Timers;
  readonly tap: Tap;
  readonly chooser: SpanChooser;
  readonly slots: Slots;
  readonly random: Random;
  /** Reports a bug of ours. */
  fault(error: unknown): void;
}

export interface Request {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly headers: HeaderList;
  readonly path?: string;
  readonly message?: JsonObject;
  /** A body that is no message. */
  readonly text?: string;
}

/** One request on its way to the app, and its answer on the way back. */
export interface VirtualExchange {
  /** Resolves when the exchange is over. */
  readonly reply: Promise<Reply>;
  /** Status and type of the answer; undefined: there was none. */
  readonly head: Promise<{ readonly status: number; readonly contentType: string | undefined } | undefined>;
  /** Ends the exchange, unless it is over. */
  close(reason: CloseReason): void;
}

/** How long until the relay sends a request on, and until the app has it: from, to. */
const FORWARDING_MS = [0.12, 0.4] as const;
const ARRIVAL_MS = [0.5, 1.4] as const;
const EVENT_STREAM = 'text/event-stream';

/**
 * Emits the wire events of a request and its answer that a relay would emit, when it would emit them.
 * @param onMessage called with each message on the stream other than the answer
 */
export function openExchange(
  { app, mcpPath, timers, tap, chooser, slots, random, fault }: VirtualExchangeContext,
  { method, headers, path = mcpPath, message, text: sent = '' }: Request,
  onMessage: (message: JsonObject) => void,
): VirtualExchange {
  const { now } = timers;
  const exchange = slots.take();
  const at = now();
  const incoming = headersOf(headers);
  const body = message === undefined ? sent : JSON.stringify(message);
  const bytes = Buffer.from(body);
  const length = body === '' ? [] : ['Content-Length', String(bytes.length)];
  const all = ['Host', 'localhost:4100', ...headers, ...length];
  const carrier = { kind: 'http', method, target: path, httpVersion: '1.1', headers: all } as const;
  tap({ kind: 'opened', exchange, at, carrier });
  if (bytes.length > 0) tap({ kind: 'bytes', exchange, at, direction: 'to-server', bytes });
  const { span } = chooser.choose(
    method,
    textOf(incoming['mcp-session-id']),
    textOf(incoming['traceparent']),
    bytes,
    at,
  );
  tap({ kind: 'requested', exchange, at, sentAt: at + random.between(...FORWARDING_MS), size: bytes.length, span });

  const reply = Promise.withResolvers<Reply>();
  const headed = Promise.withResolvers<Awaited<VirtualExchange['head']>>();
  const onClosed: (() => void)[] = [];
  let over = false;
  let head: { status: number; headers: IncomingHttpHeaders } | undefined;
  /** The parser, if the body is an event stream; otherwise the text is kept. */
  let events: EventSourceParser | undefined;
  let text = '';
  let size = 0;
  let answer: { message: JsonObject; ms: number } | undefined;

  const read = (data: string): void => {
    const parsed = parseJson(data);
    if (!isObject(parsed)) return;
    if (answers(parsed, message?.['id'])) answer ??= { message: parsed, ms: now() - at };
    else onMessage(parsed);
  };

  const close = (reason: CloseReason): void => {
    if (over) return;
    over = true;
    tap({ kind: 'closed', exchange, at: now(), reason, size });
    slots.free(exchange);
    for (const listener of onClosed) listener();
    headed.resolve(undefined);
    if (events === undefined) read(text);
    const ms = answer?.ms ?? now() - at;
    if (head === undefined || (reason !== 'complete' && answer === undefined)) {
      reply.resolve({ kind: 'unreachable', ms, error: new Error(`it broke off: ${reason}`) });
      return;
    }
    const sessionId = textOf(head.headers['mcp-session-id']);
    const whole = events === undefined ? text : undefined;
    reply.resolve({ kind: 'answered', ms, ...head, sessionId, message: answer?.message, text: whole });
  };
  const write = (piece: string): void => {
    if (over || piece === '') return;
    const part = Buffer.from(piece);
    size += part.length;
    tap({ kind: 'bytes', exchange, at: now(), direction: 'to-client', bytes: part });
    if (events === undefined) text += piece;
    else events.feed(piece);
  };
  const asked = { method, path: path.split('?')[0] ?? path, headers: incoming, body };
  const answering: AppResponse = {
    head(status, own) {
      if (over) return;
      const flat = Object.entries(own).flat();
      head = { status, headers: headersOf(flat) };
      if (head.headers['content-type'] === EVENT_STREAM) events = createParser({ onEvent: ({ data }) => read(data) });
      tap({ kind: 'answered', exchange, at: now(), status, headers: flat });
      headed.resolve({ status, contentType: head.headers['content-type'] });
    },
    write,
    end(piece = '') {
      write(piece);
      close('complete');
    },
    onClosed: (listener) => void onClosed.push(listener),
  };
  timers.after(random.between(...ARRIVAL_MS), () => {
    if (over) return;
    app.answer(asked, answering).catch((error: unknown) => {
      fault(error);
      close('upstream-failed');
    });
  });
  return { reply: reply.promise, head: headed.promise, close };
}

function headersOf(flat: HeaderList): IncomingHttpHeaders {
  const headers: IncomingHttpHeaders = {};
  for (let index = 0; index < flat.length; index += 2) headers[(flat[index] ?? '').toLowerCase()] = flat[index + 1];
  return headers;
}
