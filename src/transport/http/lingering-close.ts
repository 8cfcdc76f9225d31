import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** A client that was answered may send this much more, and for so long; then its connection is cut. */
const MAX_DROPPED_BYTES = 67_108_864;
const MAX_LINGER_MS = 30_000;

/** Connections that end, with what may still come on them. */
const ending = new WeakMap<Duplex, { left: number }>();

/** Nothing more that comes on this connection is a request. */
export const isEnding = (socket: Duplex): boolean => ending.has(socket);

/**
 * Has a connection end after the answer to this request, which says `Connection: close`, without losing that answer: a
 * client that writes all before it reads finds its connection reset when what it sends is not read.
 * @param reads whether somebody still reads the request's body, who calls `closeLingering` afterwards
 */
export function endAfterAnswer(request: IncomingMessage, reads: () => boolean = () => false): void {
  const { socket } = request;
  announceEnd(socket);
  // This is what node:http calls after such an answer.
  socket.destroySoon = () => {
    if (reads()) socket.end();
    else closeLingering(socket);
  };
  if (!reads()) dropBody(request);
}

/** Sends `text`, closes our half, and gives the client some time to read. What it still sends is to be dropped. */
export function closeLingering(socket: Duplex, text = ''): void {
  announceEnd(socket);
  // After CONNECT Node has taken its own listeners off.
  socket.on('error', () => socket.destroy());
  const timer = setTimeout(() => socket.destroy(), MAX_LINGER_MS);
  socket.once('close', () => clearTimeout(timer));
  if (socket.writable) socket.end(text);
}

/** Reads what is left of a request's body, and forgets it. */
export function dropBody(request: IncomingMessage): void {
  const { socket } = request;
  request.on('data', (piece: Buffer) => drop(socket, piece.length));
  request.resume();
}

/** So much has come on a connection that ends. */
export function drop(socket: Duplex, bytes: number): void {
  const end = ending.get(socket);
  if (end === undefined) return;
  end.left -= bytes;
  if (end.left < 0) socket.destroy();
}

function announceEnd(socket: Duplex): void {
  if (!ending.has(socket)) ending.set(socket, { left: MAX_DROPPED_BYTES });
}
