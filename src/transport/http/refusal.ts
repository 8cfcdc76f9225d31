import type { IncomingMessage, ServerResponse } from 'node:http';
import { endAfterAnswer } from './lingering-close.ts';
import type { CloseReason } from '../wire/wire-event.ts';

/** Answers with one line of plain text, so that no client takes it for an answer of the server. */
export function refuse(request: IncomingMessage, response: ServerResponse, status: number, text: string): void {
  const body = `mcpspan: ${text}\n`;
  response.sendDate = false;
  response.writeHead(status, [
    'Content-Type',
    'text/plain; charset=utf-8',
    'Content-Length',
    String(Buffer.byteLength(body)),
    'Connection',
    'close',
  ]);
  endAfterAnswer(request);
  response.end(body);
}

/** The connection was closed or reset. */
export const isConnectionLost = (error: Error): boolean =>
  'code' in error && (error.code === 'UND_ERR_SOCKET' || error.code === 'ECONNRESET' || error.code === 'EPIPE');

/** Says, for people and for the observer, why the upstream did not answer a request. */
export function explain(
  error: Error,
  upstream: URL,
  sent: boolean,
): { reason: CloseReason; status: number; text: string } {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  if (code === 'UND_ERR_CONNECT_TIMEOUT') {
    return {
      reason: 'timeout',
      status: 504,
      text: `the upstream ${upstream.origin} did not accept a connection in time`,
    };
  }
  if (code === 'UND_ERR_INVALID_ARG' || error instanceof TypeError) {
    // Nothing is known of the upstream.
    return { reason: 'complete', status: 400, text: `this request cannot be forwarded: ${error.message}` };
  }
  return sent
    ? {
        reason: 'upstream-failed',
        status: 502,
        text: `the upstream ${upstream.origin} broke off before it answered (${code})`,
      }
    : {
        reason: 'upstream-unreachable',
        status: 502,
        text: `the upstream ${upstream.origin} cannot be reached (${code})`,
      };
}
