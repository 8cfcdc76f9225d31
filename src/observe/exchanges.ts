import type { CloseReason, Direction, WireEvent } from '../transport/wire/wire-event.ts';
import { Slots } from '../transport/wire/slots.ts';
import { Body, type BodySink } from './body.ts';
import { factsOf, readAnswerFacts } from './facts.ts';
import { McpPaths } from './http-class.ts';
import { toMessage } from './message.ts';
import type { Anomaly, Exchange, Observe } from './observation.ts';
import { PipeBody } from './pipe-body.ts';
import type { RawMessage } from './skim.ts';
import { textPool } from './text-pool.ts';

interface Open {
  exchange: Exchange;
  request: Body | PipeBody | undefined;
  answer: Body | PipeBody | undefined;
  /** The relay's copies so far, to know whether all of them arrived. */
  seen: { 'to-server': number; 'to-client': number };
  at: number;
  ending: CloseReason | undefined;
  /** Bodies that a decoder is still at work on. */
  undone: Set<Direction>;
}

/** What the body of one direction tells of itself, for the exchange it belongs to. */
class Side implements BodySink {
  readonly #reader: ExchangeReader;
  readonly #open: Open;
  readonly #direction: Direction;

  constructor(reader: ExchangeReader, open: Open, direction: Direction) {
    this.#reader = reader;
    this.#open = open;
    this.#direction = direction;
  }

  messages(messages: readonly RawMessage[], eventId: string | undefined): void {
    this.#reader.messages(this.#open, this.#direction, messages, eventId);
  }

  anomaly(what: Anomaly): void {
    const { exchange, at } = this.#open;
    const wrapped = exchange.request.carrier === 'stdio';
    // One message of many was not seen, where there are many.
    if (!wrapped && (what === 'too-large' || what === 'undecodable')) exchange.incomplete = true;
    // A page, a picture, an OAuth answer: only what claims to be JSON is odd when it is not.
    const media = exchange.answer?.mediaType;
    const claims = wrapped || media === 'text/event-stream' || media?.includes('json') === true;
    if (what === 'not-json' && this.#direction === 'to-client' && !claims) return;
    if (!this.#reader.paths.isMeant(exchange)) return;
    this.#reader.observe({ kind: 'anomaly', exchange, at, what });
  }

  resumable(): void {
    this.#open.exchange.resumable = true;
  }

  endpoint(uri: string): void {
    const { exchange, at } = this.#open;
    exchange.endpoint = uri;
    this.#reader.observe({ kind: 'endpoint', exchange, at });
  }

  done(): void {
    this.#reader.done(this.#open, this.#direction);
  }
}

/**
 * Wire events in, observations out, for the exchanges of one relay thread. A body in a content coding is decoded in
 * the background: its exchange closes when that is done, so the order within an exchange holds.
 */
export class ExchangeReader {
  readonly observe: Observe;
  readonly paths = new McpPaths();
  readonly #most: number;
  readonly #exchanges: (Open | undefined)[] = [];
  readonly #slots: Slots;

  /** @param slots shared by the readers of all relay threads. */
  constructor(observe: Observe, maxMessageBytes: number, slots = new Slots()) {
    this.observe = observe;
    this.#slots = slots;
    this.#most = maxMessageBytes;
  }

  take(event: WireEvent): void {
    if (event.kind === 'opened') {
      const request = factsOf(event.carrier);
      // One whose end was lost makes place.
      const before = this.#exchanges[event.exchange];
      if (before !== undefined) this.#abandon(before);
      this.#exchanges[event.exchange] = {
        exchange: {
          slot: this.#slots.take(),
          openedAt: event.at,
          request,
          requestedAt: 0,
          sentAt: 0,
          requestBytes: 0,
          span: undefined,
          answer: undefined,
          answeredAt: 0,
          firstByteAt: 0,
          answerBytes: 0,
          spokeMcp: false,
          incomplete: false,
          resumable: false,
          endpoint: undefined,
          endpointSessionId: undefined,
        },
        request: undefined,
        answer: undefined,
        seen: { 'to-server': 0, 'to-client': 0 },
        at: event.at,
        ending: undefined,
        undone: new Set(),
      };
      return;
    }
    const open = this.#exchanges[event.exchange];
    if (open === undefined) {
      // Its head was dropped, or read by an observer that died: counted once, at its end.
      if (event.kind === 'closed')
        this.observe({ kind: 'anomaly', exchange: undefined, at: event.at, what: 'unknown-exchange' });
      return;
    }
    open.at = event.at;
    switch (event.kind) {
      case 'bytes':
        this.#bytes(open, event.direction, event.bytes);
        break;
      case 'requested':
        this.#requested(open, event);
        break;
      case 'answered':
        open.exchange.answer = readAnswerFacts(event.status, event.headers);
        open.exchange.answeredAt = event.at;
        this.observe({ kind: 'answered', exchange: open.exchange, at: event.at });
        break;
      case 'closed':
        // Its number is free for the next one, though a decoder may still be at work.
        this.#exchanges[event.exchange] = undefined;
        this.#closed(open, event);
        break;
    }
  }

  #abandon(open: Open): void {
    open.exchange.incomplete = true;
    this.#close(open);
  }

  #bytes(open: Open, direction: Direction, bytes: Uint8Array): void {
    const { exchange } = open;
    open.seen[direction] += bytes.length;
    if (direction === 'to-client' && exchange.firstByteAt === 0) exchange.firstByteAt = open.at;
    this.#body(open, direction).push(bytes);
  }

  #body(open: Open, direction: Direction): Body | PipeBody {
    const slot = direction === 'to-server' ? 'request' : 'answer';
    const existing = open[slot];
    if (existing !== undefined) return existing;
    const { request, answer } = open.exchange;
    const sink = new Side(this, open, direction);
    const body =
      request.carrier === 'stdio'
        ? new PipeBody(this.#most, sink)
        : new Body({
            streaming: slot === 'answer' && answer?.mediaType === 'text/event-stream',
            encoding: slot === 'answer' ? answer?.contentEncoding : request.contentEncoding,
            most: this.#most,
            pool: textPool,
            sink,
          });
    open[slot] = body;
    return body;
  }

  #requested(open: Open, event: Extract<WireEvent, { kind: 'requested' }>): void {
    const { exchange } = open;
    exchange.requestedAt = event.at;
    exchange.sentAt = event.sentAt;
    exchange.requestBytes = event.size;
    exchange.span = event.span;
    this.#gap(open, event.size, open.seen['to-server']);
    if (open.request === undefined) this.observe({ kind: 'requested', exchange, at: event.at });
    else {
      open.undone.add('to-server');
      open.request.end(open.seen['to-server'] === event.size);
    }
  }

  #closed(open: Open, event: Extract<WireEvent, { kind: 'closed' }>): void {
    const { exchange } = open;
    exchange.answerBytes = event.size;
    open.ending = event.reason;
    if (exchange.request.carrier === 'stdio') open.request?.finish();
    else if (event.reason === 'complete') this.#gap(open, event.size, open.seen['to-client']);
    if (open.answer !== undefined) {
      open.undone.add('to-client');
      open.answer.end(open.seen['to-client'] === event.size);
    } else if (open.undone.size === 0) this.#close(open);
  }

  #gap(open: Open, size: number, seen: number): void {
    if (size === seen) return;
    open.exchange.incomplete = true;
    if (size > this.#most && this.paths.isMeant(open.exchange))
      this.observe({ kind: 'anomaly', exchange: open.exchange, at: open.at, what: 'too-large' });
  }

  /** One of its bodies has been read to its end. */
  done(open: Open, direction: Direction): void {
    open.undone.delete(direction);
    if (direction === 'to-server') {
      open.request?.finish();
      this.observe({ kind: 'requested', exchange: open.exchange, at: open.exchange.requestedAt });
    } else open.answer?.finish();
    if (open.ending !== undefined && open.undone.size === 0) this.#close(open);
  }

  #close(open: Open): void {
    // A request that was cut short was never finished.
    open.request?.close();
    open.answer?.close();
    this.observe({ kind: 'closed', exchange: open.exchange, at: open.at, reason: open.ending ?? 'complete' });
    this.#slots.free(open.exchange.slot);
  }

  messages(open: Open, direction: Direction, messages: readonly RawMessage[], eventId: string | undefined): void {
    let first = true;
    for (const { value, bytes, text } of messages) {
      const message = toMessage(value);
      if (message.kind === 'malformed') {
        // What comes with a refusal is in a form of its own: OAuth's, a gateway's.
        if (direction === 'to-client' && (open.exchange.answer?.status ?? 0) >= 400) continue;
        if (!this.paths.isMeant(open.exchange)) continue;
        this.observe({ kind: 'anomaly', exchange: open.exchange, at: open.at, what: message.reason });
        continue;
      }
      this.paths.spoken(open.exchange);
      this.observe({
        kind: 'message',
        exchange: open.exchange,
        at: direction === 'to-server' && open.exchange.request.carrier === 'http' ? open.exchange.requestedAt : open.at,
        direction,
        message,
        bytes,
        text,
        eventId,
        single: messages.length === 1,
        first,
      });
      first = false;
    }
  }
}
