import { closeSync, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { devNull } from 'node:os';
import type { Readable, Writable } from 'node:stream';

/** Our own stdin or stdout. */
export interface StandardStream<Stream> {
  stream: Stream;
  /** Closes it for good, so that the process at its other end notices. Neither libuv nor `process.stdout` does that. */
  hangUp(): void;
}

// On Windows only Node's own streams work for every kind of pipe. They are closed when we exit.
const isPipe = (fd: number): boolean => {
  if (process.platform === 'win32') return false;
  const kind = fstatSync(fd);
  return kind.isFIFO() || kind.isSocket();
};

const NEVER = (): void => undefined;

export function openStdin(): StandardStream<Readable> {
  if (!isPipe(0)) return { stream: process.stdin, hangUp: NEVER };
  const stream = new Socket({ fd: 0, readable: true, writable: false });
  return { stream, hangUp: () => hangUp(stream, 0) };
}

export function openStdout(): StandardStream<Writable> {
  if (!isPipe(1)) return { stream: process.stdout, hangUp: NEVER };
  const stream = new Socket({ fd: 1, readable: false, writable: true });
  return { stream, hangUp: () => hangUp(stream, 1) };
}

function hangUp(stream: Socket, fd: 0 | 1): void {
  const close = (): void => {
    closeSync(fd);
    // Takes the number that is free now, which is the lowest, before a connection or a file of ours gets it.
    openSync(devNull, 'r+');
  };
  if (stream.closed) {
    close();
    return;
  }
  stream.once('close', close);
  stream.destroy();
}
