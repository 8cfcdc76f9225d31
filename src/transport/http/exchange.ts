import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { now } from '../clock.ts';
import { Copier } from './exchange-tap.ts';
import { decode, readAnswerHead, reasonPhrase } from './response-head.ts';
import type { RequestHead } from './request-head.ts';
import { closeLingering, dropBody, endAfterAnswer, isEnding } from './lingering-close.ts';
import { OutgoingRequest, type RequestContext } from './outgoing-request.ts';
import { explain, refuse } from './refusal.ts';
import { tellRefused } from './refused.ts';
import type { RingWriter } from '../wire/ring-writer.ts';
import type { Slots } from '../wire/slots.ts';
import type { AnswerHandler } from './upload.ts';

/** What every exchange of a relay shares. */
export interface RelayContext extends RequestContext {
  ring: RingWriter;
  slots: Slots;
  observed: boolean;
  maxMessageBytes: number;
}

/**
 * One request and its answer. Bytes pass both ways as they come, with back-pressure. An end or a break on one side is
 * passed on to the other.
 */
export class Exchange implements AnswerHandler {
  readonly #context: RelayContext;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #copier: Copier | undefined;
  readonly #outgoing: OutgoingRequest;
  #controller: Dispatcher.DispatchController | undefined;
  /** The answer has ended, and the request not yet. */
  #awaitsUpload = false;
  #state: 'waiting' | 'answering' | 'over' = 'waiting';
  #headSent = false;
  #expected = -1;
  #eventStream = false;

  constructor(context: RelayContext, request: IncomingMessage, response: ServerResponse, head: RequestHead) {
    this.#context = context;
    this.#request = request;
    this.#response = response;
    this.#copier = context.observed
      ? new Copier(context.ring, context.slots, context.maxMessageBytes, now(), headText(request))
      : undefined;
    this.#outgoing = new OutgoingRequest(context, request, response, head, this.#copier, this);
  }

  start(): void {
    this.#response.on('close', () => this.abandon());
    this.#request.on('error', this.#onRequestError);
    this.#outgoing.start();
  }

  /** Some of the answer has been sent, and not all, or not all of the request has been read. */
  get answering(): boolean {
    const { headersSent, writableFinished } = this.#response;
    return headersSent && !(writableFinished && this.#request.complete);
  }

  /** The client has left, or breaks the rules of HTTP. */
  abandon(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#copier?.closed(now(), 'client-left');
    this.#controller?.abort(new Error('the client left'));
  }

  /** Ends a standing stream on both sides, also one whose answer has not begun, as mcpspan is going down. */
  endStream(): void {
    if (this.#state === 'over' || (this.#state === 'answering' && !this.#eventStream)) return;
    const begun = this.#state === 'answering';
    this.#state = 'over';
    if (begun) this.#response.end();
    else this.#refuse(503, 'it is going down, and begins no stream any more');
    this.#copier?.closed(now(), 'complete');
    this.#controller?.abort(new Error('mcpspan is going down'));
  }

  onUploadOver(complete: boolean): void {
    if (!this.#awaitsUpload) return;
    this.#copier?.closed(now(), 'complete');
    const { socket } = this.#request;
    if (complete && !isEnding(socket)) return;
    if (!complete) dropBody(this.#request);
    if (this.#response.closed) closeLingering(socket);
    else if (!isEnding(socket)) this.#response.once('close', () => closeLingering(socket));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#outgoing.begin();
    if (this.#state === 'over') controller.abort(new Error('the client left'));
  }

  /** A first byte has come. */
  onResponseStarted(): void {
    this.#outgoing.answerBegun = true;
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
    const upload = this.#outgoing.flowing;
    // The upload goes on, but nothing after it is a request.
    if (upload?.closes === true) {
      response.shouldKeepAlive = false;
      endAfterAnswer(this.#request, () => upload.flowing);
    }
    // Without this field Node adds a Keep-Alive of its own. HTTP/1.0 has other rules, which Node knows.
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

  /** Sends the head, unless it has left with the first bytes of the body, which came within the same tick. */
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
    this.#awaitsUpload = this.#outgoing.flowing !== undefined;
    if (!this.#awaitsUpload) this.#copier?.closed(now(), 'complete');
  }

  onResponseError(_controller: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#state === 'over') return;
    const answering = this.#state === 'answering';
    const lost = !answering && this.#outgoing.isLostUnanswered(error);
    if (lost && this.#outgoing.repeat()) return;
    this.#state = 'over';
    // The upstream closed its connection, so the client's is closed too: clients know what to do then.
    if (answering || lost) {
      this.#response.destroy();
      this.#copier?.closed(now(), 'upstream-failed');
      return;
    }
    const { reason, status, text } = explain(error, this.#context.upstream, this.#outgoing.sentAt !== 0);
    this.#copier?.closed(now(), reason);
    this.#refuse(status, text);
  }

  #refuse(status: number, text: string): void {
    tellRefused(this.#context, status);
    refuse(this.#request, this.#response, status, text);
  }

  /** Passes an interim answer on, where this Node can write it. */
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
      // A trailer that cannot be written must not hold back the end.
      this.#context.ring.trailersDropped();
    }
  }

  /** A request that breaks off ends its answer too, which ends the exchange. */
  #onRequestError = (): void => {
    this.#response.destroy();
  };
}

const headText = (request: IncomingMessage): string =>
  `${request.method}\n${request.url}\n${request.httpVersion}\n${request.rawHeaders.join('\n')}`;

// undici's type allows for parsed headers; HTTP/1.1 gives a flat list of buffers, an upload one of strings.
const rawHeaders = (controller: Dispatcher.DispatchController): Buffer[] => (controller.rawHeaders ?? []) as Buffer[];

const sendHead = (exchange: Exchange): void => exchange.sendHead();
