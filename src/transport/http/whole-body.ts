import type { IncomingMessage } from 'node:http';

/** A request body up to this size goes on in one piece, when it is complete. */
export const MAX_ONE_PIECE_BYTES = 65_536;
/** So long a body of unknown length is waited for before it is streamed. */
const ONE_PIECE_MS = 20;

/**
 * Waits for a body that is short, or may be.
 * @param known its length is told, and short.
 * @param whole gets the body, in one piece.
 * @param begun gets the pieces so far of a body that proves long, or slow; the rest is yet to be read.
 */
export function readWhole(
  request: IncomingMessage,
  known: boolean,
  whole: (body: Buffer) => void,
  begun: (pieces: Buffer[]) => void,
): void {
  const pieces: Buffer[] = [];
  let size = 0;
  const stop = (): void => {
    clearTimeout(timer);
    request.off('close', stop);
    request.off('data', onData);
    request.off('end', onEnd);
  };
  const streamOn = (): void => {
    stop();
    request.pause();
    begun(pieces);
  };
  const onData = (piece: Buffer): void => {
    pieces.push(piece);
    size += piece.length;
    if (size > MAX_ONE_PIECE_BYTES) streamOn();
  };
  const onEnd = (): void => {
    stop();
    whole(pieces.length === 1 && pieces[0] !== undefined ? pieces[0] : Buffer.concat(pieces));
  };
  const timer = known ? undefined : setTimeout(streamOn, ONE_PIECE_MS);
  request.on('data', onData);
  request.on('end', onEnd);
  // A client that leaves meanwhile has asked nothing.
  if (!known) request.on('close', stop);
}
