import type { Buffer } from 'node:buffer';
import type { Readable, Writable } from 'node:stream';

/** How a pump stopped: the sender had no more, or the receiver takes no more. */
export type PumpEnd = 'ended' | 'refused';

/**
 * Moves bytes one way until one end is gone. When the sender ends, the receiver is ended; when the receiver is gone,
 * the sender is closed. While the receiver is full, nothing is read. Each piece is sent on before `passed` sees it.
 * Resolves when the receiver has taken all, or takes no more. Never rejects.
 */
export function pump(from: Readable, to: Writable, passed: (bytes: Buffer) => void): Promise<PumpEnd> {
  return new Promise((resolve) => {
    from.on('data', (bytes: Buffer) => {
      if (!to.write(bytes)) from.pause();
      passed(bytes);
    });
    to.on('drain', () => from.resume());
    const ended = (): void => void to.end();
    from.once('end', ended);
    // A reset is an end too. The other direction goes on.
    from.on('error', ended);
    from.once('close', ended);
    to.once('finish', () => resolve('ended'));
    const refused = (): void => {
      resolve('refused');
      from.destroy();
    };
    to.on('error', refused);
    to.once('close', refused);
  });
}
