import { AnswerHead } from '../../src/transport/http/answer-head.ts';
import { BodyReader } from '../../src/transport/http/body-reader.ts';
import type { Framing } from '../../src/transport/http/framing.ts';
import { HeadReader, MORE, REFUSED, type FieldPlace, type HeadLines } from '../../src/transport/http/head-reader.ts';
import type { Refusal } from '../../src/transport/http/refusal.ts';
import { RequestHead } from '../../src/transport/http/request-head.ts';

/** What a codec is told of the other side. */
export interface CodecOptions {
  kind: 'request' | 'answer';
  /** Goes on in place of the client's `Host`. */
  upstreamHost?: string;
  /** Goes on as the trace context of each request. */
  traceParent?: string;
  /** The requests that answers belong to, in order; the last one for all that follow. */
  methods?: readonly string[];
  /** Those requests offered to go on in another protocol. */
  offersUpgrade?: boolean;
  /** The client's connection closes after each answer. */
  closes?: boolean;
  /** The client speaks HTTP/1.0, and gets answers without chunks. */
  unchunks?: boolean;
}

/** A message as mcpspan reads it. Texts have one character for each byte, places count from the start of the connection. */
export interface CodecMessage {
  /** The method or the version, as the first line begins. */
  method: string;
  target: string;
  status: number;
  firstLine: string;
  version: string;
  fields: [name: string, value: string][];
  framing: Framing;
  upgrades: boolean;
  /** The head as it goes on. */
  forwarded: string;
  /** The body goes on without its chunks, and ends with the connection. */
  unchunked: boolean;
  start: number;
  headEnd: number;
  /** -1: it is not complete. */
  end: number;
  /** The body without what frames it. */
  data: string;
  /** The end of the last of it. */
  dataEnd: number;
}

/** Reads one direction of a connection as `ClientSide` and `UpstreamSide` do, without sockets. */
export class Codec {
  readonly messages: CodecMessage[] = [];
  refusal: Refusal | undefined;
  /** What comes now is not HTTP. */
  tunnel = false;
  readonly #options: CodecOptions;
  readonly #reader = new HeadReader();
  readonly #body = new BodyReader();
  #head: RequestHead | AnswerHead | undefined;
  #fields: [string, string][] = [];
  #firstLine = '';
  #answered = 0;
  #before = 0;
  /** Its body is being read. */
  #open: CodecMessage | undefined;

  constructor(options: CodecOptions) {
    this.#options = options;
  }

  get over(): boolean {
    return this.tunnel || this.refusal !== undefined;
  }

  take(piece: Buffer): void {
    let at = 0;
    while (at < piece.length && !this.over) {
      at = this.#open === undefined ? this.#takeHead(piece, at) : this.#takeBody(this.#open, piece, at);
      if (at < 0) break;
    }
    this.#before += piece.length;
  }

  /** The connection has ended. */
  end(): void {
    if (this.#open?.framing === 'until-close') this.#open.end = this.#before;
  }

  #takeHead(piece: Buffer, from: number): number {
    const head = (this.#head ??= this.#options.kind === 'request' ? new RequestHead() : new AnswerHead());
    const reader = this.#reader;
    const lines: HeadLines = {
      onStartLine: (bytes, start, end) => {
        this.#firstLine = bytes.toString('latin1', start, end);
        return head.onStartLine(bytes, start, end);
      },
      onField: (bytes, place) => {
        this.#fields.push(fieldOf(bytes, place));
        return head.onField(bytes, place);
      },
    };
    const end = reader.read(piece, from, lines);
    if (end === MORE) return MORE;
    this.#head = undefined;
    const { bytes, base: start } = reader;
    const open = end === REFUSED ? undefined : this.#begin(head, this.#before + end, reader.end - start);
    const refusal = open === undefined ? reader.refusal : this.#finishHead(head, open);
    if (refusal !== undefined || open === undefined) {
      this.refusal = refusal;
      return MORE;
    }
    open.forwarded = head.edits.none
      ? bytes.toString('latin1', start, reader.end)
      : head.edits.apply(bytes, start, reader.end);
    this.messages.push(open);
    this.#fields = [];
    this.#open = open;
    this.#body.begin(open.framing);
    return this.#takeBody(open, piece, end);
  }

  #begin(head: RequestHead | AnswerHead, headEnd: number, headBytes: number): CodecMessage {
    return {
      method: head instanceof RequestHead ? head.method : this.#methodAsked,
      target: head instanceof RequestHead ? head.target : '',
      status: head instanceof RequestHead ? 0 : head.status,
      firstLine: this.#firstLine,
      version: head.version,
      fields: this.#fields,
      framing: 0,
      upgrades: false,
      forwarded: '',
      unchunked: false,
      start: headEnd - headBytes,
      headEnd,
      end: -1,
      data: '',
      dataEnd: headEnd,
    };
  }

  #finishHead(head: RequestHead | AnswerHead, open: CodecMessage): Refusal | undefined {
    const { bytes, base, end } = this.#reader;
    const { upstreamHost, traceParent, offersUpgrade = false, closes = false, unchunks = false } = this.#options;
    if (head instanceof RequestHead) {
      const refusal = head.finish(bytes, base, end);
      if (refusal !== undefined) return refusal;
      if (upstreamHost !== undefined) head.placeHost(upstreamHost);
      if (traceParent !== undefined) head.placeTraceParent(traceParent);
      open.framing = head.framing.ofRequest();
      open.upgrades = head.upgrades;
    } else {
      open.upgrades = head.status === 101;
      if (open.upgrades && !offersUpgrade) return { status: 502, text: 'an upgrade that nobody offered' };
      open.framing = head.framing.ofAnswer(head.status, this.#methodAsked);
      open.unchunked = unchunks && open.framing === 'chunked';
      const refusal = head.finish(bytes, base, end, closes || open.unchunked);
      if (refusal !== undefined) return refusal;
      if (open.unchunked) head.dropCoding();
      if (head.status >= 200) this.#answered++;
    }
    return undefined;
  }

  get #methodAsked(): string {
    const { methods = ['GET'] } = this.#options;
    return methods[Math.min(this.#answered, methods.length - 1)] ?? 'GET';
  }

  #takeBody(open: CodecMessage, piece: Buffer, from: number): number {
    const end = this.#body.read(piece, from, (bytes, start, stop) => {
      open.data += bytes.toString('latin1', start, stop);
      open.dataEnd = this.#before + stop;
    });
    if (end === REFUSED) this.refusal = this.#body.refusal;
    if (end < 0) return end;
    open.end = this.#before + end;
    this.#open = undefined;
    this.tunnel = open.upgrades;
    return end;
  }
}

const fieldOf = (bytes: Buffer, { nameFrom, nameTo, valueFrom, valueTo }: FieldPlace): [string, string] => [
  bytes.toString('latin1', nameFrom, nameTo),
  bytes.toString('latin1', valueFrom, valueTo),
];
