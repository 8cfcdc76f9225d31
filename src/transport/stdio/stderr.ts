import { Buffer } from 'node:buffer';
import { write } from 'node:fs';

export interface Stderr {
  /** Returns at once. What a slow reader leaves no room for is dropped. */
  write(text: string | Uint8Array): void;
  /** Resolves after at most `milliseconds` with whether all has been taken. */
  flushed(milliseconds: number): Promise<boolean>;
}

const STDERR_FD = 2;
const MAX_WAITING_BYTES = 1_048_576;
/** The time to the next attempt, when another process has made stderr non-blocking. */
const RETRY_MS = 20;

/**
 * Our stderr while a wrapped command has it too. Our writes never block this thread until somebody reads, which would
 * stop the traffic. They do not make stderr non-blocking either, which would cut what the command writes. Open it
 * before the command starts.
 */
export function openStderr(): Stderr {
  // Node opens it sooner or later, and makes stderr non-blocking. Opened now, the start of the command undoes that.
  process.stderr.on('error', () => undefined);
  const waiting: Buffer[] = [];
  let bytes = 0;
  let drained = Promise.withResolvers<void>();

  const settle = (): void => {
    waiting.length = 0;
    bytes = 0;
    drained.resolve();
    drained = Promise.withResolvers();
  };
  const next = (): void => {
    const [piece] = waiting;
    if (piece === undefined) {
      settle();
      return;
    }
    write(STDERR_FD, piece, (error, written) => {
      if (error?.code === 'EAGAIN') {
        setTimeout(next, RETRY_MS);
      } else if (error !== null) {
        // Nobody reads it any more.
        settle();
      } else {
        bytes -= written;
        if (written < piece.length) waiting[0] = piece.subarray(written);
        else waiting.shift();
        next();
      }
    });
  };
  return {
    write: (text) => {
      const piece = Buffer.from(text);
      if (piece.length === 0 || bytes + piece.length > MAX_WAITING_BYTES) return;
      bytes += piece.length;
      if (waiting.push(piece) === 1) next();
    },
    flushed: async (milliseconds) => {
      if (waiting.length === 0) return true;
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<false>((resolve) => {
        timer = setTimeout(() => resolve(false), milliseconds);
      });
      const taken = await Promise.race([drained.promise.then(() => true), late]);
      clearTimeout(timer);
      return taken;
    },
  };
}
