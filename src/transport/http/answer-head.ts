import { ConnectionField } from './connection-field.ts';
import { FramingFields } from './framing.ts';
import { isNamed, textOf } from './grammar.ts';
import { HeadEdits, keptLine, type Line } from './head-edits.ts';
import type { FieldPlace, HeadLines } from './head-reader.ts';
import type { Refusal } from './refusal.ts';

const bad = (text: string): Refusal => ({ status: 502, text });
const NOT_AN_ANSWER = bad('the first line is not that of an answer');
/** For llhttp the connection then stays in HTTP (RFC 9110, 7.8). */
const NO_PROTOCOL = bad('an upgrade that names no protocol');
/** `HTTP/1.1 200`, with a reason phrase after a space, an empty one, or none (RFC 9112, 4). */
const STATUS_LINE = /^HTTP\/(1\.[01]) ([1-9]\d\d)(?: |$)/;

/** The head of one answer: what mcpspan needs of it, and what of it does not go on (RFC 9110, 7.6.1). */
export class AnswerHead implements HeadLines {
  status = 0;
  version = '1.1';
  eventStream = false;
  readonly framing = new FramingFields();
  readonly connection = new ConnectionField();
  readonly edits = new HeadEdits();
  /** The line of `Transfer-Encoding`. */
  #coding: Line | undefined;
  /** It names the protocol in which the connection goes on. */
  #upgrades = false;
  #upgradeLines: Line[] | undefined;

  onStartLine(bytes: Buffer, from: number, to: number): Refusal | undefined {
    const [, version, status] = STATUS_LINE.exec(textOf(bytes, from, Math.min(to, from + 13))) ?? [];
    if (version === undefined) return NOT_AN_ANSWER;
    this.version = version;
    this.status = Number(status);
    return undefined;
  }

  onField(bytes: Buffer, place: FieldPlace): Refusal | undefined {
    const { nameFrom, nameTo, valueFrom, valueTo } = place;
    const is = (name: string): boolean => isNamed(bytes, nameFrom, name);
    switch (nameTo - nameFrom) {
      case 7:
        if (is('upgrade')) {
          if (valueTo > valueFrom) this.#upgrades = true;
          (this.#upgradeLines ??= []).push(keptLine(place));
        }
        break;
      case 10:
        if (is('connection')) this.connection.take(bytes, place);
        else if (is('keep-alive')) this.edits.drop(place);
        break;
      case 12:
        if (is('content-type'))
          this.eventStream = textOf(bytes, valueFrom, valueTo).toLowerCase().includes('text/event-stream');
        break;
      case 14:
        if (is('content-length')) return this.framing.takeLength(bytes, valueFrom, valueTo);
        break;
      case 16:
        if (is('proxy-connection')) this.edits.drop(place);
        break;
      case 17:
        if (is('transfer-encoding')) {
          this.#coding = keptLine(place);
          return this.framing.takeCoding(bytes, place);
        }
        break;
      case 18:
        if (is('proxy-authenticate')) this.edits.drop(place);
        break;
    }
    return undefined;
  }

  /**
   * All lines have come. Returns what is wrong with it.
   * @param closes the client's connection closes after it
   */
  finish(bytes: Buffer, base: number, end: number, closes: boolean): Refusal | undefined {
    const upgrades = this.status === 101 || this.status === 426;
    if (this.status === 101 && !(this.#upgrades && this.connection.upgrades)) return NO_PROTOCOL;
    if (!upgrades) for (const line of this.#upgradeLines ?? []) this.edits.drop(line);
    if (closes && this.status >= 200) this.connection.close(this.edits);
    this.connection.edit(this.edits, bytes, base, end, upgrades);
    return this.framing.refusalIn(this.version, this.status);
  }

  /** The body goes on without its chunks. */
  dropCoding(): void {
    if (this.#coding !== undefined) this.edits.drop(this.#coding);
  }
}
