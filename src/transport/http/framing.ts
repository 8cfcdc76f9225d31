import { isNamed, TAB, textOf } from './grammar.ts';
import type { FieldPlace } from './head-reader.ts';
import type { Refusal } from './refusal.ts';

/** How a body ends. A length counts bytes. */
export type Framing = number | 'chunked' | 'until-close';

const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;

const bad = (text: string): Refusal => ({ status: 400, text });

/** What the fields of one head say of the length of its body (RFC 9112, 6). Any doubt is a refusal. */
export class FramingFields {
  /** -1: there is no `Content-Length`. */
  length = -1;
  chunked = false;

  takeLength(bytes: Buffer, from: number, to: number): Refusal | undefined {
    if (this.length >= 0) return bad('more than one Content-Length');
    if (from === to) return bad('an empty Content-Length');
    let length = 0;
    for (let at = from; at < to; at++) {
      const digit = bytes[at] ?? 0;
      if (digit < DIGIT_0 || digit > DIGIT_9) return bad('a Content-Length that is not a number');
      length = length * 10 + digit - DIGIT_0;
      if (length > Number.MAX_SAFE_INTEGER) return bad('a Content-Length beyond what can be counted exactly');
    }
    this.length = length;
    return this.chunked ? BOTH : undefined;
  }

  takeCoding(bytes: Buffer, { nameTo, valueFrom: from, valueTo: to, lineTo }: FieldPlace): Refusal | undefined {
    if (this.chunked) return bad('more than one Transfer-Encoding');
    // Readers differ in whether a tab is white space here. The RFC allows it, llhttp does not after the value.
    if (bytes.subarray(nameTo, lineTo).includes(TAB)) return bad('a tab beside the value of Transfer-Encoding');
    if (to - from !== 7 || !isNamed(bytes, from, 'chunked')) {
      const coding = textOf(bytes, from, to);
      return { status: 501, text: `Transfer-Encoding '${coding}' cannot be forwarded, only chunked` };
    }
    this.chunked = true;
    return this.length >= 0 ? BOTH : undefined;
  }

  /**
   * Where readers differ in whether these fields count: in HTTP/1.0, which knows no coding (RFC 9112, 6.1), and in an
   * interim answer, which has no body (RFC 9112, 6.3), though some readers take what it says.
   * @param status of an answer
   */
  refusalIn(version: string, status = 200): Refusal | undefined {
    if (this.chunked && version === '1.0') return bad('Transfer-Encoding in HTTP/1.0');
    return status < 200 && (this.chunked || this.length > 0) ? bad('an interim answer with a body') : undefined;
  }

  ofRequest(): number | 'chunked' {
    if (this.chunked) return 'chunked';
    return Math.max(0, this.length);
  }

  /** RFC 9112, 6.3. */
  ofAnswer(status: number, toMethod: string): Framing {
    if (toMethod === 'HEAD' || status < 200 || status === 204 || status === 304) return 0;
    if (this.chunked) return 'chunked';
    return this.length >= 0 ? this.length : 'until-close';
  }
}

const BOTH = bad('a Content-Length beside a Transfer-Encoding');
