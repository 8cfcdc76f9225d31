import type { Socket } from 'node:net';
import { ClientSide, type ClientHandler } from './client-side.ts';
import { Exchange } from './exchange.ts';
import { answerOf, GOING_DOWN, unreachable, type Refusal } from './refusal.ts';
import { tellRefused } from './refused.ts';
import type { RelayContext } from './relay-context.ts';
import { ParkedUpstreams } from './parked-upstreams.ts';
import type { Served } from './served.ts';
import { UpstreamSide, type AnswerHandler } from './upstream-side.ts';
import type { UpstreamFault } from '../upstream-fault.ts';
import type { CloseReason } from '../wire/wire-event.ts';

const HEAD_LATE: Refusal = { status: 408, text: 'the request head did not arrive in time' };

/**
 * A client's connection, and the one to the upstream that belongs to it. What happens to one happens to the other, so that
 * all that depends on connections is as it would be without mcpspan.
 */
export class Pair implements ClientHandler, AnswerHandler {
  readonly #context: RelayContext;
  readonly #onOver: (pair: Pair) => void;
  readonly #client: ClientSide;
  /** Undefined: no request has said yet which server it is for, or it could not be opened and none has come since. */
  #upstream: UpstreamSide | undefined;
  /** The server that it leads to. */
  #served: Served | undefined;
  /** Connections to other servers that the same client asked before. */
  readonly #parked = new ParkedUpstreams();
  /** Requests that wait for their answers, in order; the last may be one that is refused. */
  readonly #waiting: (Exchange | Refusal)[] = [];
  #tunnel: Exchange | undefined;
  #clientEnded = false;
  #upstreamEnded = false;

  constructor(context: RelayContext, socket: Socket, onOver: (pair: Pair) => void) {
    this.#context = context;
    this.#onOver = onOver;
    this.#client = new ClientSide(context, socket, this);
    const { only } = context.routes;
    if (only !== undefined) this.#open(only);
  }

  get next(): Exchange | undefined {
    const [next] = this.#waiting;
    return next instanceof Exchange ? next : undefined;
  }

  get closes(): boolean {
    return this.#context.draining;
  }

  /** Closes it if nothing is under way. */
  closeIdle(): void {
    if (this.#waiting.length === 0 && this.#tunnel === undefined && this.#client.requests.idle) this.#client.close();
  }

  /** Ends what can be ended, as mcpspan is going down. The rest ends with its answers. */
  drain(): void {
    const { next } = this;
    if (this.#waiting.length === 0 && this.#client.requests.idle) this.#client.close();
    else if (this.#tunnel !== undefined) this.#end();
    else if (next?.standing === true && !next.answering) {
      this.#refuse(GOING_DOWN, 'complete');
    } else if (next?.standing === true && next.eventStream) {
      next.last = true;
      if (this.#upstream?.endStream() !== true) this.#break('complete');
    }
  }

  /** Refuses a request whose head began to arrive before a time, and is not complete. */
  refuseLate(before: number): void {
    const { headSince } = this.#client.requests;
    if (headSince === 0 || headSince >= before) return;
    this.#client.requests.stop();
    this.onRefused(HEAD_LATE);
  }

  /** Lets go of connections to servers that are served no longer. */
  letGo(): void {
    this.#parked.letGo();
    const isBusy = this.#waiting.length > 0 || this.#tunnel !== undefined || !this.#client.requests.idle;
    if (isBusy || this.#served?.retired !== true) return;
    if (this.#clientEnded) return this.#end();
    this.#upstream?.end();
    this.#upstream = undefined;
    this.#served = undefined;
    // It may have been waited for.
    this.#client.resume();
  }

  /** How many requests have no whole answer yet; a standing stream is none of them. */
  get inFlight(): number {
    return this.#waiting.filter((one) => one instanceof Exchange && !one.standing).length;
  }

  /** Breaks what is left, as mcpspan waits no longer. */
  cutOff(): void {
    this.#break('cut-off');
  }

  onRequest(exchange: Exchange): void {
    this.#waiting.push(exchange);
    const { served } = exchange;
    if (served !== this.#served) this.#turnTo(served);
    // A first attempt may have failed long ago.
    else if (this.#upstream === undefined) this.#open(served);
  }

  toUpstream(bytes: Buffer): boolean {
    return this.#upstream?.write(bytes) ?? true;
  }

  onRequested(exchange: Exchange): void {
    exchange.requested = true;
    if (exchange.answered) this.#settle(exchange);
    else if (this.#upstreamEnded) this.#end();
  }

  onRefused(refusal: Refusal): void {
    tellRefused(this.#context, refusal, refusal.server ?? this.#context.routes.only?.options.index);
    this.#waiting.push(refusal);
    this.#advance();
  }

  onBroken(exchange: Exchange, refusal: Refusal): void {
    const first = this.next === exchange && !exchange.answering;
    this.#closeAll('client-left');
    exchange.close('client-left');
    this.#endUpstreams();
    if (!first) {
      this.#client.break();
      return;
    }
    tellRefused(this.#context, refusal, exchange.served.options.index);
    this.#client.end(answerOf(refusal));
  }

  onClientDrain(): void {
    this.#upstream?.resume();
  }

  onClientEnd(): void {
    this.#clientEnded = true;
    const held = this.#client.requests.holdsUpload ? this.#client.requests.uploading : undefined;
    held?.close('client-left');
    if (this.#waiting.length > 0 || this.#tunnel !== undefined) this.#upstream?.finish();
    else this.#end();
  }

  onClientGone(): void {
    this.#leaveUpstream('client-left');
    this.#onOver(this);
  }

  toClient(pieces: readonly Buffer[]): boolean {
    return this.#client.write(pieces);
  }

  onAnswered(exchange: Exchange): void {
    this.#waiting.shift();
    exchange.answered = true;
    this.#client.onAnswered(exchange.final);
    if (exchange.requested) this.#settle(exchange);
    this.#advance();
  }

  onUpgraded(exchange: Exchange): void {
    this.#waiting.shift();
    exchange.answered = true;
    this.#tunnel = exchange;
    this.#client.tunnel();
  }

  onUnasked(bytes: Buffer): void {
    this.#client.write([bytes]);
    this.#end();
  }

  onBadAnswer(exchange: Exchange, { text }: Refusal): void {
    const { origin } = exchange.served.upstream;
    if (exchange.answering) this.#break('upstream-failed');
    else
      this.#refuse(
        { status: 502, text: `the upstream ${origin} sent what is not an HTTP answer (${text})` },
        'upstream-failed',
      );
  }

  onUnreachable(error: Error): void {
    this.#upstream = undefined;
    if (this.#waiting.length === 0 || this.#served === undefined) return;
    const { reason, refusal, fault } = unreachable(error, this.#served.upstream.origin);
    this.#refuse(refusal, reason, fault);
  }

  onUpstreamDrain(): void {
    this.#client.resume();
  }

  onUpstreamEnd(): void {
    this.#upstreamEnded = true;
    if (this.#tunnel === undefined) this.#closeAll(this.#loss);
    // It may still read what it is sent.
    const uploading = this.#client.requests.uploading !== undefined && !this.#client.requests.holdsUpload;
    if ((this.#tunnel !== undefined && !this.#clientEnded) || uploading) this.#client.finish();
    else this.#end();
  }

  onUpstreamGone(): void {
    if (this.#upstream?.untilClose === true) this.#break(this.#loss);
    else {
      this.#closeAll(this.#loss);
      this.#end();
    }
  }

  /** Why what has no answer now has none. */
  get #loss(): CloseReason {
    return this.#clientEnded ? 'client-left' : 'upstream-failed';
  }

  #open(served: Served): void {
    this.#served = served;
    this.#upstream = new UpstreamSide(served.upstream, this);
  }

  /** The next request is for another server than those before it, which have their answers. */
  #turnTo(served: Served): void {
    if (this.#upstream !== undefined && this.#served !== undefined) this.#parked.park(this.#served, this.#upstream);
    this.#upstream = this.#parked.take(served);
    this.#served = served;
    if (this.#upstream === undefined) this.#open(served);
    // The one before may still have been waited for.
    this.#client.resume();
  }

  #endUpstreams(): void {
    this.#upstream?.end();
    this.#parked.end();
  }

  /** Both the request and its answer are over. */
  #settle(exchange: Exchange): void {
    exchange.close('complete');
    if (
      exchange.last ||
      this.#upstreamEnded ||
      (this.#context.draining && this.#waiting.length === 0 && this.#client.requests.idle)
    )
      this.#end();
    else {
      if (exchange.upgrades) this.#client.goOn();
      if (exchange.served.retired) this.letGo();
    }
  }

  /** Answers what is refused, once all before it have their answers. */
  #advance(): void {
    const [next] = this.#waiting;
    if (next === undefined || next instanceof Exchange) return;
    this.#waiting.length = 0;
    this.#endUpstreams();
    this.#client.end(answerOf(next));
  }

  /** Answers in the place of the upstream. */
  #refuse(refusal: Refusal, reason: CloseReason, fault?: UpstreamFault): void {
    this.#leaveUpstream(reason, fault);
    // Of an outage the reason tells, with which the exchanges were closed.
    const outage = reason === 'upstream-unreachable' || reason === 'timeout';
    tellRefused(this.#context, outage ? { ...refusal, text: '' } : refusal, this.#served?.options.index);
    this.#client.end(answerOf(refusal));
  }

  #end(): void {
    this.#client.requests.uploading?.close(this.#loss);
    this.#tunnel?.close('complete');
    this.#endUpstreams();
    this.#client.end();
  }

  #break(reason: CloseReason): void {
    this.#leaveUpstream(reason);
    this.#client.break();
  }

  /** Ends all that is under way. */
  #leaveUpstream(reason: CloseReason, fault?: UpstreamFault): void {
    this.#client.requests.uploading?.close(reason, fault);
    this.#tunnel?.close('complete');
    this.#closeAll(reason, fault);
    this.#endUpstreams();
  }

  #closeAll(reason: CloseReason, fault?: UpstreamFault): void {
    for (const one of this.#waiting.splice(0)) if (one instanceof Exchange) one.close(reason, fault);
  }
}
