import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type ServerResponse } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { isIP } from 'node:net';
import { buildConnector, Pool, type Dispatcher } from 'undici';
import { UpstreamConnection, type UpstreamRequest } from './upstream-connection.ts';

/** Beyond these a search for a free connection among the calls' would become long. */
const MAX_LENT = 16;
/** The same as undici's. */
const IDLE_MS = 4_000;

export interface PoolOptions {
  connectTimeoutSeconds: number;
  /** Of an answer's head. */
  maxHeaderBytes: number;
}

/** The connections to the upstream: of calls, of uploads, and of standing streams, of which there may be thousands. */
export class Pools {
  readonly connectTimeoutMs: number;
  /** For TLS; undefined: the upstream is an address, which has none. */
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
   * A stream takes a connection that is open already, if calls have one to spare: while a new one is being opened, the
   * client's next request would overtake it, and what the server says on that stream at once would be lost.
   * @param answer once it is closed, what was lent is free again
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
   * A request whose body is written while its answer may come already.
   * @param headers name, value, …, those that frame the body among them
   * @throws TypeError when it can't be sent
   */
  upload(method: string, target: string, headers: readonly string[]): ClientRequest {
    const request = this.#upstream.protocol === 'https:' ? httpsRequest : httpRequest;
    return request({
      agent: this.#uploads,
      host: this.#host,
      port: this.#upstream.port,
      // Empty: no name is sent, not even one that Node makes of `Host`.
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
      // An upstream that prefers HTTP/2 would get it, and undici then hands over no raw headers.
      allowH2: false,
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: 0,
      maxHeaderSize: this.#options.maxHeaderBytes,
    };
    return new UpstreamConnection(origin, options, this.#connect);
  }
}
