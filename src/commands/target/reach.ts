import type { Reply } from '../../simulator/wire.ts';

/** Why nothing came of a request, and what to do about it. */
export interface Obstacle {
  readonly what: string;
  readonly cure: string;
}

const CERTIFICATE_FAULTS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'a certificate in its chain is self-signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not signed by an authority that is known here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is not signed by an authority that is known here',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
};

/** What kept a request from being answered: by the code of the error, or of the one behind it. */
export function obstacleOf(error: Error, address: string): Obstacle {
  const code = codeOf(error);
  const certificate = CERTIFICATE_FAULTS[code];
  if (certificate !== undefined) {
    return {
      what: `${address}: TLS: ${certificate}`,
      cure: 'have it trusted with NODE_EXTRA_CA_CERTS=/path/to/ca.pem, or mend the certificate',
    };
  }
  switch (code) {
    case 'ECONNREFUSED':
      return { what: `${address}: nothing listens there`, cure: 'start the server, or mend the host or the port' };
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return { what: `${address}: the name is not known here`, cure: 'mend the name, or the DNS of this machine' };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return { what: `${address}: there is no way to it`, cure: 'look at the network, the VPN, the proxy' };
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return { what: `${address}: no connection in time`, cure: 'look for a firewall between here and there' };
    case 'TimeoutError':
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return { what: `${address}: no answer in time`, cure: 'look at what the server does meanwhile' };
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return {
        what: `${address}: the connection was cut before an answer`,
        cure: "look into the server's log; is it https where the URL says http?",
      };
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return { what: `${address}: it does not speak TLS`, cure: 'write http:// instead of https://' };
    default:
      return code.startsWith('HPE_')
        ? { what: `${address}: what answers does not speak HTTP/1.1 (${code})`, cure: 'mend the port' }
        : { what: `${address}: ${error.message} (${code})`, cure: 'see whether the server runs and is reachable' };
  }
}

/** An error's code, or that of what caused it; its name where there is none. */
export function codeOf(error: Error): string {
  for (let one: unknown = error; one instanceof Error; one = one.cause) {
    if ('code' in one && typeof one.code === 'string') return one.code;
    // Both families of addresses were tried.
    if (one instanceof AggregateError && one.errors[0] instanceof Error) return codeOf(one.errors[0]);
  }
  return error.name;
}

/** Why a handshake failed; undefined: it was answered with a result. */
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
        cure: 'the credential may not do this, or the server does not accept this Host or Origin',
      };
    case 404:
      return { what: answered, cure: 'mend the path: most servers are at /mcp' };
    case 405:
    case 406:
    case 415:
      return {
        what: answered,
        cure: 'mend the path: this one is no Streamable HTTP endpoint (HTTP+SSE of 2024-11-05 cannot be tested)',
      };
    case 421:
      return { what: answered, cure: 'the server does not accept this Host: use one of its own names in the URL' };
    case 429:
      return { what: answered, cure: 'wait, or raise the limit for this client' };
    default:
      return status >= 300 && status < 400
        ? { what: `${url} redirects to ${String(reply.headers['location'])}`, cure: 'use that URL' }
        : { what: answered, cure: status >= 500 ? "look into the server's log" : 'see whether this is an MCP server' };
  }
}

const MAX_SAYING_CHARS = 160;

/** The error's message of an answer, or how its text begins; on one line. */
export function sayingOf(reply: Extract<Reply, { kind: 'answered' }>): string {
  const error = reply.message?.['error'];
  const said =
    typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string'
      ? error.message
      : (reply.text ?? '').replace(/<[^>]*>/g, ' ');
  const line = said.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length > MAX_SAYING_CHARS ? `${line.slice(0, MAX_SAYING_CHARS)}…` : line;
}
