import { STATUS_CODES } from 'node:http';
import { dropNamed } from './request-head.ts';

export interface AnswerHead {
  /** Name, value, …: the end-to-end headers, in their order and case. */
  headers: string[];
  /** -1 where there is none. */
  contentLength: number;
  eventStream: boolean;
}

/**
 * The head of an answer for the client. undici hands headers over as bytes, which are decoded here.
 * @param chunkable the body may be chunked: only such a body can have trailers.
 */
export function readAnswerHead(raw: readonly (Buffer | string)[], chunkable: boolean): AnswerHead {
  const headers: string[] = [];
  const head: AnswerHead = { headers, contentLength: -1, eventStream: false };
  let named: string | undefined;
  let trailer = -1;
  for (let index = 0; index < raw.length; index += 2) {
    const name = decode(raw[index]);
    const value = decode(raw[index + 1]);
    switch (name.length) {
      case 7: {
        const lower = name.toLowerCase();
        if (lower === 'upgrade') continue;
        if (lower === 'trailer') trailer = headers.length;
        break;
      }
      case 10: {
        const lower = name.toLowerCase();
        if (lower === 'connection') {
          named = named === undefined ? value : `${named},${value}`;
          continue;
        }
        if (lower === 'keep-alive') continue;
        break;
      }
      case 12:
        if (name.toLowerCase() === 'content-type') head.eventStream = value.toLowerCase().includes('text/event-stream');
        break;
      case 14:
        if (name.toLowerCase() === 'content-length') head.contentLength = Number(value);
        break;
      case 16:
        if (name.toLowerCase() === 'proxy-connection') continue;
        break;
      case 17:
        if (name.toLowerCase() === 'transfer-encoding') continue;
        break;
      case 18:
        if (name.toLowerCase() === 'proxy-authenticate') continue;
        break;
    }
    headers.push(name, value);
  }
  if (trailer >= 0 && (!chunkable || head.contentLength >= 0)) headers.splice(trailer, 2);
  if (named !== undefined) dropNamed(headers, named);
  return head;
}

/**
 * The reason phrase to send on. undici reads it as UTF-8, and when a status line comes in two segments it keeps only
 * the end of the phrase. In both cases the standard phrase takes its place.
 */
export function reasonPhrase(status: number, message: string | undefined): string {
  const standard = STATUS_CODES[status] ?? '';
  if (message === undefined || /[^\t\x20-\x7e]/.test(message)) return standard;
  return message !== '' && standard.endsWith(message) ? standard : message;
}

export const decode = (part: Buffer | string | undefined): string =>
  part === undefined ? '' : typeof part === 'string' ? part : part.toString('latin1');
