import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { Identity } from '../tls/pem-files.ts';
import { TCP_KEEP_ALIVE_MS } from './upstream.ts';

/** So long a client may take for the TLS handshake. */
const MAX_HANDSHAKE_MS = 30_000;

/** What a listener that speaks TLS needs. */
export interface ListenerTls {
  identity: Identity;
  /** 48 random bytes, the same for all threads, so that each takes up the TLS sessions of the others. */
  ticketKeys: Uint8Array;
}

export interface Listener {
  readonly server: Server;
  /** Shows another certificate to the connections that come from now on. */
  renew(identity: Identity): void;
  /** Cuts what is no connection yet. */
  cutHandshakes(): void;
}

/** The TCP connections beneath those that speak TLS. */
const BENEATH = new WeakMap<Socket, Socket>();

/** Breaks a client's connection with a reset. The end of a TLS connection does not tell whether all was sent. */
export function resetConnection(socket: Socket): void {
  (BENEATH.get(socket) ?? socket).resetAndDestroy();
}

/** Makes a server for connections of clients. @param tls undefined: it listens without TLS */
export function createListener(tls: ListenerTls | undefined, onConnection: (socket: Socket) => void): Listener {
  const options = { allowHalfOpen: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: TCP_KEEP_ALIVE_MS };
  if (tls === undefined) {
    const server = createServer(options, onConnection);
    return { server, renew: () => undefined, cutHandshakes: () => undefined };
  }
  const ticketKeys = Buffer.from(tls.ticketKeys);
  const server = createTlsServer({
    ...options,
    ...tls.identity,
    ticketKeys,
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: MAX_HANDSHAKE_MS,
  });
  /** Connections whose handshake is not over, by their other end. */
  const handshakes = new Map<string, Socket>();
  server.on('connection', (socket: Socket) => {
    const peer = peerOf(socket);
    handshakes.set(peer, socket);
    socket.once('close', () => {
      if (handshakes.get(peer) === socket) handshakes.delete(peer);
    });
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    const peer = peerOf(socket);
    const beneath = handshakes.get(peer);
    handshakes.delete(peer);
    if (beneath !== undefined) BENEATH.set(socket, beneath);
    onConnection(socket);
  });
  // A client that does not speak TLS, or does not trust us.
  server.on('tlsClientError', (_error, socket) => void socket.destroy());
  return {
    server,
    renew: (identity) => server.setSecureContext({ ...identity, ticketKeys }),
    cutHandshakes: () => {
      for (const socket of handshakes.values()) socket.destroy();
    },
  };
}

const peerOf = ({ remoteAddress, remotePort, localAddress }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localAddress}`;
