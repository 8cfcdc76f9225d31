import type { Socket } from 'node:net';
import { now } from '../clock.ts';
import { AnswerHead } from './answer-head.ts';
import { BodyReader } from './body-reader.ts';
import { DataRanges } from './data-ranges.ts';
import type { Exchange } from './exchange.ts';
import { HeldWrites } from './held-writes.ts';
import { HeadReader, MORE, REFUSED } from './head-reader.ts';
import { ConnectTimeout, refusesClient, type Refusal } from './refusal.ts';
import type { Upstream } from './upstream.ts';

/** What the answers of an upstream are handed to. */
export interface AnswerHandler {
  /** Whose answer comes next; undefined: nobody waits for one. */
  readonly next: Exchange | undefined;
  /** The client's connection closes after the answer that comes next. */
  readonly closes: boolean;
  /** Returns whether the client takes more now. */
  toClient(pieces: readonly Buffer[]): boolean;
  onAnswered(exchange: Exchange): void;
  /** Both go on in another protocol. */
  onUpgraded(exchange: Exchange): void;
  /** Nobody asked for these bytes. */
  onUnasked(bytes: Buffer): void;
  /** What comes is not an answer. */
  onBadAnswer(exchange: Exchange, refusal: Refusal): void;
  /** No connection could be opened. */
  onUnreachable(error: Error): void;
  /** The upstream takes more now. */
  onUpstreamDrain(): void;
  /** The upstream sends nothing more. */
  onUpstreamEnd(): void;
  /** The connection is gone. */
  onUpstreamGone(): void;
}

const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/** A connection to the upstream: reads answers, and passes them on as they come. */
export class UpstreamSide {
  #socket: Socket;
  readonly #handler: AnswerHandler;
  readonly #reader = new HeadReader();
  readonly #body = new BodyReader();
  #head: AnswerHead | undefined;
  /** Whose answer is being read. */
  #exchange: Exchange | undefined;
  /** A client of HTTP/1.0 gets a chunked answer without its chunks. */
  #unchunks = false;
  #tunnel = false;
  /** The stream is to end after the current chunk. */
  #endsAtChunk = false;
  readonly #data = new DataRanges();
  readonly #held = new HeldWrites();
  #error: Error | undefined;
  #state: 'opening' | 'open' | 'parked' | 'ended' = 'opening';

  constructor(upstream: Upstream, handler: AnswerHandler) {
    this.#handler = handler;
    this.#socket = this.#open(upstream, now() + upstream.connectTimeoutMs);
  }

  /** @param until when the client is told that it takes too long */
  #open(upstream: Upstream, until: number): Socket {
    const handler = this.#handler;
    const socket = upstream.connect(() => {
      clearTimeout(timer);
      this.#state = 'open';
      if (this.#held.sendTo(socket)) handler.onUpstreamDrain();
    });
    const patienceMs = upstream.patienceMs(socket, until - now());
    const timer = setTimeout(() => socket.destroy(new ConnectTimeout()), patienceMs);
    socket.on('data', (piece: Buffer) => {
      if (this.#state === 'parked') this.end();
      else this.#take(piece);
    });
    socket.on('end', () => {
      if (this.#state === 'parked') this.end();
      else this.#onEnd();
    });
    socket.on('drain', () => handler.onUpstreamDrain());
    socket.on('error', (error) => {
      this.#error = error;
      if (!this.#refused(error)) return;
      // Its end would be taken for the end of an open connection.
      this.end();
      handler.onUnreachable(error);
    });
    socket.on('close', () => {
      clearTimeout(timer);
      if (this.#state === 'opening' && upstream.mayHaveMoved(socket)) {
        this.#socket = this.#open(upstream, until);
        return;
      }
      if (this.#state === 'opening') handler.onUnreachable(this.#error ?? new Error('closed'));
      else if (this.#state === 'open') handler.onUpstreamGone();
      this.#state = 'ended';
    });
    return socket;
  }

  /** An upstream that speaks TLS 1.3 looks at our certificate only after the connection is open for us. */
  #refused(error: Error): boolean {
    return this.#state === 'open' && this.#exchange === undefined && this.#head === undefined && refusesClient(error);
  }

  /** Only the end of the connection ends the current answer. */
  get untilClose(): boolean {
    return this.#exchange !== undefined && this.#body.framing === 'until-close';
  }

  /** Returns whether it takes more now. */
  write(bytes: Buffer): boolean {
    if (this.#state === 'opening') return this.#held.add(bytes);
    return this.#socket.writable ? this.#socket.write(bytes) : true;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Passes on that the client sends nothing more. */
  finish(): void {
    if (this.#state === 'opening') this.#held.finish();
    else this.#socket.end();
  }

  /** Keeps the connection while its client asks another server. Nothing is told of it until `unpark`. */
  park(): void {
    if (this.#state !== 'open') {
      this.end();
      return;
    }
    this.#state = 'parked';
    // The client may have taken no more when the last answer ended, and will not say so to this side.
    this.#socket.resume();
  }

  /** Takes it up again. Returns whether it is still open. */
  unpark(): boolean {
    if (this.#state !== 'parked') return false;
    this.#state = 'open';
    return true;
  }

  /** Closes the connection. Nothing of it is told any more. */
  end(): void {
    this.#state = 'ended';
    this.#socket.destroy();
  }

  /** Ends a stream between two chunks. `false`: it can't be ended so that it looks complete. */
  endStream(): boolean {
    if (this.#body.framing === 'until-close' || this.#unchunks) return this.#ended();
    if (this.#body.framing !== 'chunked') return false;
    if (this.#body.atChunkEnd) {
      this.#handler.toClient([LAST_CHUNK]);
      return this.#ended();
    }
    this.#endsAtChunk = true;
    return true;
  }

  #onEnd(): void {
    if (this.untilClose) this.#ended();
    this.#handler.onUpstreamEnd();
  }

  #ended(): true {
    const exchange = this.#exchange;
    this.#exchange = undefined;
    if (exchange !== undefined) this.#handler.onAnswered(exchange);
    return true;
  }

  #take(piece: Buffer): void {
    if (this.#tunnel) {
      this.#pass([piece]);
      return;
    }
    for (let at = 0; at < piece.length && this.#state === 'open';) {
      const exchange = this.#exchange ?? this.#handler.next;
      if (exchange === undefined) {
        this.#handler.onUnasked(piece.subarray(at));
        return;
      }
      const end = this.#takeAnswer(exchange, piece, at);
      if (end < 0) return;
      at = end;
      this.#dropRest(piece.length - end);
    }
  }

  /** Another server's turn has come with the end of the answer. Nobody asked for what is left. */
  #dropRest(length: number): void {
    if (length > 0 && this.#state === 'parked') this.end();
  }

  /** Takes what belongs to one answer. Returns where the rest begins, or `MORE`. */
  #takeAnswer(exchange: Exchange, piece: Buffer, from: number): number {
    let bodyFrom = from;
    let passFrom = from;
    let head: AnswerHead | undefined;
    const pieces: Buffer[] = [];
    if (this.#exchange === undefined) {
      head = this.#head ??= new AnswerHead();
      const reader = this.#reader;
      bodyFrom = reader.read(piece, from, head);
      if (bodyFrom === MORE) return MORE;
      this.#head = undefined;
      const wrong = bodyFrom === REFUSED ? reader.refusal : this.#begin(exchange, head);
      if (wrong !== undefined) {
        this.#handler.onBadAnswer(exchange, wrong);
        return MORE;
      }
      const { bytes, base, end } = reader;
      if (!head.edits.none) pieces.push(Buffer.from(head.edits.apply(bytes, base, end), 'latin1'));
      else if (bytes !== piece) pieces.push(bytes.subarray(base, end));
      passFrom = pieces.length > 0 ? bodyFrom : base;
      if (head.status < 200) {
        if (bodyFrom > passFrom) pieces.push(piece.subarray(passFrom, bodyFrom));
        this.#pass(pieces);
        if (head.status !== 101) return bodyFrom;
        this.#openTunnel(exchange, piece, bodyFrom);
        return MORE;
      }
      this.#exchange = exchange;
    }
    this.#data.begin();
    const bodyTo = this.#body.read(piece, bodyFrom, this.#data.add);
    if (bodyTo === REFUSED) {
      this.#handler.onBadAnswer(exchange, this.#body.refusal ?? { status: 502, text: '' });
      return MORE;
    }
    const to = bodyTo < 0 ? piece.length : bodyTo;
    if (this.#unchunks) pieces.push(this.#data.of(piece));
    else if (to > passFrom) pieces.push(passFrom === 0 && to === piece.length ? piece : piece.subarray(passFrom, to));
    exchange.answering = true;
    this.#pass(pieces);
    if (exchange.copier !== undefined) this.#copy(exchange.copier, piece, head);
    if (bodyTo >= 0) {
      this.#exchange = undefined;
      this.#handler.onAnswered(exchange);
    } else if (this.#endsAtChunk && this.#body.atChunkEnd) this.endStream();
    return to;
  }

  #begin(exchange: Exchange, head: AnswerHead): Refusal | undefined {
    const { bytes, base, end } = this.#reader;
    const { status } = head;
    if (status === 101 && !exchange.upgrades) return { status: 502, text: 'an upgrade that nobody offered' };
    const framing = head.framing.ofAnswer(status, exchange.method);
    this.#unchunks = framing === 'chunked' && exchange.version === '1.0';
    const last = this.#handler.closes || this.#unchunks;
    const wrong = head.finish(bytes, base, end, last);
    if (wrong !== undefined) return wrong;
    if (this.#unchunks) head.dropCoding();
    this.#body.begin(framing);
    if (status >= 200) {
      exchange.eventStream = head.eventStream;
      exchange.last = last;
      const { connection, version } = head;
      exchange.final =
        last || framing === 'until-close' || connection.closes || (version === '1.0' && !connection.keepsAlive);
    }
    return undefined;
  }

  /** What follows the head is not HTTP. */
  #openTunnel(exchange: Exchange, piece: Buffer, from: number): void {
    this.#tunnel = true;
    const { bytes, base, end } = this.#reader;
    exchange.copier?.answered(now(), 101, bytes.subarray(base, end - 2), false, 0);
    this.#handler.onUpgraded(exchange);
    if (from < piece.length) this.#pass([piece.subarray(from)]);
  }

  #copy(copier: NonNullable<Exchange['copier']>, piece: Buffer, head: AnswerHead | undefined): void {
    const at = now();
    if (head !== undefined) {
      const { bytes, base, end } = this.#reader;
      copier.answered(at, head.status, bytes.subarray(base, end - 2), head.eventStream, head.framing.length);
    }
    copier.bytes(at, 'to-client', this.#data.of(piece));
  }

  #pass(pieces: readonly Buffer[]): void {
    if (!this.#handler.toClient(pieces)) this.#socket.pause();
  }
}
