import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type ServerResponse } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { buildConnector, Pool, type Dispatcher } from 'undici';
import { UpstreamConnection, type UpstreamRequest } from './upstream-connection.ts';

/** With more streams among them, the search for a free connection in the pool of calls would take long. */
const MAX_LENT = 16;
/** So long an unused connection is kept, as by undici. */
const IDLE_MS = 4_000;

export interface PoolOptions {
  connectTimeoutSeconds: number;
  /** Of an answer's head. */
  maxHeaderBytes: number;
}

/** The connections to the upstream: of calls, of uploads, and of standing streams, of which there may be thousands. */
export class Pools {
  readonly connectTimeoutMs: number;
  /** The name to ask for over TLS; undefined where the upstream is an IP address. */
  readonly serverName: string | undefined;
  readonly #calls: Pool;
  readonly #streams: Pool;
  readonly #uploads: HttpAgent | HttpsAgent;
  readonly #upstream: URL;
  readonly #host: string;
  readonly #options: PoolOptions;
  readonly #connect: buildConnector.connector;
  #lent = 0;

  constructor(upstream: URL, options: PoolOptions) {
    this.#upstream = upstream;
    this.#options = options;
    this.#host = upstream.hostname.replace(/^\[|\]$/g, '');
    this.serverName = isIP(this.#host) === 0 ? this.#host : undefined;
    this.connectTimeoutMs = options.connectTimeoutSeconds * 1_000;
    this.#connect = buildConnector({ timeout: this.connectTimeoutMs, allowH2: false });
    this.#calls = this.#pool();
    this.#streams = this.#pool();
    const Agent = upstream.protocol === 'https:' ? HttpsAgent : HttpAgent;
    this.#uploads = new Agent({ keepAlive: true, timeout: IDLE_MS });
  }

  /**
   * Chooses the pool for a request. A stream takes an open connection from the calls, if one is free: while a new one
   * is being opened, the client's next request would overtake the stream, and the server's first messages would be
   * lost.
   * @param answer returns a connection that was lent to a stream when it closes
   */
  for(standing: boolean, answer: ServerResponse): Dispatcher {
    if (!standing) return this.#calls;
    if (this.#lent >= MAX_LENT || this.#calls.stats.free === 0) return this.#streams;
    this.#lent++;
    answer.once('close', () => this.#lent--);
    return this.#calls;
  }

  /** Sends a request on a connection of its own. */
  sendAlone(request: UpstreamRequest, handler: Dispatcher.DispatchHandler): void {
    const connection = this.#connection(this.#upstream);
    connection.dispatch(request, handler);
    void connection.close();
  }

  /**
   * Opens a request whose body is still to be written; its answer may come before that.
   * @param headers name, value, …, with the fields that frame the body
   * @throws TypeError when it can't be sent
   */
  upload(method: string, target: string, headers: readonly string[]): ClientRequest {
    const request = this.#upstream.protocol === 'https:' ? httpsRequest : httpRequest;
    return request({
      agent: this.#uploads,
      host: this.#host,
      port: this.#upstream.port,
      // With an empty name Node sends none; without a name it makes one of `Host`.
      servername: this.serverName ?? '',
      method,
      path: target,
      headers,
      maxHeaderSize: this.#options.maxHeaderBytes,
      insecureHTTPParser: false,
    });
  }

  async destroy(): Promise<void> {
    this.#uploads.destroy();
    await Promise.all([this.#calls.destroy(), this.#streams.destroy()]);
  }

  #pool(): Pool {
    return new Pool(this.#upstream.origin, { allowH2: false, factory: (origin) => this.#connection(origin) });
  }

  #connection(origin: URL): UpstreamConnection {
    const options = {
      // Over HTTP/2, which some upstreams prefer, undici hands over no raw headers.
      allowH2: false,
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: this.#options.maxHeaderBytes,
    };
    return new UpstreamConnection(origin, options, this.#connect);
  }
}
