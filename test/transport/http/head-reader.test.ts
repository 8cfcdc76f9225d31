import { describe, expect, it } from 'vitest';
import {
  HeadReader,
  MAX_HEAD_BYTES,
  MORE,
  REFUSED,
  type FieldPlace,
  type HeadLines,
} from '../../../src/transport/http/head-reader.ts';

const HEAD = 'GET / HTTP/1.1\r\nHost: localhost\r\nX-A: 1\r\n\r\n';

/** Takes every line, and tells where they stand. */
function lines(): HeadLines & { first: string[]; fields: string[] } {
  const [first, fields]: [string[], string[]] = [[], []];
  return {
    first,
    fields,
    onStartLine: (bytes, from, to) => void first.push(bytes.toString('latin1', from, to)),
    onField: (bytes, { nameFrom, lineTo }: FieldPlace) => void fields.push(bytes.toString('latin1', nameFrom, lineTo)),
  };
}

/** Returns what the last `read` did. */
function readPieces(reader: HeadReader, text: string, pieceBytes: number): number {
  const bytes = Buffer.from(text, 'latin1');
  const told = lines();
  let result = MORE;
  for (let at = 0; at < bytes.length && result === MORE; at += pieceBytes)
    result = reader.read(bytes.subarray(at, at + pieceBytes), 0, told);
  return result;
}

describe('an empty line before a head', () => {
  it('begins no head', () => {
    const reader = new HeadReader();
    for (const piece of ['\r\n', '\r', '\n', '\r\n\r\n\r']) {
      expect(reader.read(Buffer.from(piece), 0, lines())).toBe(MORE);
      expect(reader.begun).toBe(false);
    }
  });

  it('is no part of the head that follows', () => {
    const reader = new HeadReader();
    const told = lines();
    const bytes = Buffer.from(`xx\r\n\r\n${HEAD}`);
    expect(reader.read(bytes, 2, told)).toBe(bytes.length);
    expect(reader.bytes.toString('latin1', reader.base, reader.end)).toBe(HEAD);
    expect(told).toMatchObject({ first: ['GET / HTTP/1.1'], fields: ['Host: localhost\r\n', 'X-A: 1\r\n'] });
  });

  it('does not count towards the length of the head', () => {
    expect(readPieces(new HeadReader(), '\r\n'.repeat(MAX_HEAD_BYTES) + HEAD, 1_000)).toBeGreaterThan(0);
  });

  it('must end with CR and LF', () => {
    for (const text of [`\n${HEAD}`, `\r${HEAD}`, `\r\r\n${HEAD}`, `\n\r${HEAD}`]) {
      expect(readPieces(new HeadReader(), text, text.length)).toBe(REFUSED);
      expect(readPieces(new HeadReader(), text, 1)).toBe(REFUSED);
    }
  });
});

describe.each([1, 7, 4_096, 1_000_000])('in pieces of %i bytes', (pieceBytes) => {
  const headOf = (length: number): string => {
    const head = 'GET / HTTP/1.1\r\nX-A: \r\n\r\n';
    return head.replace('X-A: ', `X-A: ${'a'.repeat(length - head.length)}`);
  };

  it('a head may be as long as the limit, and not a byte longer', () => {
    expect(readPieces(new HeadReader(), headOf(MAX_HEAD_BYTES), pieceBytes)).toBeGreaterThan(0);
    const reader = new HeadReader();
    expect(readPieces(reader, headOf(MAX_HEAD_BYTES + 1), pieceBytes)).toBe(REFUSED);
    expect(reader.refusal?.status).toBe(431);
  });

  it('a head has at most a thousand fields', () => {
    const withFields = (count: number): string => `GET / HTTP/1.1\r\n${'A:1\r\n'.repeat(count)}\r\n`;
    expect(readPieces(new HeadReader(), withFields(1_000), pieceBytes)).toBeGreaterThan(0);
    const reader = new HeadReader();
    expect(readPieces(reader, withFields(1_001), pieceBytes)).toBe(REFUSED);
    expect(reader.refusal?.status).toBe(431);
  });

  it('places hold from the first byte of the head on', () => {
    const reader = new HeadReader();
    const told: string[] = [];
    const bytes = Buffer.from(`\r\n${HEAD}`);
    const places: [number, number, number, number][] = [];
    const onField = (_: Buffer, { base, nameFrom, nameTo, valueFrom, valueTo }: FieldPlace): undefined => {
      places.push([nameFrom - base, nameTo - base, valueFrom - base, valueTo - base]);
    };
    for (let at = 0; at < bytes.length; at += pieceBytes)
      reader.read(bytes.subarray(at, at + pieceBytes), 0, { onStartLine: () => undefined, onField });
    const text = (from: number, to: number): string =>
      reader.bytes.toString('latin1', reader.base + from, reader.base + to);
    for (const [nameFrom, nameTo, valueFrom, valueTo] of places)
      told.push(`${text(nameFrom, nameTo)}=${text(valueFrom, valueTo)}`);
    expect(told).toEqual(['Host=localhost', 'X-A=1']);
  });
});
