import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { InterimFilter } from '../../../src/transport/http/interim-answers.ts';

const CONTINUE = 'HTTP/1.1 100 Continue\r\nX-A: 1\r\n\r\n';
const HINTS = 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n';
const ANSWER = `HTTP/1.1 200 OK\r\nContent-Length: ${CONTINUE.length}\r\n\r\n${CONTINUE}`;

/** What is read when bytes come in pieces of this size. */
function readThrough(bytes: string, size: number): string {
  const stream = new Duplex({ read: () => undefined });
  const filter = new InterimFilter();
  // Of the socket only `read` is used.
  filter.install(stream as Socket);
  filter.await();
  let text = '';
  for (let at = 0; at < bytes.length; at += size) {
    stream.push(bytes.slice(at, at + size));
    for (let piece = stream.read(); piece !== null; piece = stream.read()) text += String(piece);
  }
  return text;
}

describe('what is read from an upstream, cut anywhere,', () => {
  it.each([
    ['is an answer as it is', ANSWER, ANSWER],
    ['has no 100 Continue before an answer', CONTINUE + ANSWER, ANSWER],
    ['has none of several', CONTINUE + CONTINUE + ANSWER, ANSWER],
    ['has the other interim answers', HINTS + CONTINUE + HINTS + ANSWER, HINTS + HINTS + ANSWER],
    ['is what it is where it is no HTTP', 'SSH-2.0-OpenSSH_9.9\r\n', 'SSH-2.0-OpenSSH_9.9\r\n'],
  ])('%s', (_, bytes, expected) => {
    for (let size = 1; size <= bytes.length; size++) expect(readThrough(bytes, size)).toBe(expected);
  });

  it('is not held without end when a head has none', () => {
    const endless = `HTTP/1.1 100 Continue\r\nX-A: ${'a'.repeat(100_000)}`;
    expect(readThrough(endless, 10_000)).toBe(endless);
  });
});
