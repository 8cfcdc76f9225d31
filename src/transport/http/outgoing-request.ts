import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { now } from '../clock.ts';
import type { Copier } from './exchange-tap.ts';
import type { Pools } from './pools.ts';
import { isConnectionLost } from './refusal.ts';
import { hasHost, placeTraceParent, type RequestHead } from './request-head.ts';
import { withContext } from './splice.ts';
import type { Choice, SpanChooser } from '../trace/span-chooser.ts';
import { Upload, type AnswerHandler } from './upload.ts';
import type { UpstreamRequest } from './upstream-connection.ts';
import { MAX_ONE_PIECE_BYTES, readWhole } from './whole-body.ts';
import type { SpanChoice } from '../wire/wire-event.ts';

/** What the requests of a relay share. */
export interface RequestContext {
  chooser: SpanChooser;
  upstream: URL;
  pools: Pools;
  /** `traceparent` is written into `params._meta` too. */
  intoMeta: boolean;
}

const EMPTY = Buffer.alloc(0);
/** RFC 9110, 9.2.2, as far as they have no body. */
const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'DELETE', 'TRACE']);

/** A request on its way to the upstream: in one piece through undici, or as it comes. */
export class OutgoingRequest {
  /** When it began to be sent; 0: not yet. */
  sentAt = 0;
  /** A byte of the answer has come. */
  answerBegun = false;
  readonly #context: RequestContext;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #head: RequestHead;
  readonly #copier: Copier | undefined;
  readonly #handler: AnswerHandler;
  #upload: Upload | undefined;
  #sent: UpstreamRequest | undefined;
  #requestedAt = 0;
  #span: SpanChoice | undefined;
  /** The connection had served another request. */
  #reused = false;
  #repeated = false;

  constructor(
    context: RequestContext,
    request: IncomingMessage,
    response: ServerResponse,
    head: RequestHead,
    copier: Copier | undefined,
    handler: AnswerHandler,
  ) {
    this.#context = context;
    this.#request = request;
    this.#response = response;
    this.#head = head;
    this.#copier = copier;
    this.#handler = handler;
  }

  /** An upload of which not all has gone on yet. */
  get flowing(): Upload | undefined {
    return this.#upload?.flowing === true ? this.#upload : undefined;
  }

  start(): void {
    const { contentLength, chunked } = this.#head;
    if (!chunked && (contentLength === undefined || contentLength === 0)) {
      this.#requestedAt = now();
      this.#dispatch(EMPTY);
    } else if (chunked || (contentLength !== undefined && contentLength <= MAX_ONE_PIECE_BYTES)) {
      readWhole(this.#request, !chunked, this.#onWhole, this.#onBegun);
    } else {
      this.#copier?.announce(contentLength ?? 0);
      this.#onBegun([]);
    }
  }

  /** It is being sent. */
  begin(): void {
    this.sentAt = now();
    this.#reused = this.#sent?.connection?.begin() === true;
  }

  /**
   * The connection was kept from before, and died without a byte of the answer, as when an upstream closes idle ones.
   */
  isLostUnanswered(error: Error): boolean {
    if (!isConnectionLost(error)) return false;
    return this.#upload?.lostUnanswered ?? (this.#reused && !this.answerBegun);
  }

  /** Sends it once more, if it may be. Returns whether it did. */
  repeat(): boolean {
    const sent = this.#sent;
    if (this.#repeated || sent === undefined || sent.body !== null || !IDEMPOTENT.has(sent.method)) return false;
    this.#repeated = true;
    this.#context.pools.sendAlone(sent, this.#handler);
    return true;
  }

  #onWhole = (body: Buffer): void => {
    const at = now();
    this.#requestedAt = at;
    this.#copier?.bytes(at, 'to-server', body);
    this.#dispatch(body);
  };

  #dispatch(body: Buffer): void {
    const { pools, upstream, intoMeta } = this.#context;
    const { forwarded, listens } = this.#head;
    const choice = this.#choose(body);
    const method = this.#request.method ?? 'GET';
    const sent = intoMeta ? withContext(body, forwarded, choice) : body;
    this.#sent = {
      origin: upstream.origin,
      // Not what the client calls us, which a kept Host would say.
      servername: pools.serverName,
      path: this.#request.url ?? '/',
      // Any token the parser let through; undici takes all of them, its type names the usual ones.
      method: method as Dispatcher.HttpMethod,
      headers: forwarded,
      body: sent.length === 0 ? null : sent,
      connection: undefined,
    };
    pools.for(method === 'GET' || listens, this.#response).dispatch(this.#sent, this.#handler);
    this.#copier?.requested(this.#requestedAt, this.sentAt === 0 ? now() : this.sentAt, choice.span);
  }

  #onBegun = (pieces: Buffer[]): void => {
    const { pools, upstream } = this.#context;
    const { forwarded, chunked } = this.#head;
    this.#choose(undefined);
    if (!hasHost(forwarded)) forwarded.unshift('Host', upstream.host);
    if (chunked) forwarded.push('Transfer-Encoding', 'chunked');
    try {
      const outgoing = pools.upload(this.#request.method ?? 'POST', this.#request.url ?? '/', forwarded);
      this.#upload = new Upload(
        outgoing,
        this.#request,
        pieces,
        { body: this, answer: this.#handler },
        pools.connectTimeoutMs,
      );
    } catch (error) {
      // node:http throws errors only.
      this.#handler.onResponseError(null, error as Error);
    }
  };

  onPiece(piece: Buffer): void {
    this.#copier?.bytes(now(), 'to-server', piece);
  }

  onRead(): void {
    const at = now();
    this.#copier?.requested(at, at, this.#span);
  }

  #choose(body: Buffer | undefined): Choice {
    const { sessionId, traceParent, forwarded } = this.#head;
    const choice = this.#context.chooser.choose(this.#request.method ?? 'GET', sessionId, traceParent, body, now());
    this.#span = choice.span;
    if (choice.traceParent !== undefined) placeTraceParent(forwarded, choice.traceParent, traceParent !== undefined);
    return choice;
  }
}
