import { textOf } from './grammar.ts';
import { STATUS_CODES } from 'node:http';
import { codeOf } from '../error-code.ts';
import { tlsFaultOf } from '../tls/tls-fault.ts';
import { upstreamFaultOf, type UpstreamFault } from '../upstream-fault.ts';
import type { CloseReason } from '../wire/wire-event.ts';

/** Why a request does not go on, for people. */
export interface Refusal {
  status: 400 | 403 | 404 | 408 | 431 | 501 | 502 | 503 | 504 | 505;
  text: string;
  /** Which server the request was for, where that is known. */
  server?: number;
}

/** A stream that would begin while mcpspan goes down. */
export const GOING_DOWN: Refusal = { status: 503, text: 'it is going down, and begins no stream any more' };

/** An answer of our own: one line of plain text, so that no client takes it for an answer of the server. */
export function answerOf({ status, text }: Refusal): string {
  const body = textOf(Buffer.from(`mcpspan: ${text}\n`));
  return (
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
    `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`
  );
}

/** Says, for people and for the observer, why no connection to the upstream could be opened. */
export function unreachable(error: Error, origin: string): Unreachable {
  const code = codeOf(error);
  const fault = upstreamFaultOf(code, error.message);
  if (code === CONNECT_TIMEOUT) {
    return {
      fault,
      reason: 'timeout',
      refusal: { status: 504, text: `the upstream ${origin} did not accept a connection in time` },
    };
  }
  const why = fault === undefined ? ` (${code})` : `: ${fault.what} (${code})`;
  return {
    fault,
    reason: 'upstream-unreachable',
    refusal: { status: 502, text: `the upstream ${origin} cannot be reached${why}` },
  };
}

export interface Unreachable {
  reason: CloseReason;
  refusal: Refusal;
  fault: UpstreamFault | undefined;
}

/** Whether a connection ended because the upstream does not accept our client certificate, or its absence. */
export const refusesClient = (error: Error): boolean =>
  tlsFaultOf(codeOf(error), error.message)?.lacks === 'client certificate';

const CONNECT_TIMEOUT = 'ERR_CONNECT_TIMEOUT';

export class ConnectTimeout extends Error {
  readonly code = CONNECT_TIMEOUT;
}
