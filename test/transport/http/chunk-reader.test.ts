import { expect, it } from 'vitest';
import { ChunkReader } from '../../../src/transport/http/chunk-reader.ts';
import { MAX_HEAD_BYTES, MORE, REFUSED } from '../../../src/transport/http/head-reader.ts';

/** Returns what the last `read` did, and how many bytes of data there were. */
function readPieces(reader: ChunkReader, text: string, pieceBytes: number): { result: number; dataBytes: number } {
  const bytes = Buffer.from(text, 'latin1');
  let [result, dataBytes] = [MORE, 0];
  const onData = (_: Buffer, from: number, to: number): void => void (dataBytes += to - from);
  reader.begin();
  for (let at = 0; at < bytes.length && result === MORE; at += pieceBytes)
    result = reader.read(bytes.subarray(at, at + pieceBytes), 0, onData);
  return { result, dataBytes };
}

it.each([1, 5, 1_000_000])('in pieces of %i bytes, the line of a chunk has at most 4096 bytes', (pieceBytes) => {
  const chunk = (lineBytes: number): string => `1;${'a'.repeat(lineBytes - 4)}\r\nx\r\n0\r\n\r\n`;
  expect(readPieces(new ChunkReader(), chunk(4_096), pieceBytes)).toMatchObject({ dataBytes: 1 });
  expect(readPieces(new ChunkReader(), chunk(4_096), pieceBytes).result).toBeGreaterThan(0);
  expect(readPieces(new ChunkReader(), chunk(4_097), pieceBytes)).toEqual({ result: REFUSED, dataBytes: 0 });
});

it.each([1, 5, 1_000_000])('in pieces of %i bytes, trailers are bounded as heads are', (pieceBytes) => {
  const reader = new ChunkReader();
  const tooLong = `0\r\nX-A: ${'a'.repeat(MAX_HEAD_BYTES)}\r\n\r\n`;
  expect(readPieces(reader, tooLong, pieceBytes).result).toBe(REFUSED);
  expect(reader.refusal?.status).toBe(431);
  const tooMany = `0\r\n${'A:1\r\n'.repeat(1_001)}\r\n`;
  expect(readPieces(new ChunkReader(), tooMany, pieceBytes).result).toBe(REFUSED);
});

it('one reader reads one body after another, each with its trailers', () => {
  const reader = new ChunkReader();
  for (const dataBytes of [3, 0, 15]) {
    const chunk = dataBytes === 0 ? '' : `${dataBytes.toString(16)}\r\n${'x'.repeat(dataBytes)}\r\n`;
    expect(readPieces(reader, `${chunk}0\r\nX-A: 1\r\n\r\n`, 1)).toEqual({ result: 1, dataBytes });
  }
});

it('knows when the end of the body could follow', () => {
  const reader = new ChunkReader();
  reader.begin();
  const after = (text: string): boolean => {
    reader.read(Buffer.from(text), 0, undefined);
    return reader.atChunkEnd;
  };
  expect(reader.atChunkEnd).toBe(true);
  expect(['2', '\r\n', '{}', '\r', '\n', '00', '1\r\nx\r\n'].map(after)).toEqual([
    false,
    false,
    false,
    false,
    true,
    false,
    true,
  ]);
});
