import { isPrivateName } from '../names.ts';

/** What one pass over the raw headers of a request has found. Values are as sent; names are compared without case. */
export interface RequestHead {
  /** Name, value, … for the upstream: the end-to-end headers, in their order and case. */
  forwarded: string[];
  /** Why this request can't be forwarded; undefined when it can. */
  refusal: Refusal | undefined;
  contentLength: number | undefined;
  chunked: boolean;
  host: string | undefined;
  origin: string | undefined;
  sessionId: string | undefined;
  traceParent: string | undefined;
  trailer: boolean;
  /** It is a `subscriptions/listen`, whose answer is a standing stream. */
  listens: boolean;
}

export interface Refusal {
  status: 400 | 403 | 417 | 431 | 501 | 503 | 505;
  text: string;
}

/** Node has the same limit, but some versions drop the fields beyond it and go on. */
const MAX_HEADER_FIELDS = 1_000;

/**
 * Separates the headers that go on from those meant for this hop (RFC 9110, 7.6.1), in one pass. `Host` and
 * `Content-Length` go on; undici writes them at a place of its own.
 */
export function readRequestHead(raw: readonly string[], httpVersion: string, keepHost: boolean): RequestHead {
  const head: RequestHead = {
    forwarded: [],
    refusal: undefined,
    contentLength: undefined,
    chunked: false,
    host: undefined,
    origin: undefined,
    sessionId: undefined,
    traceParent: undefined,
    trailer: false,
    listens: false,
  };
  const { forwarded } = head;
  let named: string | undefined;
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const value = raw[index + 1] ?? '';
    switch (name.length) {
      case 2:
        if (name.toLowerCase() === 'te') continue;
        break;
      case 4:
        if (name.toLowerCase() === 'host') {
          if (head.host !== undefined) head.refusal = { status: 400, text: 'more than one Host header' };
          head.host = value;
          if (!keepHost) continue;
        }
        break;
      case 6: {
        const lower = name.toLowerCase();
        if (lower === 'expect') continue;
        if (lower === 'origin') {
          if (head.origin !== undefined) head.refusal = { status: 400, text: 'more than one Origin header' };
          head.origin = value;
        }
        break;
      }
      case 7: {
        const lower = name.toLowerCase();
        if (lower === 'trailer') {
          head.trailer = true;
          continue;
        }
        if (lower === 'upgrade') {
          // An offer of HTTP/2 in the clear may be declined. Java's client makes it with every first request.
          if (!/^h2c$/i.test(value)) head.refusal = { status: 501, text: `Upgrade to '${value}' cannot be forwarded` };
          continue;
        }
        break;
      }
      case 10: {
        const lower = name.toLowerCase();
        if (lower === 'connection') {
          named = named === undefined ? value : `${named},${value}`;
          continue;
        }
        if (lower === 'keep-alive') continue;
        if (lower === 'mcp-method') head.listens = value === 'subscriptions/listen';
        break;
      }
      case 11:
        if (name.toLowerCase() === 'traceparent') head.traceParent = value;
        break;
      case 14: {
        const lower = name.toLowerCase();
        if (lower === 'mcp-session-id') head.sessionId = value;
        else if (lower === 'content-length') head.contentLength = Number(value);
        else if (lower === 'http2-settings') continue;
        break;
      }
      case 16:
        if (name.toLowerCase() === 'proxy-connection') continue;
        break;
      case 17:
        if (name.toLowerCase() === 'transfer-encoding') {
          head.chunked = true;
          if (value.toLowerCase() !== 'chunked') {
            head.refusal = { status: 501, text: `Transfer-Encoding '${value}' cannot be forwarded, only chunked` };
          } else if (httpVersion !== '1.1') {
            head.refusal = { status: 400, text: `Transfer-Encoding in HTTP/${httpVersion}` };
          }
          continue;
        }
        break;
      case 19:
        if (name.toLowerCase() === 'proxy-authorization') continue;
        break;
    }
    forwarded.push(name, value);
  }
  if (named !== undefined) dropNamed(forwarded, named);
  if (head.contentLength !== undefined && head.contentLength > Number.MAX_SAFE_INTEGER) {
    head.refusal = { status: 400, text: 'a Content-Length beyond what can be counted exactly' };
  }
  if (raw.length > 2 * MAX_HEADER_FIELDS) {
    head.refusal = { status: 431, text: `more than ${MAX_HEADER_FIELDS} header fields` };
  }
  return head;
}

/** Removes the headers that `Connection` names, but never those that identify the client, the session or the length. */
export function dropNamed(headers: string[], connection: string): void {
  if (connection === 'keep-alive' || connection === 'close' || connection === 'Keep-Alive') return;
  const names = new Set(connection.split(',').map((name) => name.trim().toLowerCase()));
  for (const kept of ['host', 'content-length', 'keep-alive', 'close', 'mcp-session-id', 'authorization'])
    names.delete(kept);
  for (let index = headers.length - 2; index >= 0; index -= 2) {
    if (names.has(headers[index]?.toLowerCase() ?? '')) headers.splice(index, 2);
  }
}

/**
 * Whether the client's own `Host` is sent on. An upstream nearby needs it to check for DNS rebinding and to build its
 * URLs. One behind a front that goes by names (a CDN, an ingress) needs the name that it answers to.
 */
export function keepsHost(setting: 'auto' | 'keep' | 'upstream', upstream: URL): boolean {
  return setting === 'keep' || (setting === 'auto' && isPrivateName(upstream.hostname));
}

export function hasHost(headers: readonly string[]): boolean {
  return headers.some((name, index) => index % 2 === 0 && name.toLowerCase() === 'host');
}

/** Adds our `traceparent`, or replaces the caller's with it. */
export function placeTraceParent(headers: string[], traceParent: string, replaces: boolean): void {
  if (!replaces) {
    headers.push('traceparent', traceParent);
    return;
  }
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index]?.toLowerCase() === 'traceparent') headers[index + 1] = traceParent;
  }
}

/** Headers that sign a body, or say how it is coded. Such a body must not be changed. */
const SEALS: ReadonlySet<string> = new Set([
  'content-encoding',
  'content-digest',
  'content-md5',
  'digest',
  'repr-digest',
  'signature',
  'signature-input',
]);

export function isSealed(headers: readonly string[]): boolean {
  return headers.some((name, index) => index % 2 === 0 && SEALS.has(name.toLowerCase()));
}

/** Corrects the length after we made the body longer. */
export function placeContentLength(headers: string[], length: number): void {
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index]?.toLowerCase() === 'content-length') headers[index + 1] = String(length);
  }
}
