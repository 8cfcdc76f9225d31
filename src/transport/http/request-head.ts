import { ConnectionField } from './connection-field.ts';
import { FramingFields } from './framing.ts';
import { isAll, isNamed, SPACE, TOKEN, VISIBLE, textOf } from './grammar.ts';
import { HeadEdits, keptLine, type Line } from './head-edits.ts';
import type { FieldPlace, HeadLines } from './head-reader.ts';
import type { Refusal } from './refusal.ts';

const ASTERISK = 0x2a;
const SLASH = 0x2f;
const VERSION_LENGTH = 'HTTP/1.1'.length;
/** The absolute form (RFC 9112, 3.2.2), without a user. */
const ABSOLUTE = /^(https?):\/\/([\w.~!$&'()*+,;=:[\]%-]+)(?:[/?].*)?$/i;

/** Headers that sign a body, or say how it is coded. */
const SEALS = /^(?:content-encoding|content-digest|content-md5|digest|repr-digest|signature|signature-input):/im;

const bad = (text: string): Refusal => ({ status: 400, text });
const NOT_A_REQUEST = bad('this is not well-formed HTTP/1.1: the first line is not that of a request');

/**
 * The head of one request: what mcpspan needs of it, and what of it does not go on (RFC 9110, 7.6.1). Values are as
 * sent; names are compared without case.
 */
export class RequestHead implements HeadLines {
  method = '';
  target = '';
  version = '1.1';
  readonly framing = new FramingFields();
  readonly connection = new ConnectionField();
  readonly edits = new HeadEdits();
  host: string | undefined;
  origin: string | undefined;
  sessionId: string | undefined;
  traceParent: string | undefined;
  /** It offers to go on in another protocol, and the offer goes on. */
  upgrades = false;
  /** The client may wait for an interim answer before it sends the body. */
  expects = false;
  /** Its answer is a standing stream. */
  standing = false;
  /** Where the value of `Host` stands, from and to, counted from the reader's base. */
  #hostFrom = 0;
  #hostTo = 0;
  #upgrades: Line[] | undefined;
  #offersHttp2 = false;
  /** Of a target in absolute form. */
  #authority: string | undefined;
  #defaultPort = ':80';
  /** Where values of `traceparent` stand, from and to, counted from the reader's base. */
  #traceParents: number[] | undefined;
  #contentLengthFrom = 0;
  #contentLengthTo = 0;

  onStartLine(bytes: Buffer, from: number, to: number): Refusal | undefined {
    const methodTo = bytes.indexOf(SPACE, from);
    const targetTo = to - VERSION_LENGTH - 1;
    if (methodTo === -1 || methodTo >= targetTo || bytes[targetTo] !== SPACE) return NOT_A_REQUEST;
    if (methodTo === from || !isAll(bytes, from, methodTo, TOKEN)) return NOT_A_REQUEST;
    const version = textOf(bytes, targetTo + 1, to);
    if (!/^HTTP\/\d\.\d$/.test(version)) return NOT_A_REQUEST;
    this.version = version.slice(5);
    if (this.version !== '1.1' && this.version !== '1.0') return { status: 505, text: `${version} is not spoken here` };
    this.method = textOf(bytes, from, methodTo);
    if (this.method === 'CONNECT') return { status: 501, text: 'CONNECT cannot be forwarded' };
    this.target = textOf(bytes, methodTo + 1, targetTo);
    return isAll(bytes, methodTo + 1, targetTo, VISIBLE) && this.#isTarget(bytes[methodTo + 1] ?? 0)
      ? undefined
      : bad('a request target that is none');
  }

  onField(bytes: Buffer, place: FieldPlace): Refusal | undefined {
    const { nameFrom, nameTo, valueFrom, valueTo } = place;
    const is = (name: string): boolean => isNamed(bytes, nameFrom, name);
    switch (nameTo - nameFrom) {
      case 2:
        if (is('te')) this.edits.drop(place);
        break;
      case 4:
        if (is('host')) return this.#takeHost(bytes, place);
        break;
      case 6:
        if (is('origin')) {
          if (this.origin !== undefined) return bad('more than one Origin header');
          this.origin = textOf(bytes, valueFrom, valueTo);
        } else if (is('accept')) {
          if (this.method === 'GET' && textOf(bytes, valueFrom, valueTo).includes('text/event-stream'))
            this.standing = true;
        } else if (is('expect')) this.expects = true;
        break;
      case 7:
        if (is('upgrade')) this.#takeUpgrade(bytes, place);
        break;
      case 10:
        if (is('connection')) this.connection.take(bytes, place);
        else if (is('keep-alive')) this.edits.drop(place);
        else if (is('mcp-method') && textOf(bytes, valueFrom, valueTo) === 'subscriptions/listen') this.standing = true;
        break;
      case 11:
        if (is('traceparent')) {
          this.traceParent = textOf(bytes, valueFrom, valueTo);
          (this.#traceParents ??= []).push(valueFrom - place.base, valueTo - place.base);
        }
        break;
      case 14:
        if (is('mcp-session-id')) this.sessionId = textOf(bytes, valueFrom, valueTo);
        else if (is('content-length')) {
          this.#contentLengthFrom = valueFrom - place.base;
          this.#contentLengthTo = valueTo - place.base;
          return this.framing.takeLength(bytes, valueFrom, valueTo);
        } else if (is('http2-settings')) this.edits.drop(place);
        break;
      case 16:
        if (is('proxy-connection')) this.edits.drop(place);
        break;
      case 17:
        if (is('transfer-encoding')) return this.framing.takeCoding(bytes, place);
        break;
      case 19:
        if (is('proxy-authorization')) this.edits.drop(place);
        break;
    }
    return undefined;
  }

  /** All lines have come. Returns why the request is refused. */
  finish(bytes: Buffer, base: number, end: number): Refusal | undefined {
    if (this.host === undefined) {
      if (this.version === '1.1') return bad('no Host header');
    } else if (this.#authority !== undefined && this.#plain(this.#authority) !== this.#plain(this.host)) {
      // A reader has to go by the target (RFC 9112, 3.2.2), and some go by Host.
      return bad('a Host header that is not the host of the target');
    }
    this.upgrades =
      this.#upgrades !== undefined && !this.#offersHttp2 && this.connection.upgrades && this.version === '1.1';
    if (!this.upgrades) for (const line of this.#upgrades ?? []) this.edits.drop(line);
    this.connection.edit(this.edits, bytes, base, end, this.upgrades);
    return this.framing.refusalIn(this.version);
  }

  /** Sends another `Host` on, in place of the client's. */
  placeHost(host: string): void {
    if (this.host === undefined) this.edits.add('Host', host);
    else this.edits.replace(this.#hostFrom, this.#hostTo, host);
  }

  /** Sends on another path in place of a part of the target. @param path `''` where nothing but `/` is left */
  placePath(from: number, to: number, path: string): void {
    const first = this.method.length + 1;
    const isWhole = path === '' && this.target[to] !== '/';
    this.edits.replace(first + from, first + to, isWhole ? '/' : path);
  }

  /** Adds our `traceparent`, or replaces the caller's with it. */
  placeTraceParent(traceParent: string): void {
    const places = this.#traceParents;
    if (places === undefined) this.edits.add('traceparent', traceParent);
    else {
      for (let index = 0; index < places.length; index += 2)
        this.edits.replace(places[index] ?? 0, places[index + 1] ?? 0, traceParent);
    }
  }

  /** Corrects the length after we made the body longer. */
  placeContentLength(length: number): void {
    this.edits.replace(this.#contentLengthFrom, this.#contentLengthTo, String(length));
  }

  /**
   * An offer of HTTP/2 in the clear does not go on: it may be declined, and mcpspan could not read what follows. Java's
   * client makes it with every first request.
   */
  #takeUpgrade(bytes: Buffer, place: FieldPlace): void {
    const { valueFrom, valueTo } = place;
    if (/\bh2c\b/i.test(textOf(bytes, valueFrom, valueTo))) this.#offersHttp2 = true;
    if (valueFrom === valueTo) this.edits.drop(place);
    else (this.#upgrades ??= []).push(keptLine(place));
  }

  #takeHost(bytes: Buffer, { base, valueFrom, valueTo }: FieldPlace): Refusal | undefined {
    if (this.host !== undefined) return bad('more than one Host header');
    this.host = textOf(bytes, valueFrom, valueTo);
    this.#hostFrom = valueFrom - base;
    this.#hostTo = valueTo - base;
    return undefined;
  }

  /** An authority as it can be compared. */
  #plain(authority: string): string {
    const lower = authority.toLowerCase();
    return lower.endsWith(this.#defaultPort) ? lower.slice(0, -this.#defaultPort.length) : lower;
  }

  /** A path, `*` for OPTIONS, or the absolute form (RFC 9112, 3.2). */
  #isTarget(first: number): boolean {
    if (first === SLASH) return true;
    if (first === ASTERISK) return this.target === '*' && this.method === 'OPTIONS';
    const [, scheme, authority] = ABSOLUTE.exec(this.target) ?? [];
    this.#defaultPort = scheme?.toLowerCase() === 'https' ? ':443' : ':80';
    this.#authority = authority;
    return this.#authority !== undefined;
  }
}

/** Whether the body is signed, or coded: such a body must not be changed. @param head its lines */
export const isSealed = (head: string): boolean => SEALS.test(head);
