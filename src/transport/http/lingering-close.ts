import type { Socket } from 'node:net';

/** A client that was answered may send this much more, and for so long; then its connection is cut. */
const MAX_DROPPED_BYTES = 67_108_864;
const MAX_LINGER_MS = 30_000;

/**
 * Closes our half of a connection after `last`, and gives the client some time to read that: a client that writes all before
 * it reads finds its connection reset when what it sends is not read.
 */
export class LingeringClose {
  readonly #socket: Socket;
  readonly #timer: NodeJS.Timeout;
  #left = MAX_DROPPED_BYTES;

  constructor(socket: Socket, last = '') {
    this.#socket = socket;
    this.#timer = setTimeout(() => socket.destroy(), MAX_LINGER_MS);
    if (socket.writable) socket.end(last, 'latin1');
  }

  /** So much has come since, and is forgotten. */
  drop(bytes: number): void {
    this.#left -= bytes;
    if (this.#left < 0) this.#socket.destroy();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
