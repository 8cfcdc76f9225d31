import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createAdmission } from './admission.ts';
import { Exchange, type RelayContext } from './exchange.ts';
import { closeLingering, drop, dropBody, isEnding } from './lingering-close.ts';
import { keepsHost, readRequestHead, type Refusal } from './request-head.ts';
import { SpanChooser, type PropagationOptions } from '../trace/span-chooser.ts';
import { refuse } from './refusal.ts';
import { tellRefused } from './refused.ts';
import { listenOn } from '../listen.ts';
import { RingWriter, type SharedRing } from '../wire/ring-writer.ts';
import { Slots } from '../wire/slots.ts';
import { Pools } from './pools.ts';

/** Plain data and shared memory, as a relay may run on a thread of its own. */
export interface RelayOptions {
  /** A URL. Only its origin is used. */
  upstream: string;
  listen: { host: string; port: number };
  /** Several relays share the port (Linux). */
  reusePort: boolean;
  upstreamHost: 'auto' | 'keep' | 'upstream';
  allowHost: readonly string[];
  allowOrigin: readonly string[];
  connectTimeoutSeconds: number;
  maxMessageBytes: number;
  propagation: PropagationOptions;
  /** `traceparent` is written into `params._meta` too. */
  intoMeta: boolean;
  ring: SharedRing;
  /** Somebody reads the copies. Otherwise none are made. */
  observed: boolean;
}

export interface Relay {
  port: number;
  /** Stops accepting, ends standing streams, and waits at most so long for calls. Resolves when all is closed. */
  drain(milliseconds: number): Promise<void>;
}

/** Longer than the usual idle time of load balancers, so that they are the ones to close. */
const KEEP_ALIVE_MS = 75_000;
const HEAD_MS = 60_000;
/** A client that vanished without a word is noticed after this time and some probes, as an upstream is. */
const TCP_KEEP_ALIVE_MS = 60_000;
const IDLE_CHECK_MS = 20;
const MAX_HEADER_BYTES = 65_536;

/** Listens, and forwards what comes. Rejects when it can't listen on the address. */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const { listen } = options;
  const upstream = new URL(options.upstream);
  const context: RelayContext = {
    ring: new RingWriter(options.ring),
    observed: options.observed,
    slots: new Slots(),
    chooser: new SpanChooser(options.propagation),
    upstream,
    pools: new Pools(upstream, {
      connectTimeoutSeconds: options.connectTimeoutSeconds,
      maxHeaderBytes: MAX_HEADER_BYTES,
    }),
    maxMessageBytes: options.maxMessageBytes,
    intoMeta: options.intoMeta,
  };
  const keepHost = keepsHost(options.upstreamHost, upstream);
  const refusalOf = createAdmission({
    listeningOn: listen.host,
    allowHost: options.allowHost,
    allowOrigin: options.allowOrigin,
  });
  const standing = new Set<Exchange>();
  const current = new WeakMap<Socket, Exchange>();
  /** Connections without a request so far. Node takes them for busy. */
  const unused = new Set<Socket>();
  let draining = false;

  const server = createServer(
    {
      requestTimeout: 0,
      // Must be given: Node takes the smaller of the two by default, and 0 means none.
      headersTimeout: HEAD_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: MAX_HEADER_BYTES,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
      // Must hold whatever NODE_OPTIONS says: what one parser forgives, the next reads as something else.
      insecureHTTPParser: false,
      // A missing Host is answered below, in our own words.
      requireHostHeader: false,
    },
    (request: IncomingMessage, response: ServerResponse) => {
      if (dropAtEnd(request)) return;
      const head = readRequestHead(request.rawHeaders, request.httpVersion, keepHost);
      unused.delete(request.socket);
      const standingStream = head.listens || (request.method === 'GET' && acceptsStream(request));
      const refusal =
        head.refusal ??
        versionRefusal(request, head.host) ??
        refusalOf(head) ??
        (draining && standingStream ? GOING_DOWN : undefined);
      if (refusal !== undefined) {
        tellRefused(context, refusal.status);
        refuse(request, response, refusal.status, refusal.text);
        return;
      }
      if (head.trailer) context.ring.trailersDropped();
      if (draining) response.shouldKeepAlive = false;
      const exchange = new Exchange(context, request, response, head);
      current.set(request.socket, exchange);
      if (standingStream) {
        standing.add(exchange);
        response.once('close', () => standing.delete(exchange));
      }
      exchange.start();
    },
  );
  // No limit here: some versions of Node drop the fields beyond it and go on. Ours is in `request-head.ts`.
  server.maxHeadersCount = 0;
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    if (dropAtEnd(request)) return;
    tellRefused(context, 417);
    refuse(request, response, 417, `Expect '${request.headers.expect}' cannot be forwarded`);
  });
  server.on('connection', (socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  server.on('clientError', (error, socket: Socket) => {
    const status = answerBadRequest(error, socket, current.get(socket));
    if (status !== undefined) tellRefused(context, status);
  });
  server.on('connect', (_request, socket) => {
    socket.on('data', (piece: Buffer) => drop(socket, piece.length));
    tellRefused(context, 501);
    answerAtEnd(socket, 501, 'Not Implemented', 'CONNECT cannot be forwarded');
  });
  const port = await listenOn(server, { ...listen, reusePort: options.reusePort });
  return {
    port,
    drain: async (milliseconds) => {
      draining = true;
      const closed = closing(server);
      for (const exchange of standing) exchange.endStream();
      for (const socket of unused) socket.destroy();
      const deadline = setTimeout(() => server.closeAllConnections(), milliseconds);
      // A connection whose call ends meanwhile is kept alive, as nothing told it otherwise.
      const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
      await closed;
      clearTimeout(deadline);
      clearInterval(idle);
      await context.pools.destroy();
    },
  };
}

function closing(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}

/** Drops a request on a connection that ends: it came with one that was refused, or is a part of its body. */
function dropAtEnd(request: IncomingMessage): boolean {
  if (!isEnding(request.socket)) return false;
  dropBody(request);
  return true;
}

const GOING_DOWN: Refusal = { status: 503, text: 'it is going down, and begins no stream any more' };

const acceptsStream = (request: IncomingMessage): boolean =>
  request.headers.accept?.includes('text/event-stream') === true;

function versionRefusal(request: IncomingMessage, host: string | undefined): Refusal | undefined {
  if (request.httpVersion === '1.0') return undefined;
  if (request.httpVersion !== '1.1') return { status: 505, text: `HTTP/${request.httpVersion} is not spoken here` };
  return host === undefined ? { status: 400, text: 'no Host header' } : undefined;
}

/** Ends a connection with an answer of ours, written by hand, as node:http has no response for it. */
function answerAtEnd(socket: Duplex, status: number, phrase: string, text: string): void {
  closeLingering(
    socket,
    `HTTP/1.1 ${status} ${phrase}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(text) + 10}\r\nConnection: close\r\n\r\nmcpspan: ${text}\n`,
  );
}

/**
 * Answers what the parser refused. Nothing of it was forwarded, unless the fault is in a body that was streamed. Returns
 * the status of the answer; undefined: there is none.
 */
function answerBadRequest(
  error: NodeJS.ErrnoException,
  socket: Socket,
  exchange: Exchange | undefined,
): number | undefined {
  // The parser still reads a connection that ends. Its errors mean nothing then.
  if (isEnding(socket)) {
    drop(socket, 'rawPacket' in error && error.rawPacket instanceof Buffer ? error.rawPacket.length : 0);
    return undefined;
  }
  if (error.code === 'ECONNRESET' || !socket.writable || exchange?.answering === true) {
    socket.destroy();
    return undefined;
  }
  exchange?.abandon();
  const [status, phrase, text] = refusalOfParser(error);
  answerAtEnd(socket, status, phrase, text);
  return status;
}

function refusalOfParser(error: NodeJS.ErrnoException): [status: number, phrase: string, text: string] {
  if (error.code === 'HPE_HEADER_OVERFLOW')
    return [431, 'Request Header Fields Too Large', `headers of more than ${MAX_HEADER_BYTES} bytes`];
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return [408, 'Request Timeout', 'the request head did not arrive in time'];
  return [400, 'Bad Request', `this is not well-formed HTTP/1.1 (${error.code ?? error.message})`];
}
