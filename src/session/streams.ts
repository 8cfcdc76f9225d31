import type { Exchange } from '../observe/observation.ts';
import { keepNewest } from '../transport/bounded.ts';
import type { CloseReason } from '../transport/wire/wire-event.ts';
import { Endpoints } from './endpoints.ts';
import type { EventSink, StreamKind } from './event.ts';
import { headerKey } from './grouping.ts';
import type { LiveSessions } from './live.ts';
import type { Notices } from './notices.ts';
import type { Session } from './session.ts';

interface Stream {
  kind: StreamKind;
  key: string | undefined;
  clientLabel: string;
  openedAt: number;
}

/** A stream that was the only way back to the client of its session. The session ends with it. */
export interface ClosedConnection {
  key: string;
  reason: CloseReason;
}

const MAX_EVENT_IDS = 200;

/** Standing streams: a GET stream, or the answer to `subscriptions/listen`. Never a parent, never in latency. */
export class Streams {
  readonly #live: LiveSessions;
  readonly #emit: EventSink;
  readonly #open = new Map<Exchange, Stream>();
  readonly #endpoints = new Endpoints();

  readonly #notices: Notices;

  constructor(live: LiveSessions, notices: Notices, emit: EventSink) {
    this.#notices = notices;
    this.#live = live;
    this.#emit = emit;
  }

  opened(exchange: Exchange, at: number, kind: StreamKind, clientLabel: string): void {
    const id = exchange.request.sessionId;
    const stream: Stream = { kind, key: id === undefined ? undefined : headerKey(id), clientLabel, openedAt: at };
    this.#open.set(exchange, stream);
    if (stream.key !== undefined) this.#live.streamOpened(stream.key);
    this.#emit({ kind: 'stream-opened', stream: stream.kind, clientLabel });
  }

  /** A 2024-11-05 stream says only in its first event where its client sends to, and so which session it carries. */
  named(exchange: Exchange, at: number): void {
    const stream = this.#open.get(exchange);
    if (stream?.kind !== 'get') return;
    const elsewhere = this.#endpoints.add(exchange);
    if (elsewhere !== undefined) {
      this.#emit({ kind: 'anomaly', what: 'endpoint-elsewhere' });
      this.#notices.report('endpoint-elsewhere', elsewhere, at);
    }
    if (stream.key !== undefined || exchange.endpointSessionId === undefined) return;
    stream.key = headerKey(exchange.endpointSessionId);
    this.#live.streamOpened(stream.key);
  }

  /** A request may go to an endpoint that a stream has given out: then it belongs to the stream's session. */
  recognize(exchange: Exchange): void {
    exchange.endpointSessionId ??= this.#endpoints.sessionIdOf(exchange);
  }

  /** Returns what the stream was to its session, where it was all of it. */
  closed(exchange: Exchange, at: number, reason: CloseReason): ClosedConnection | undefined {
    const stream = this.#open.get(exchange);
    if (stream === undefined) return undefined;
    this.#open.delete(exchange);
    if (stream.key !== undefined) this.#live.streamClosed(stream.key, at);
    const seconds = (at - stream.openedAt) / 1_000;
    this.#emit({ kind: 'stream-closed', stream: stream.kind, clientLabel: stream.clientLabel, seconds });
    const only = this.#endpoints.remove(exchange);
    return only && stream.key !== undefined ? { key: stream.key, reason } : undefined;
  }
}

export const isGet = ({ request }: Exchange): boolean => request.carrier === 'http' && request.method === 'GET';

/**
 * Whether an event of this id was seen in the session before. Some servers give all events one id, or count from 0 on
 * each stream: so this alone does not make it a repetition. Remembers the ids of the latest events.
 */
export function cameBefore(session: Session, eventId: string): boolean {
  session.seenEvents ??= new Set();
  const { seenEvents } = session;
  if (seenEvents.has(eventId)) return true;
  seenEvents.add(eventId);
  keepNewest(seenEvents, MAX_EVENT_IDS);
  return false;
}
