import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Pool, type Dispatcher } from 'undici';
import { announce } from './announce.ts';

/*
 * The reference: an HTTP/1.1 relay in Node that does as little as possible, as fast as possible. It forwards small
 * bodies in one piece, and headers as raw lists without hop-by-hop headers. It observes, checks and refuses nothing.
 */

const upstream = process.argv[2];
if (upstream === undefined) throw new Error('usage: node bench/pipe.ts ORIGIN');
const pool = new Pool(upstream, { pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });

const HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'te', 'trailer', 'upgrade', 'expect']);
const MAX_HOP_NAME_LENGTH = 'transfer-encoding'.length;

const isHop = (name: string): boolean => name.length <= MAX_HOP_NAME_LENGTH && HOP.has(name.toLowerCase());

class Answer implements Dispatcher.DispatchHandler {
  readonly #response: ServerResponse;
  #length = -1;
  #headSent = false;
  #abort: (() => void) | undefined;

  constructor(response: ServerResponse) {
    this.#response = response;
    response.on('close', () => {
      if (!response.writableFinished) this.#abort?.();
    });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#abort = () => controller.abort(new Error('the client left'));
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    _headers: unknown,
    message?: string,
  ): void {
    if (status < 200) return;
    // undici's type allows parsed headers; an HTTP/1.1 dispatch gives the flat list of buffers.
    const raw = (controller.rawHeaders ?? []) as Buffer[];
    const headers: string[] = [];
    for (let index = 0; index < raw.length; index += 2) {
      const name = raw[index]?.toString('latin1') ?? '';
      if (isHop(name)) continue;
      const value = raw[index + 1]?.toString('latin1') ?? '';
      if (name.length === 14 && name.toLowerCase() === 'content-length') this.#length = Number(value);
      headers.push(name, value);
    }
    const response = this.#response;
    response.sendDate = false;
    response.writeHead(status, message ?? '', headers);
    // The head waits until the end of this tick for the body, so that both leave in one piece.
    process.nextTick(flush, this);
  }

  flush(): void {
    if (!this.#headSent) this.#response.flushHeaders();
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const response = this.#response;
    this.#headSent = true;
    if (chunk.length === this.#length) response.end(chunk);
    else if (!response.write(chunk)) {
      controller.pause();
      response.once('drain', () => controller.resume());
    }
  }

  onResponseEnd(): void {
    this.#headSent = true;
    if (!this.#response.writableEnded) this.#response.end();
  }

  onResponseError(): void {
    this.#response.destroy();
  }
}

function flush(answer: Answer): void {
  answer.flush();
}

function forward(request: IncomingMessage, response: ServerResponse, body: Buffer | null): void {
  const raw = request.rawHeaders;
  const headers: string[] = [];
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? '';
    if (!isHop(name)) headers.push(name, raw[index + 1] ?? '');
  }
  pool.dispatch(
    // undici sends any method that arrives; its type names only the usual methods.
    { path: request.url ?? '/', method: request.method as Dispatcher.HttpMethod, headers, body },
    new Answer(response),
  );
}

const server = createServer({ requestTimeout: 0, keepAliveTimeout: 75_000, noDelay: true }, (request, response) => {
  if (request.method === 'GET') {
    forward(request, response, null);
    return;
  }
  let body: Buffer | undefined;
  request.on('data', (piece: Buffer) => {
    body = body === undefined ? piece : Buffer.concat([body, piece]);
  });
  request.on('end', () => forward(request, response, body ?? null));
});

announce(server);
