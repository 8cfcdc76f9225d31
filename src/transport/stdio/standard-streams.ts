import { closeSync, fstatSync, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { devNull } from 'node:os';
import type { Readable, Writable } from 'node:stream';

/** Our own stdin or stdout. */
export interface StandardStream<Stream> {
  stream: Stream;
  /** Closes it for good, so that who is at its other end notices: neither libuv nor `process.stdout` ever does. */
  hangUp(): void;
}

// On Windows Node's own streams are the only ones that work for every kind of pipe; they are closed at our exit.
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
    // The number is the lowest that is free, and must not become that of a connection or a file of ours.
    openSync(devNull, 'r+');
  };
  if (stream.closed) {
    close();
    return;
  }
  stream.once('close', close);
  stream.destroy();
}
