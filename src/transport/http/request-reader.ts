import { now } from '../clock.ts';
import { BodyReader } from './body-reader.ts';
import { DataRanges } from './data-ranges.ts';
import { Exchange } from './exchange.ts';
import { textOf } from './grammar.ts';
import { HeadReader, MORE, REFUSED } from './head-reader.ts';
import type { RelayContext } from './relay-context.ts';
import type { RequestHandler } from './request-handler.ts';
import { RequestHead } from './request-head.ts';
import { Served } from './served.ts';
import { GOING_DOWN, type Refusal } from './refusal.ts';
import { withContext } from './splice.ts';
import { MAX_WHOLE_BYTES, WholeBody } from './whole-body.ts';
import type { SpanChoice } from '../wire/wire-event.ts';

/** Requests of one connection that may wait for their answers. More are not read. */
const MAX_WAITING = 64;
const UNREADABLE: Refusal = { status: 400, text: 'this is not well-formed HTTP/1.1' };
const EMPTY = Buffer.alloc(0);

/** Reads the requests of one connection, and hands them on as they come. */
export class RequestReader {
  readonly #context: RelayContext;
  readonly #peer: number;
  readonly #handler: RequestHandler;
  readonly #pass: (bytes: Buffer) => void;
  readonly #reader = new HeadReader();
  readonly #body = new BodyReader();
  readonly #data = new DataRanges();
  /**
   * `full`: enough requests wait. `elsewhere`: the next one is for another server, and those before it have no answers
   * yet. `upgrading`: the answer decides what comes next. `over`: nothing more is read.
   */
  #reading: 'head' | 'whole' | 'body' | 'full' | 'elsewhere' | 'upgrading' | 'over' = 'head';
  #head: RequestHead | undefined;
  /** The server of the last request. */
  #served: Served | undefined;
  #headSince = 0;
  #exchange: Exchange | undefined;
  #whole: WholeBody | undefined;
  #span: SpanChoice | undefined;
  /** Requests without their answers. */
  #waiting = 0;

  /**
   * @param peer stands for the client's address
   * @param pass gets the bytes for the upstream
   */
  constructor(context: RelayContext, peer: number, handler: RequestHandler, pass: (bytes: Buffer) => void) {
    this.#context = context;
    this.#peer = peer;
    this.#handler = handler;
    this.#pass = pass;
  }

  /** Nothing of a request has come that was not answered. */
  get idle(): boolean {
    return this.#waiting === 0 && this.#exchange === undefined && !this.#reader.begun;
  }

  /** When the head of a request began to arrive that is not complete; 0: there is none. */
  get headSince(): number {
    return this.#headSince;
  }

  /** The request whose body is still being read. */
  get uploading(): Exchange | undefined {
    return this.#exchange;
  }

  /** None of that request has been passed on. */
  get holdsUpload(): boolean {
    return this.#reading === 'whole';
  }

  /** Reads nothing more. */
  stop(): void {
    this.#whole?.stop();
    this.#reader.reset();
    this.#headSince = 0;
    this.#exchange = undefined;
    this.#reading = 'over';
  }

  /** A request has its answer. Returns whether what was not read for that reason can be read now. */
  onAnswered(): boolean {
    this.#waiting--;
    if (this.#reading === 'elsewhere') return this.#waiting === 0;
    if (this.#reading !== 'full') return false;
    this.#reading = 'head';
    return true;
  }

  /** Reads on after a pause. */
  goOn(): void {
    this.#reading = 'head';
  }

  /** Reads on in `piece`. Returns what is not read, as an answer has to come first. */
  read(piece: Buffer): Buffer | undefined {
    let at = 0;
    if (this.#reading === 'elsewhere') {
      const [head, served] = [this.#head, this.#served];
      if (this.#waiting > 0 || head === undefined || served === undefined) return piece;
      // Its head was read before, and stands in the reader still.
      this.#head = undefined;
      at = this.#begin(head, served, piece, 0);
    }
    while (at < piece.length) {
      switch (this.#reading) {
        case 'head':
          at = this.#takeHead(piece, at);
          break;
        case 'whole':
          at = this.#takeWhole(piece, at);
          break;
        case 'body':
          at = this.#takeBody(piece, at);
          break;
        default:
          return piece.subarray(at);
      }
      if (at < 0) return undefined;
    }
    return this.#reading === 'elsewhere' ? piece.subarray(at) : undefined;
  }

  #takeHead(piece: Buffer, from: number): number {
    const reader = this.#reader;
    const head = (this.#head ??= new RequestHead());
    const end = reader.read(piece, from, head);
    if (end === MORE) {
      if (this.#headSince === 0) this.#headSince = now();
      return MORE;
    }
    this.#headSince = 0;
    this.#head = undefined;
    const served = end === REFUSED ? reader.refusal : this.#find(head);
    if (!(served instanceof Served)) {
      reader.reset();
      this.#reading = 'over';
      this.#handler.onRefused(served ?? UNREADABLE);
      return MORE;
    }
    if (served.upstream.host !== undefined) head.placeHost(served.upstream.host);
    const elsewhere = this.#served !== served && this.#waiting > 0;
    this.#served = served;
    if (!elsewhere) return this.#begin(head, served, piece, end);
    this.#head = head;
    this.#reading = 'elsewhere';
    return end;
  }

  /** The server that a request is for, or why it must not go on. */
  #find(head: RequestHead): Served | Refusal {
    const { bytes, base, end } = this.#reader;
    const refusal = head.finish(bytes, base, end);
    if (refusal !== undefined) return refusal;
    const served = this.#context.routes.find(head);
    const begins = served instanceof Served && head.standing && this.#context.draining;
    return begins ? { ...GOING_DOWN, server: served.options.index } : served;
  }

  #begin(head: RequestHead, served: Served, piece: Buffer, end: number): number {
    this.#reading = 'head';
    const { bytes, base } = this.#reader;
    const framing = head.framing.ofRequest();
    const exchange = new Exchange(this.#context, served, this.#peer, head, bytes.subarray(base, this.#reader.end - 2));
    this.#exchange = exchange;
    this.#waiting++;
    if (typeof framing === 'number' && piece.length - end >= framing && framing <= MAX_WHOLE_BYTES) {
      const body = framing === 0 ? EMPTY : piece.subarray(end, end + framing);
      this.#sendWhole(exchange, head, body, body, bytes === piece);
      return end + framing;
    }
    this.#body.begin(framing);
    if (!head.expects && (framing === 'chunked' || framing <= MAX_WHOLE_BYTES)) {
      this.#reading = 'whole';
      this.#head = head;
      this.#whole = new WholeBody(framing !== 'chunked', () => this.#stream());
    } else {
      if (typeof framing === 'number') exchange.copier?.announce(framing);
      this.#sendHead(exchange, head);
    }
    return end;
  }

  #takeWhole(piece: Buffer, from: number): number {
    const whole = this.#whole;
    const exchange = this.#exchange;
    const head = this.#head;
    if (whole === undefined || exchange === undefined || head === undefined) return MORE;
    this.#data.begin();
    const end = this.#body.read(piece, from, this.#data.add);
    if (end === REFUSED) {
      whole.stop();
      this.#head = undefined;
      // Nothing of it went on.
      exchange.close('complete');
      this.#exchange = undefined;
      this.#waiting--;
      this.#reading = 'over';
      this.#handler.onRefused({ ...(this.#body.refusal ?? UNREADABLE), server: exchange.served.options.index });
      return MORE;
    }
    if (whole.add(piece.subarray(from, end < 0 ? piece.length : end), this.#data.of(piece))) {
      if (end >= 0) {
        this.#whole = undefined;
        this.#head = undefined;
        whole.stop();
        this.#sendWhole(exchange, head, whole.raw, whole.data, false);
      }
      return end;
    }
    this.#stream(end);
    return end;
  }

  /** The body proves long, or slow: what has come of it goes on, and the rest as it comes. */
  #stream(end = MORE): void {
    const whole = this.#whole;
    const exchange = this.#exchange;
    const head = this.#head;
    if (whole === undefined || exchange === undefined || head === undefined) return;
    this.#whole = undefined;
    this.#head = undefined;
    whole.stop();
    this.#sendHead(exchange, head);
    if (whole.raw.length > 0) this.#pass(whole.raw);
    if (whole.data.length > 0) exchange.copier?.bytes(now(), 'to-server', whole.data);
    if (end >= 0) this.#finish(exchange);
  }

  #takeBody(piece: Buffer, from: number): number {
    const exchange = this.#exchange;
    if (exchange === undefined) return MORE;
    this.#data.begin();
    const end = this.#body.read(piece, from, this.#data.add);
    if (end === REFUSED) {
      this.#reading = 'over';
      this.#exchange = undefined;
      this.#handler.onBroken(exchange, this.#body.refusal ?? UNREADABLE);
      return MORE;
    }
    this.#pass(piece.subarray(from, end < 0 ? piece.length : end));
    exchange.copier?.bytes(now(), 'to-server', this.#data.of(piece));
    if (end >= 0) this.#finish(exchange);
    return end;
  }

  /** Sends a request whose body is complete. @param joined its body follows its head in the same bytes */
  #sendWhole(exchange: Exchange, head: RequestHead, raw: Buffer, data: Buffer, joined: boolean): void {
    const { chooser, options } = exchange.served;
    const { bytes, base, end } = this.#reader;
    const at = now();
    const choice = chooser.choose(head.method, head.sessionId, head.traceParent, data, at);
    if (choice.traceParent !== undefined) head.placeTraceParent(choice.traceParent);
    const body = options.intoMeta ? withContext({ head, raw, data }, textOf(bytes, base, end), choice) : raw;
    this.#handler.onRequest(exchange);
    if (joined && body === raw && head.edits.none) this.#pass(bytes.subarray(base, end + raw.length));
    else {
      const text = head.edits.apply(bytes, base, end);
      const all = Buffer.allocUnsafe(text.length + body.length);
      all.write(text, 'latin1');
      body.copy(all, text.length);
      this.#pass(all);
    }
    const { copier } = exchange;
    if (copier !== undefined) {
      if (data.length > 0) copier.bytes(at, 'to-server', data);
      copier.requested(at, now(), choice.span);
    }
    this.#finished(exchange);
  }

  #sendHead(exchange: Exchange, head: RequestHead): void {
    const { bytes, base, end } = this.#reader;
    const { chooser } = exchange.served;
    const { span, traceParent } = chooser.choose(head.method, head.sessionId, head.traceParent, undefined, now());
    this.#span = span;
    if (traceParent !== undefined) head.placeTraceParent(traceParent);
    this.#reading = 'body';
    this.#handler.onRequest(exchange);
    this.#pass(Buffer.from(head.edits.apply(bytes, base, end), 'latin1'));
  }

  #finish(exchange: Exchange): void {
    const at = now();
    exchange.copier?.requested(at, at, this.#span);
    this.#finished(exchange);
  }

  #finished(exchange: Exchange): void {
    if (this.#exchange !== exchange) return;
    this.#exchange = undefined;
    if (exchange.closes) this.#reading = 'over';
    else this.#reading = exchange.upgrades ? 'upgrading' : this.#waiting >= MAX_WAITING ? 'full' : 'head';
    this.#handler.onRequested(exchange);
  }
}
