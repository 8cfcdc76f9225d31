import type { Reply } from '../../simulator/wire.ts';
import { codeOf } from '../../transport/error-code.ts';
import { CLIENT_CERTIFICATE, tlsFaultOf } from '../../transport/tls/tls-fault.ts';
import { upstreamFaultOf } from '../../transport/upstream-fault.ts';

/** Why a request failed, and what to do about it. */
export interface Obstacle {
  readonly what: string;
  readonly cure: string;
}

/** Why a request got no answer, by the code of the error or of its cause. */
export function obstacleOf(error: Error, address: string): Obstacle {
  const code = codeOf(error);
  const fault = upstreamFaultOf(code, reasonOf(error));
  if (fault !== undefined) {
    const protocol = tlsFaultOf(code, reasonOf(error)) === undefined ? '' : 'TLS: ';
    return { what: `${address}: ${protocol}${fault.what}`, cure: fault.cure };
  }
  switch (code) {
    case 'TimeoutError':
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return { what: `${address}: no answer in time`, cure: 'check what keeps the server busy' };
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return {
        what: `${address}: the connection was cut before an answer`,
        // In TLS 1.3 a server refuses a certificate after the handshake, of which undici tells no more than the end.
        cure: address.startsWith('https:')
          ? `read the server's log; if it wants a client certificate, ${CLIENT_CERTIFICATE}`
          : "read the server's log; does it speak https where the URL says http?",
      };
    default:
      return code.startsWith('HPE_')
        ? { what: `${address}: the answer is not HTTP/1.1 (${code})`, cure: 'correct the port' }
        : { what: `${address}: ${error.message} (${code})`, cure: 'check that the server runs and can be reached' };
  }
}

/** The message of what is behind an error. */
const reasonOf = ({ message, cause }: Error): string => (cause instanceof Error ? cause.message : message);

/** Why a handshake failed; undefined: it succeeded. */
export function refusalOf(reply: Reply, url: string): Obstacle | undefined {
  if (reply.kind === 'unreachable') return obstacleOf(reply.error, new URL(url).origin);
  const { status, message } = reply;
  if (message !== undefined && 'result' in message && status < 400) return undefined;
  const said = sayingOf(reply);
  const answered = `${url} answered HTTP ${status}${said === '' ? '' : `: ${said}`}`;
  switch (status) {
    case 401:
      return {
        what: `it asks for authorization (HTTP 401)`,
        cure: "give --header 'Authorization: Bearer TOKEN'",
      };
    case 403:
      return {
        what: answered,
        cure: 'the credential lacks permission, or the server does not accept this Host or Origin',
      };
    case 404:
      return { what: answered, cure: 'correct the path: most servers are at /mcp' };
    case 405:
    case 406:
    case 415:
      return {
        what: answered,
        cure: 'correct the path: this is no Streamable HTTP endpoint (HTTP+SSE of 2024-11-05 cannot be tested)',
      };
    case 421:
      return { what: answered, cure: 'the server does not accept this Host: use one of its own names in the URL' };
    case 429:
      return { what: answered, cure: 'wait, or raise the limit for this client' };
    default:
      return status >= 300 && status < 400
        ? { what: `${url} redirects to ${String(reply.headers['location'])}`, cure: 'use that URL' }
        : { what: answered, cure: status >= 500 ? "read the server's log" : 'check that this is an MCP server' };
  }
}

const MAX_SAYING_CHARS = 160;

/** The error message of an answer, or the beginning of its text, on one line. */
export function sayingOf(reply: Extract<Reply, { kind: 'answered' }>): string {
  const error = reply.message?.['error'];
  const said =
    typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string'
      ? error.message
      : (reply.text ?? '').replace(/<[^>]*>/g, ' ');
  const line = said.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length > MAX_SAYING_CHARS ? `${line.slice(0, MAX_SAYING_CHARS)}…` : line;
}
