import { connect as connectTcp, isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';
import type { Certificates } from '../tls/certificates.ts';
import { withUsualAuthorities } from '../tls/pem-files.ts';
import { createLookup } from './addresses.ts';

/** What a connection to the upstream over TLS needs. */
export type UpstreamCertificates = Pick<Certificates, 'authorities' | 'client'>;

/** A client or an upstream that vanished without a word is noticed after this time and some probes. */
export const TCP_KEEP_ALIVE_MS = 60_000;

/** The server behind mcpspan: how to connect to it, and what to call it. */
export class Upstream {
  /** For people: scheme, host and port. */
  readonly origin: string;
  /** Goes on in place of the client's `Host`; undefined: that goes on. */
  readonly host: string | undefined;
  readonly connectTimeoutMs: number;
  readonly #address: TcpNetConnectOpts;
  /** The name to ask for over TLS; none where the upstream is an IP address. */
  readonly #serverName: string;
  /** Undefined: the upstream does not speak TLS. Made once, as that takes longer than a handshake. */
  #context: SecureContext | undefined;
  /** What the next connection resumes: that halves the cost of its handshake. */
  #session: Buffer | undefined;

  constructor(url: URL, keepsHost: boolean, connectTimeoutMs: number, certificates: UpstreamCertificates) {
    this.origin = url.origin;
    this.host = keepsHost ? undefined : url.host;
    this.connectTimeoutMs = connectTimeoutMs;
    const tls = url.protocol === 'https:';
    const host = url.hostname.replace(/^\[|\]$/g, '');
    this.#address = {
      host,
      port: Number(url.port || (tls ? 443 : 80)),
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: TCP_KEEP_ALIVE_MS,
      allowHalfOpen: true,
      lookup: createLookup(),
    };
    this.#serverName = isIP(host) === 0 ? host : '';
    if (tls) this.#context = contextOf(certificates);
  }

  /** Uses other certificates for the connections that come from now on. */
  renew(certificates: UpstreamCertificates): void {
    if (this.#context === undefined) return;
    this.#context = contextOf(certificates);
    this.#session = undefined;
  }

  /** Opens a connection, whose half may be closed. `opened` is called when it can be written to. */
  connect(opened: () => void): Socket {
    const context = this.#context;
    if (context === undefined) return connectTcp(this.#address, opened);
    const session = this.#session;
    const socket = connectTls(
      {
        ...this.#address,
        servername: this.#serverName,
        ALPNProtocols: ['http/1.1'],
        secureContext: context,
        ...(session !== undefined && { session }),
      },
      opened,
    );
    socket.on('session', (next: Buffer) => {
      if (this.#context === context) this.#session = next;
    });
    return socket;
  }
}

const contextOf = ({ authorities, client }: UpstreamCertificates): SecureContext =>
  createSecureContext({ ...client, ...(authorities !== undefined && { ca: withUsualAuthorities(authorities) }) });
