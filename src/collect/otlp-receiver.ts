import { timingSafeEqual, createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { listenOn } from '../transport/listen.ts';
import type { Address } from '../transport/names.ts';
import { RESPONSE, STATUS } from './otlp-definitions.ts';
import { MalformedRequest, readSpans, type Encoding } from './read-spans.ts';
import type { ReceivedSpan } from './received-span.ts';

/** What became of the spans of a request. */
export interface Taken {
  /** Spans for which there was no room. */
  rejected: number;
}

export interface OtlpReceiverOptions {
  listen: Address;
  /** What senders have to send as `Authorization: Bearer TOKEN`; undefined: nobody has to. */
  token: string | undefined;
  take(spans: Iterable<ReceivedSpan>): Taken;
  /** There is no room now: senders are asked to come again. */
  isFull(): boolean;
  /** A request was refused. */
  onRefused(status: number): void;
}

export interface OtlpReceiver {
  port: number;
  close(): Promise<void>;
}

/** A Collector sends at most 8 192 spans at a time by default, some megabytes. */
const MAX_BODY_BYTES = 16_777_216;
const MAX_UNPACKED_BYTES = 67_108_864;
/** All bodies that are being received together. */
const MAX_BUFFERED_BYTES = 134_217_728;
const MAX_REQUEST_MS = 30_000;
const MAX_CONNECTIONS = 256;
const RETRY_AFTER_SECONDS = 5;
const PATH = '/v1/traces';

const unpack = promisify(gunzip);

/** A refusal as OTLP has it: its status, and a `google.rpc.Status` as body. */
class Refused extends Error {
  readonly status: number;
  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

/**
 * Receives traces by OTLP/HTTP: protobuf and JSON, plain and gzip. It answers as the specification says: 200 with a
 * partial success where spans were rejected; 400 for what can never be taken; 429 with `Retry-After` where there is no room.
 * Rejects when it can't listen.
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export async function startOtlpReceiver(options: OtlpReceiverOptions): Promise<OtlpReceiver> {
  let buffered = 0;
  const isAllowed = createGuard(options.token);

  const body = async (request: IncomingMessage): Promise<Buffer> => {
    const pieces: Buffer[] = [];
    let size = 0;
    try {
      for await (const piece of request as AsyncIterable<Buffer>) {
        size += piece.length;
        buffered += piece.length;
        if (size > MAX_BODY_BYTES) throw new Refused(413, `a request of more than ${MAX_BODY_BYTES} bytes`);
        if (buffered > MAX_BUFFERED_BYTES) throw new Refused(429, 'too much is being received at once');
        pieces.push(piece);
      }
      return Buffer.concat(pieces);
    } finally {
      buffered -= size;
    }
  };

  const handle = async (request: IncomingMessage, encoding: Encoding | undefined): Promise<Taken> => {
    if (request.url?.split('?')[0] !== PATH) throw new Refused(404, `only ${PATH} is received here`);
    if (request.method !== 'POST') throw new Refused(405, 'traces are sent with POST');
    if (!isAllowed(request)) throw new Refused(401, 'send the token of --otlp-token as Authorization: Bearer TOKEN');
    if (encoding === undefined) throw new Refused(415, 'send application/x-protobuf or application/json');
    if (options.isFull()) throw new Refused(429, 'there is no room for more spans now');
    const packed = await body(request);
    const coding = request.headers['content-encoding'] ?? 'identity';
    if (coding !== 'gzip' && coding !== 'identity') throw new Refused(415, `content coding ${coding} is not known`);
    try {
      const bytes = coding === 'gzip' ? await unpack(packed, { maxOutputLength: MAX_UNPACKED_BYTES }) : packed;
      return options.take(readSpans(bytes, encoding));
    } catch (error) {
      if (error instanceof MalformedRequest) throw new Refused(400, `this is no OTLP request: ${error.message}`);
      if (error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE')
        throw new Refused(413, `a request of more than ${MAX_UNPACKED_BYTES} bytes, unpacked`);
      if (error instanceof Error && 'code' in error && String(error.code).startsWith('Z_'))
        throw new Refused(400, 'its gzip cannot be unpacked');
      throw error;
    }
  };

  const server = createServer((request, response) => {
    const encoding = encodingOf(request.headers['content-type']);
    handle(request, encoding).then(
      (taken) => answer(response, encoding ?? 'json', taken),
      (error: unknown) => {
        const status = error instanceof Refused ? error.status : 500;
        options.onRefused(status);
        if (response.destroyed) return;
        refuse(response, encoding ?? 'json', status, error instanceof Error ? error.message : 'it failed');
      },
    );
  });
  server.requestTimeout = MAX_REQUEST_MS;
  server.maxConnections = MAX_CONNECTIONS;
  const port = await listenOn(server, options.listen);
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}

function encodingOf(contentType: string | undefined): Encoding | undefined {
  const media = contentType?.split(';')[0]?.trim().toLowerCase();
  if (media === 'application/x-protobuf') return 'protobuf';
  return media === 'application/json' ? 'json' : undefined;
}

/** Compares digests, so that the time tells nothing of the token. */
function createGuard(token: string | undefined): (request: IncomingMessage) => boolean {
  if (token === undefined) return () => true;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const wanted = digest(`Bearer ${token}`);
  return ({ headers }) => timingSafeEqual(digest(headers.authorization ?? ''), wanted);
}

function answer(response: ServerResponse, encoding: Encoding, { rejected }: Taken): void {
  const partial =
    rejected === 0
      ? {}
      : { partialSuccess: { rejectedSpans: rejected, errorMessage: 'there was no room for these spans' } };
  send(response, encoding, 200, encoding === 'json' ? partial : RESPONSE.encode(RESPONSE.fromObject(partial)).finish());
}

function refuse(response: ServerResponse, encoding: Encoding, status: number, message: string): void {
  if (status === 429) response.setHeader('retry-after', RETRY_AFTER_SECONDS);
  // What was not read of the request would be taken for the next one.
  response.setHeader('connection', 'close');
  const body = { code: 0, message };
  send(response, encoding, status, encoding === 'json' ? body : STATUS.encode(STATUS.fromObject(body)).finish());
}

function send(response: ServerResponse, encoding: Encoding, status: number, body: object | Uint8Array): void {
  const bytes = body instanceof Uint8Array ? body : Buffer.from(JSON.stringify(body));
  response.writeHead(status, {
    'content-type': encoding === 'json' ? 'application/json' : 'application/x-protobuf',
    'content-length': bytes.length,
  });
  response.end(bytes);
}
