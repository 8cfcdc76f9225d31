import { connect as connectTcp, isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { createLookup } from './addresses.ts';

/** A client or an upstream that vanished without a word is noticed after this time and some probes. */
export const TCP_KEEP_ALIVE_MS = 60_000;

/** The server behind mcpspan: how to connect to it, and what to call it. */
export class Upstream {
  /** For people: scheme, host and port. */
  readonly origin: string;
  /** Goes on in place of the client's `Host`; undefined: that goes on. */
  readonly host: string | undefined;
  readonly connectTimeoutMs: number;
  readonly #tls: boolean;
  readonly #address: TcpNetConnectOpts;
  /** The name to ask for over TLS; none where the upstream is an IP address. */
  readonly #serverName: string;

  constructor(url: URL, keepsHost: boolean, connectTimeoutMs: number) {
    this.origin = url.origin;
    this.host = keepsHost ? undefined : url.host;
    this.connectTimeoutMs = connectTimeoutMs;
    this.#tls = url.protocol === 'https:';
    const host = url.hostname.replace(/^\[|\]$/g, '');
    this.#address = {
      host,
      port: Number(url.port || (this.#tls ? 443 : 80)),
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
      allowHalfOpen: true,
      lookup: createLookup(),
    };
    this.#serverName = isIP(host) === 0 ? host : '';
  }

  /** Opens a connection, whose half may be closed. `opened` is called when it can be written to. */
  connect(opened: () => void): Socket {
    if (!this.#tls) return connectTcp(this.#address, opened);
    return connectTls({ ...this.#address, servername: this.#serverName, ALPNProtocols: ['http/1.1'] }, opened);
  }
}
