import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { now } from '../clock.ts';
import { Copier } from './exchange-tap.ts';
import { decode, readAnswerHead, reasonPhrase } from './response-head.ts';
import { placeTraceParent, type RequestHead } from './request-head.ts';
import type { SpanChooser } from '../trace/span-chooser.ts';
import { explain, refuse } from './refusal.ts';
import type { RingWriter } from '../wire/ring-writer.ts';
import type { Slots } from '../wire/slots.ts';
import { withContext } from './splice.ts';
import type { Ways } from './pools.ts';
import type { SpanChoice } from '../wire/wire-event.ts';

/** What every exchange of a relay shares. */
export interface Line {
  ring: RingWriter;
  slots: Slots;
  observed: boolean;
  chooser: SpanChooser;
  upstream: URL;
  /** For TLS; undefined: the upstream is an address, which has none. */
  serverName: string | undefined;
  ways: Ways;
  maxMessageBytes: number;
  /** `traceparent` is written into `params._meta` too. */
  intoMeta: boolean;
}

/** A request body up to this size goes on in one piece, when it is complete. */
const MAX_ONE_PIECE_BYTES = 65_536;
/** So long a body of unknown length is waited for before it is streamed, in milliseconds. */
const ONE_PIECE_MS = 20;
const EMPTY = Buffer.alloc(0);

/**
 * One request on its way to the upstream, and its answer on the way back. Bytes pass as they come, both ways, with
 * back-pressure; an end or a break on one side is an end or a break on the other.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #line: Line;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #head: RequestHead;
  readonly #copier: Copier | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #span: SpanChoice | undefined;
  #requestedAt = 0;
  #sentAt = 0;
  #state: 'waiting' | 'answering' | 'over' = 'waiting';
  #headSent = false;
  #expected = -1;
  #eventStream = false;

  constructor(line: Line, request: IncomingMessage, response: ServerResponse, head: RequestHead) {
    this.#line = line;
    this.#request = request;
    this.#response = response;
    this.#head = head;
    this.#copier = line.observed
      ? new Copier(line.ring, line.slots, line.maxMessageBytes, now(), headText(request))
      : undefined;
  }

  start(): void {
    this.#response.on('close', this.#onResponseClose);
    this.#request.on('error', this.#onRequestError);
    const { contentLength, chunked } = this.#head;
    if (!chunked && (contentLength === undefined || contentLength === 0)) {
      this.#requestedAt = now();
      this.#dispatch(EMPTY, undefined);
    } else if (chunked || (contentLength !== undefined && contentLength <= MAX_ONE_PIECE_BYTES)) {
      this.#collect(chunked);
    } else {
      this.#copier?.announce(contentLength ?? 0);
      this.#stream([]);
    }
  }

  /** Ends a standing stream, begun or waited for, on both sides: we are going down. */
  endStream(): void {
    if (this.#state === 'over' || (this.#state === 'answering' && !this.#eventStream)) return;
    const begun = this.#state === 'answering';
    this.#state = 'over';
    if (begun) this.#response.end();
    else refuse(this.#request, this.#response, 503, 'it is going down, and begins no stream any more');
    this.#copier?.closed(now(), 'complete');
    this.#controller?.abort(new Error('mcpspan is going down'));
  }

  #collect(chunked: boolean): void {
    const request = this.#request;
    const pieces: Buffer[] = [];
    let size = 0;
    let timer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      clearTimeout(timer);
      request.off('close', stop);
      request.off('data', onData);
      request.off('end', onEnd);
    };
    const onData = (piece: Buffer): void => {
      pieces.push(piece);
      size += piece.length;
      if (size > MAX_ONE_PIECE_BYTES) streamOn();
    };
    const onEnd = (): void => {
      stop();
      const body = pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces);
      const at = now();
      this.#requestedAt = at;
      this.#copier?.bytes(at, 'to-server', body);
      this.#dispatch(body, undefined);
    };
    const streamOn = (): void => {
      stop();
      request.pause();
      this.#stream(pieces);
    };
    if (chunked) timer = setTimeout(streamOn, ONE_PIECE_MS);
    request.on('data', onData);
    request.on('end', onEnd);
    // A client that leaves meanwhile has asked nothing.
    if (chunked) request.on('close', stop);
  }

  /** @param begun pieces that were already read. */
  #stream(begun: Buffer[]): void {
    for (const piece of begun) this.#copier?.bytes(now(), 'to-server', piece);
    this.#dispatch(undefined, Readable.from(this.#pieces(begun), { objectMode: false }));
  }

  async *#pieces(begun: Buffer[]): AsyncGenerator<Buffer> {
    yield* begun;
    // An IncomingMessage without an encoding yields buffers only; its type can't say so.
    for await (const piece of this.#request as AsyncIterable<Buffer>) {
      this.#copier?.bytes(now(), 'to-server', piece);
      yield piece;
    }
    this.#requestedAt = now();
    this.#copier?.requested(this.#requestedAt, this.#requestedAt, this.#span);
  }

  #dispatch(body: Buffer | undefined, stream: Readable | undefined): void {
    const { chooser, upstream, serverName, ways } = this.#line;
    const method = this.#request.method ?? 'GET';
    const { sessionId, traceParent, forwarded } = this.#head;
    const choice = chooser.choose(method, sessionId, traceParent, body, now());
    this.#span = choice.span;
    if (choice.traceParent !== undefined) placeTraceParent(forwarded, choice.traceParent, traceParent !== undefined);
    const sent = body !== undefined && this.#line.intoMeta ? withContext(body, forwarded, choice) : body;
    const standing = method === 'GET' || this.#head.listens;
    const options: Dispatcher.DispatchOptions & { servername: string | undefined } = {
      origin: upstream.origin,
      // Not what the client calls us, which a kept Host would say.
      servername: serverName,
      path: this.#request.url ?? '/',
      // Any token the parser let through; undici takes all of them, its type names the usual ones.
      method: method as Dispatcher.HttpMethod,
      headers: forwarded,
      body: stream ?? (sent === undefined || sent.length === 0 ? null : sent),
    };
    ways.for(standing, this.#response).dispatch(options, this);
    if (stream === undefined) {
      this.#copier?.requested(this.#requestedAt, this.#sentAt === 0 ? now() : this.#sentAt, choice.span);
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#sentAt = now();
    if (this.#state === 'over') controller.abort(new Error('the client left'));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    message?: string,
  ): void {
    if (status < 200) {
      this.#inform(status, controller);
      return;
    }
    if (this.#state === 'over') return;
    const request = this.#request;
    const chunkable = request.httpVersion === '1.1' && request.method !== 'HEAD' && status !== 204 && status !== 304;
    const { headers, contentLength, eventStream } = readAnswerHead(rawHeaders(controller), chunkable);
    this.#expected = contentLength;
    this.#eventStream = eventStream;
    this.#copier?.answered(now(), status, headers, eventStream, contentLength);
    if (this.#writeHead(status, reasonPhrase(status, message), headers)) process.nextTick(sendHead, this);
    else controller.abort(new Error('the answer has a head that cannot be sent on'));
  }

  #writeHead(status: number, reason: string, headers: string[]): boolean {
    const response = this.#response;
    response.sendDate = false;
    // Said here, or Node would add a Keep-Alive of its own. HTTP/1.0 has other rules, which Node knows.
    if (this.#request.httpVersion === '1.1')
      headers.push('Connection', response.shouldKeepAlive ? 'keep-alive' : 'close');
    try {
      response.writeHead(status, reason, headers);
    } catch {
      return false;
    }
    this.#state = 'answering';
    return true;
  }

  /** The head leaves with the first bytes of the body, if they come within this tick, else now. */
  sendHead(): void {
    if (this.#headSent || this.#state !== 'answering') return;
    this.#headSent = true;
    this.#response.flushHeaders();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#state === 'over') return;
    const response = this.#response;
    if (!this.#headSent && chunk.length === this.#expected) {
      this.#headSent = true;
      response.end(chunk);
    } else {
      this.#headSent = true;
      if (!response.write(chunk)) {
        controller.pause();
        response.once('drain', () => controller.resume());
      }
    }
    this.#copier?.bytes(now(), 'to-client', chunk);
  }

  onResponseEnd(controller: Dispatcher.DispatchController): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#headSent = true;
    const trailers = controller.rawTrailers;
    if (Array.isArray(trailers) && trailers.length > 0) this.#trail(trailers);
    if (!this.#response.writableEnded) this.#response.end();
    this.#copier?.closed(now(), 'complete');
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#state === 'over') return;
    const answering = this.#state === 'answering';
    this.#state = 'over';
    if (answering) {
      this.#response.destroy();
      this.#copier?.closed(now(), 'upstream-failed');
      return;
    }
    const { reason, status, text } = explain(error, this.#line.upstream, this.#sentAt !== 0);
    this.#copier?.closed(now(), reason);
    refuse(this.#request, this.#response, status, text);
  }

  /** Interim answers go on where this Node can write them. */
  #inform(status: number, controller: Dispatcher.DispatchController): void {
    if (status === 100 || !('writeInformation' in this.#response)) return;
    this.#response.writeInformation(status, readAnswerHead(rawHeaders(controller), false).headers);
  }

  #trail(raw: readonly (Buffer | string)[]): void {
    const trailers: [string, string][] = [];
    for (let index = 0; index < raw.length; index += 2) trailers.push([decode(raw[index]), decode(raw[index + 1])]);
    try {
      this.#response.addTrailers(trailers);
    } catch {
      // One that cannot be written is no reason to hold back the end.
      this.#line.ring.trailersDropped();
    }
  }

  #onResponseClose = (): void => {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#copier?.closed(now(), 'client-left');
    this.#controller?.abort(new Error('the client left'));
  };

  /** A request that breaks off ends its answer too, and with that everything here. */
  #onRequestError = (): void => {
    this.#response.destroy();
  };
}

const headText = (request: IncomingMessage): string =>
  `${request.method}\n${request.url}\n${request.httpVersion}\n${request.rawHeaders.join('\n')}`;

// undici's type allows for parsed headers; from an HTTP/1.1 dispatch it is the flat list of buffers.
const rawHeaders = (controller: Dispatcher.DispatchController): Buffer[] => (controller.rawHeaders ?? []) as Buffer[];

const sendHead = (exchange: Exchange): void => exchange.sendHead();
