import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { errors, type Dispatcher } from 'undici';

/** Who is told of the answer, and of the end of an upload. */
export interface AnswerHandler extends Dispatcher.DispatchHandler {
  /** Nothing more of an upload goes to the upstream: it has all, or takes no more. */
  onUploadOver(complete: boolean): void;
  onResponseError(controller: Dispatcher.DispatchController | null, error: Error): void;
}

/** Who is told of the body as it goes on. */
interface BodyHandler {
  onPiece(piece: Buffer): void;
  /** The client has sent all of it. */
  onRead(): void;
}

/**
 * A request whose body is passed on piece by piece, and its answer, which may come, and end, before the body does: the
 * body goes on flowing to an upstream that takes it. undici closes the connection when an answer ends first, so
 * this goes through node:http. The answer is told as undici tells it.
 */
export class Upload implements Dispatcher.DispatchController {
  rawHeaders: string[] = [];
  rawTrailers: string[] = [];
  paused = false;
  aborted = false;
  reason: Error | null = null;
  /** Not all of the body has gone on yet. */
  flowing = true;
  /** The upstream closes its connection after its answer. */
  closes = false;
  readonly #outgoing: ClientRequest;
  readonly #request: IncomingMessage;
  readonly #handler: AnswerHandler;
  readonly #body: BodyHandler;
  #answer: IncomingMessage | undefined;
  #answerEnded = false;

  #bytesBefore = 0;

  /** @param begun pieces of the body that were already read. */
  constructor(
    outgoing: ClientRequest,
    request: IncomingMessage,
    begun: readonly Buffer[],
    { body, answer: handler }: { body: BodyHandler; answer: AnswerHandler },
    connectTimeoutMs: number,
  ) {
    this.#outgoing = outgoing;
    this.#request = request;
    this.#handler = handler;
    this.#body = body;
    // Without a limit: the size of a head is limited already.
    outgoing.maxHeadersCount = 0;
    outgoing.on('socket', (socket) => this.#connect(socket, connectTimeoutMs));
    outgoing.on('information', ({ statusCode, statusMessage, rawHeaders }) => {
      this.rawHeaders = rawHeaders;
      handler.onResponseStart?.(this, statusCode, {}, statusMessage);
    });
    outgoing.on('response', (answer) => this.#begin(answer));
    outgoing.on('drain', () => request.resume());
    outgoing.on('finish', () => this.#over(true));
    outgoing.on('error', (error) => this.#fail(error));
    outgoing.on('close', () => this.#over(false));
    // A request that has its answer does not tell by itself that its client is gone.
    request.socket.once('close', this.#onClientClose);
    if (begun.length === 0) outgoing.flushHeaders();
    for (const piece of begun) this.#write(piece);
    request.on('data', this.#write);
    request.once('end', this.#onRead);
    if (!outgoing.writableNeedDrain) request.resume();
  }

  abort(reason: Error): void {
    this.aborted = true;
    this.reason = reason;
    this.#outgoing.destroy(reason);
  }

  pause(): void {
    this.paused = true;
    this.#answer?.pause();
  }

  resume(): void {
    this.paused = false;
    this.#answer?.resume();
  }

  /** Its connection had served others, and nothing has come on it since. */
  get lostUnanswered(): boolean {
    const { reusedSocket, socket } = this.#outgoing;
    return reusedSocket && (socket?.bytesRead ?? 0) === this.#bytesBefore;
  }

  #connect(socket: Socket, timeoutMs: number): void {
    this.#bytesBefore = socket.bytesRead;
    // The request itself does not hear of it any more once its answer is complete.
    const drained = (): void => void this.#request.resume();
    socket.on('drain', drained);
    this.#outgoing.once('close', () => socket.off('drain', drained));
    if (!socket.connecting) {
      this.#handler.onRequestStart?.(this, undefined);
      return;
    }
    const timer = setTimeout(() => this.#outgoing.destroy(new errors.ConnectTimeoutError()), timeoutMs);
    this.#outgoing.once('close', () => clearTimeout(timer));
    socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      this.#handler.onRequestStart?.(this, undefined);
    });
  }

  #write = (piece: Buffer): void => {
    if (!this.flowing) return;
    this.#body.onPiece(piece);
    if (!this.#outgoing.write(piece)) this.#request.pause();
  };

  #onRead = (): void => {
    if (!this.flowing) return;
    this.#body.onRead();
    this.#outgoing.end();
  };

  #onClientClose = (): void => {
    this.abort(new Error('the client left'));
  };

  #begin(answer: IncomingMessage): void {
    const handler = this.#handler;
    const outgoing = this.#outgoing;
    this.#answer = answer;
    this.rawHeaders = answer.rawHeaders;
    this.closes = !outgoing.shouldKeepAlive;
    // Else Node closes the connection with the answer, and the rest of the body is lost.
    if (this.flowing) outgoing.shouldKeepAlive = true;
    answer.on('error', (error) => this.#fail(error));
    answer.on('end', () => this.#end(answer));
    handler.onResponseStart?.(this, answer.statusCode ?? 0, {}, answer.statusMessage);
    answer.on('data', (piece: Buffer) => handler.onResponseData?.(this, piece));
    if (this.paused) answer.pause();
  }

  #end(answer: IncomingMessage): void {
    this.#answerEnded = true;
    this.rawTrailers = answer.rawTrailers;
    this.#handler.onResponseEnd?.(this, {});
  }

  #fail(error: Error): void {
    if (!this.#answerEnded) {
      this.#answerEnded = true;
      this.#handler.onResponseError(this, error);
    }
    this.#over(false);
  }

  #over(complete: boolean): void {
    if (!this.flowing) return;
    this.flowing = false;
    this.#request.socket.off('close', this.#onClientClose);
    this.#request.off('data', this.#write);
    this.#request.off('end', this.#onRead);
    if (this.closes) {
      this.#outgoing.shouldKeepAlive = false;
      if (this.#answerEnded) this.#outgoing.destroy();
    }
    this.#handler.onUploadOver(complete);
  }
}
