import type { CloseReason, Direction, WireEvent } from '../transport/wire/wire-event.ts';
import { Slots } from '../transport/wire/slots.ts';
import { Body, type BodySink } from './body.ts';
import { factsOf, readAnswerFacts } from './facts.ts';
import { McpPaths } from './http-class.ts';
import { toMessage } from './message.ts';
import type { Anomaly, Exchange, Observe } from './observation.ts';
import { PipeBody } from './pipe-body.ts';
import type { RawMessage } from './skim.ts';
import { issuedIn } from './sign-in.ts';
import { textPool } from './text-pool.ts';

interface OpenExchange {
  exchange: Exchange;
  request: Body | PipeBody | undefined;
  answer: Body | PipeBody | undefined;
  /** Bytes that were copied so far, to check whether all of them arrived. */
  seen: { 'to-server': number; 'to-client': number };
  at: number;
  closeReason: CloseReason | undefined;
  /** Directions whose body a decoder is still working on. */
  decoding: Set<Direction>;
}

/** Whether the answer says at most that the request was accepted, in the server's own words. Messages come on another exchange. */
const onlyAccepts = ({ request, answer, endpointSessionId }: Exchange): boolean =>
  answer?.status === 202 ||
  (request.carrier === 'http' && request.method === 'POST' && endpointSessionId !== undefined);

function noteIssued(exchange: Exchange, answer: Uint8Array): void {
  const { request, answer: head } = exchange;
  if (request.carrier === 'http' && head !== undefined && head.status < 300)
    exchange.issued ??= issuedIn(request.path, answer);
}

/** Takes what the body of one direction reports, on behalf of its exchange. */
class DirectionSink implements BodySink {
  readonly #reader: ExchangeReader;
  readonly #open: OpenExchange;
  readonly #direction: Direction;

  constructor(reader: ExchangeReader, open: OpenExchange, direction: Direction) {
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
    // A pipe carries many messages, and only one of them was not seen.
    if (!wrapped && (what === 'too-large' || what === 'undecodable')) exchange.incomplete = true;
    // Answers may be pages, pictures or OAuth's: a body that is not JSON is odd only if it claims to be JSON.
    const media = exchange.answer?.mediaType;
    const claims = wrapped || media === 'text/event-stream' || media?.includes('json') === true;
    if (what === 'not-json' && this.#direction === 'to-client' && (!claims || onlyAccepts(exchange))) return;
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
 * Turns the wire events of one relay thread into observations. A body in a content coding is decoded in the background;
 * its exchange closes only after that, so that the order within an exchange is kept.
 */
export class ExchangeReader {
  readonly observe: Observe;
  readonly paths = new McpPaths();
  readonly #maxMessageBytes: number;
  readonly #exchanges: (OpenExchange | undefined)[] = [];
  readonly #slots: Slots;

  /** @param slots shared by the readers of all relay threads. */
  constructor(observe: Observe, maxMessageBytes: number, slots = new Slots()) {
    this.observe = observe;
    this.#slots = slots;
    this.#maxMessageBytes = maxMessageBytes;
  }

  /** The end of an exchange found no room, and its number is used again. */
  lose(exchange: number): void {
    const before = this.#exchanges[exchange];
    if (before !== undefined) this.#abandon(before);
  }

  take(event: WireEvent): void {
    if (event.kind === 'refused') {
      this.observe({ ...event, exchange: undefined });
      return;
    }
    if (event.kind === 'opened') {
      const request = factsOf(event.carrier);
      // The end of the exchange that had this number was lost.
      this.lose(event.exchange);
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
          issued: undefined,
        },
        request: undefined,
        answer: undefined,
        seen: { 'to-server': 0, 'to-client': 0 },
        at: event.at,
        closeReason: undefined,
        decoding: new Set(),
      };
      return;
    }
    const open = this.#exchanges[event.exchange];
    if (open === undefined) {
      // Its head was dropped, or an observer that died has read it. It is counted once, at its end.
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
        // The number is free for the next exchange, although a decoder may still be working on this one.
        this.#exchanges[event.exchange] = undefined;
        this.#closed(open, event);
        break;
    }
  }

  #abandon(open: OpenExchange): void {
    open.exchange.incomplete = true;
    this.#close(open);
  }

  #bytes(open: OpenExchange, direction: Direction, bytes: Uint8Array): void {
    const { exchange } = open;
    open.seen[direction] += bytes.length;
    if (direction === 'to-client' && exchange.firstByteAt === 0) exchange.firstByteAt = open.at;
    this.#body(open, direction).push(bytes);
  }

  #body(open: OpenExchange, direction: Direction): Body | PipeBody {
    const slot = direction === 'to-server' ? 'request' : 'answer';
    const existing = open[slot];
    if (existing !== undefined) return existing;
    const { request, answer } = open.exchange;
    const sink = new DirectionSink(this, open, direction);
    const body =
      request.carrier === 'stdio'
        ? new PipeBody(this.#maxMessageBytes, sink)
        : new Body({
            streaming: slot === 'answer' && answer?.mediaType === 'text/event-stream',
            encoding: slot === 'answer' ? answer?.contentEncoding : request.contentEncoding,
            maxBytes: this.#maxMessageBytes,
            pool: textPool,
            sink,
          });
    open[slot] = body;
    return body;
  }

  #requested(open: OpenExchange, event: Extract<WireEvent, { kind: 'requested' }>): void {
    const { exchange } = open;
    exchange.requestedAt = event.at;
    exchange.sentAt = event.sentAt;
    exchange.requestBytes = event.size;
    exchange.span = event.span;
    this.#checkForGap(open, event.size, open.seen['to-server']);
    if (open.request === undefined) this.observe({ kind: 'requested', exchange, at: event.at });
    else {
      open.decoding.add('to-server');
      open.request.end(open.seen['to-server'] === event.size);
    }
  }

  #closed(open: OpenExchange, event: Extract<WireEvent, { kind: 'closed' }>): void {
    const { exchange } = open;
    exchange.answerBytes = event.size;
    open.closeReason = event.reason;
    if (exchange.request.carrier === 'stdio') open.request?.finish();
    else if (event.reason === 'complete') this.#checkForGap(open, event.size, open.seen['to-client']);
    if (open.answer !== undefined) {
      open.decoding.add('to-client');
      open.answer.end(open.seen['to-client'] === event.size);
    } else if (open.decoding.size === 0) this.#close(open);
  }

  #checkForGap(open: OpenExchange, size: number, seen: number): void {
    if (size === seen) return;
    open.exchange.incomplete = true;
    if (size > this.#maxMessageBytes && this.paths.isMeant(open.exchange))
      this.observe({ kind: 'anomaly', exchange: open.exchange, at: open.at, what: 'too-large' });
  }

  /** One body of the exchange has been read to its end. */
  done(open: OpenExchange, direction: Direction): void {
    open.decoding.delete(direction);
    if (direction === 'to-server') {
      open.request?.finish();
      this.observe({ kind: 'requested', exchange: open.exchange, at: open.exchange.requestedAt });
    } else open.answer?.finish();
    if (open.closeReason !== undefined && open.decoding.size === 0) this.#close(open);
  }

  #close(open: OpenExchange): void {
    // A request that was cut short never called `done`, so its body still holds memory.
    open.request?.close();
    open.answer?.close();
    this.observe({ kind: 'closed', exchange: open.exchange, at: open.at, reason: open.closeReason ?? 'complete' });
    this.#slots.free(open.exchange.slot);
  }

  messages(
    open: OpenExchange,
    direction: Direction,
    messages: readonly RawMessage[],
    eventId: string | undefined,
  ): void {
    let first = true;
    for (const { value, bytes, text } of messages) {
      const message = toMessage(value);
      if (message.kind === 'malformed') {
        if (direction === 'to-client') noteIssued(open.exchange, text);
        // The body of a refusal has its own format: that of OAuth, or of a gateway.
        if (direction === 'to-client' && ((open.exchange.answer?.status ?? 0) >= 400 || onlyAccepts(open.exchange)))
          continue;
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
