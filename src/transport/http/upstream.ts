import { connect as connectTcp, isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';
import type { Certificates } from '../tls/certificates.ts';
import { withUsualAuthorities } from '../tls/pem-files.ts';
import { Addresses, type LookUpAll } from './addresses.ts';

/** What a connection to the upstream over TLS needs. */
export type UpstreamCertificates = Pick<Certificates, 'authorities' | 'client'>;

/** A client or an upstream that vanished without a word is noticed after this time and some probes. */
export const TCP_KEEP_ALIVE_MS = 60_000;

/** So long one of several addresses may take, before the next is tried beside it. */
const NEXT_ADDRESS_MS = 250;
/** So long an address that was looked up before may take, before the name is looked up anew. */
const KNOWN_ADDRESS_MS = 1_000;

/** The server behind mcpspan: how to connect to it, and what to call it. */
export class Upstream {
  /** For people: scheme, host and port. */
  readonly origin: string;
  /** Goes on in place of the client's `Host`; undefined: that goes on. */
  readonly host: string | undefined;
  readonly connectTimeoutMs: number;
  readonly #address: TcpNetConnectOpts;
  readonly #addresses: Addresses;
  /** Sockets that connect to addresses which were looked up for earlier ones. */
  readonly #toKnown = new WeakSet<Socket>();
  /** The name to ask for over TLS; none where the upstream is an IP address. */
  readonly #serverName: string;
  /** Undefined: the upstream does not speak TLS. Made once, as that takes longer than a handshake. */
  #context: SecureContext | undefined;
  /** What the next connection resumes: that halves the cost of its handshake. */
  #session: Buffer | undefined;

  /** @param lookingUp asks the name server; absent: as the system does */
  constructor(
    url: URL,
    keepsHost: boolean,
    connectTimeoutMs: number,
    certificates: UpstreamCertificates,
    lookingUp?: LookUpAll,
  ) {
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
      autoSelectFamily: true,
      autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_MS,
    };
    this.#addresses = new Addresses(lookingUp);
    this.#serverName = isIP(host) === 0 ? host : '';
    if (tls) this.#context = contextOf(certificates);
  }

  /** Uses other certificates for the connections that come from now on. */
  renew(certificates: UpstreamCertificates): void {
    if (this.#context === undefined) return;
    this.#context = contextOf(certificates);
    this.#session = undefined;
  }

  /**
   * How long a connection may take to open.
   * @param leftMs until the client is told that it takes too long
   */
  patienceMs(socket: Socket, leftMs: number): number {
    return this.#toKnown.has(socket) ? Math.min(KNOWN_ADDRESS_MS, leftMs / 2) : leftMs;
  }

  /** Whether the upstream may be elsewhere by now than where a connection could not be opened. The next one looks. */
  mayHaveMoved(socket: Socket): boolean {
    return this.#toKnown.has(socket);
  }

  /** Opens a connection, whose half may be closed. `opened` is called when it can be written to. */
  connect(opened: () => void): Socket {
    const addresses = this.#addresses;
    let isKnown = false;
    // A socket asks at once.
    const lookup = addresses.lookup(() => {
      isKnown = true;
    });
    const socket = this.#connect({ ...this.#address, lookup }, opened);
    if (isKnown) this.#toKnown.add(socket);
    let isReached = false;
    socket.once('connect', () => {
      isReached = true;
      addresses.reached(socket.remoteAddress);
    });
    socket.on('connectionAttemptFailed', (address) => addresses.avoid(address));
    socket.on('connectionAttemptTimeout', (address) => addresses.avoid(address));
    socket.once('close', () => {
      if (!isReached) addresses.renew();
    });
    return socket;
  }

  #connect(address: TcpNetConnectOpts, opened: () => void): Socket {
    const context = this.#context;
    if (context === undefined) return connectTcp(address, opened);
    const session = this.#session;
    const socket = connectTls(
      {
        ...address,
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
