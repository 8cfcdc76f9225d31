import type { Socket } from 'node:net';

/** More than this, and the client is asked to wait. */
const MAX_BYTES = 65_536;

/** What is to be sent over a connection that is not open yet: a second one may have to be tried. */
export class HeldWrites {
  readonly #held: Buffer[] = [];
  #bytes = 0;
  #finishes = false;

  /** Returns whether more may come now. */
  add(bytes: Buffer): boolean {
    this.#held.push(bytes);
    this.#bytes += bytes.length;
    return this.#bytes < MAX_BYTES;
  }

  /** Nothing more comes. */
  finish(): void {
    this.#finishes = true;
  }

  /** Sends all of it. Returns whether who waits may go on now, of which the socket itself does not tell. */
  sendTo(socket: Socket): boolean {
    socket.cork();
    for (const bytes of this.#held.splice(0)) socket.write(bytes);
    socket.uncork();
    if (this.#finishes) socket.end();
    return this.#bytes >= MAX_BYTES && !socket.writableNeedDrain;
  }
}
