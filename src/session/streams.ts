import { keepNewest } from '../transport/bounded.ts';
import type { Exchange } from '../observe/observation.ts';
import type { EventSink, StreamKind } from './event.ts';
import { headerKey } from './grouping.ts';
import type { LiveSessions } from './live.ts';
import type { Session } from './session.ts';

interface Stream {
  kind: StreamKind;
  key: string | undefined;
  clientLabel: string;
  openedAt: number;
}

const MAX_EVENT_IDS = 200;

/** Standing streams: a GET stream, or the answer to `subscriptions/listen`. Never a parent, never in latency. */
export class Streams {
  readonly #live: LiveSessions;
  readonly #emit: EventSink;
  readonly #open = new Map<Exchange, Stream>();

  constructor(live: LiveSessions, emit: EventSink) {
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

  /** A 2024-11-05 stream says only in its first event which session it carries. */
  named(exchange: Exchange): void {
    const stream = this.#open.get(exchange);
    if (stream === undefined || stream.key !== undefined || exchange.endpointSessionId === undefined) return;
    stream.key = headerKey(exchange.endpointSessionId);
    this.#live.streamOpened(stream.key);
  }

  closed(exchange: Exchange, at: number): void {
    const stream = this.#open.get(exchange);
    if (stream === undefined) return;
    this.#open.delete(exchange);
    if (stream.key !== undefined) this.#live.streamClosed(stream.key, at);
    const seconds = (at - stream.openedAt) / 1_000;
    this.#emit({ kind: 'stream-closed', stream: stream.kind, clientLabel: stream.clientLabel, seconds });
  }
}

export const isGet = ({ request }: Exchange): boolean => request.carrier === 'http' && request.method === 'GET';

/** An event that was sent again after its stream was resumed; it counts once. Remembers the ids of the latest events. */
export function cameBefore(session: Session, eventId: string): boolean {
  session.seenEvents ??= new Set();
  const { seenEvents } = session;
  if (seenEvents.has(eventId)) return true;
  seenEvents.add(eventId);
  keepNewest(seenEvents, MAX_EVENT_IDS);
  return false;
}
