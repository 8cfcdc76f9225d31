import { once } from 'node:events';
import zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openDecoder, type Decoder } from '../../src/observe/content.ts';

interface Reading {
  decoder: Decoder;
  /** What the sink was told, chunks joined. */
  text(): string;
  ends: string[];
  /** Resolves when the sink is told the end. */
  settled: Promise<void>;
  /** Resolves when so many bytes are decoded. */
  reached(bytes: number): Promise<void>;
}

function open(encoding: string | undefined, maxBytes = 1_000_000): Reading {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const ends: string[] = [];
  const events = new EventTarget();
  const tell = (name: string): boolean => events.dispatchEvent(new Event(name));
  const text = (): string => Buffer.concat(pieces).toString();
  const decoder = openDecoder(
    encoding,
    {
      data: (chunk) => {
        pieces.push(Buffer.from(chunk));
        bytes += chunk.length;
        tell('data');
      },
      end: () => {
        ends.push('end');
        tell('end');
      },
      failed: (reason) => {
        ends.push(reason);
        tell('end');
      },
    },
    maxBytes,
  );
  const settled = once(events, 'end').then(() => {});
  const reached = async (length: number): Promise<void> => {
    while (bytes < length) await once(events, 'data');
  };
  return { decoder, text, ends, settled, reached };
}

/** Pushes a chunk whose memory is used again at once. */
function push(decoder: Decoder, bytes: Uint8Array): void {
  const borrowed = Uint8Array.from(bytes);
  decoder.push(borrowed);
  borrowed.fill(0x58);
}

const text = JSON.stringify({ jsonrpc: '2.0', id: 1, result: { content: ['é'.repeat(500)] } });
const compressors: [string, (text: string | Uint8Array) => Buffer][] = [
  ['gzip', zlib.gzipSync],
  ['x-gzip', zlib.gzipSync],
  ['GZip', zlib.gzipSync],
  ['deflate', zlib.deflateSync],
  ['deflate', zlib.deflateRawSync],
  ['br', zlib.brotliCompressSync],
  ['zstd', zlib.zstdCompressSync],
  ['gzip, br', (plain) => zlib.brotliCompressSync(zlib.gzipSync(plain))],
  ['deflate,identity , gzip,zstd', (plain) => zlib.zstdCompressSync(zlib.gzipSync(zlib.deflateSync(plain)))],
];

describe('openDecoder', () => {
  it.each([undefined, '', 'identity', ' Identity, identity'])(
    'passes bytes of the encoding %j on at once',
    (encoding) => {
      const seen: Uint8Array[] = [];
      const ends: string[] = [];
      const decoder = openDecoder(
        encoding,
        { data: (chunk) => seen.push(chunk), end: () => ends.push('end'), failed: (reason) => ends.push(reason) },
        10,
      );
      const chunk = Uint8Array.of(1, 2, 3);
      decoder.push(chunk);
      expect(seen[0]).toBe(chunk);
      decoder.end();
      decoder.end();
      expect(ends).toEqual(['end']);
    },
  );

  it.each(compressors)('decodes %s, in one piece and byte by byte', async (encoding, compress) => {
    const compressed = compress(text);
    for (const size of [compressed.length, 1]) {
      const { decoder, ends, settled, ...reading } = open(encoding);
      for (let at = 0; at < compressed.length; at += size) push(decoder, compressed.subarray(at, at + size));
      decoder.end();
      await settled;
      expect(reading.text()).toBe(text);
      expect(ends).toEqual(['end']);
    }
  });

  it.each([
    ['gzip', zlib.createGzip],
    ['deflate', zlib.createDeflate],
    ['br', zlib.createBrotliCompress],
    ['zstd', zlib.createZstdCompress],
  ])('tells events in %s as they are flushed', async (encoding, createCompressor) => {
    const { decoder, ends, settled, reached, ...reading } = open(encoding, Number.POSITIVE_INFINITY);
    const compressor = createCompressor();
    compressor.on('data', (chunk: Buffer) => push(decoder, chunk));
    let sent = '';
    for (let i = 0; i < 5; i += 1) {
      const event = `data: {"id":${i}}\n\n`;
      sent += event;
      compressor.write(event);
      compressor.flush();
      await reached(sent.length);
      expect(reading.text()).toBe(sent);
    }
    compressor.end();
    await once(compressor, 'end');
    decoder.end();
    await settled;
    expect(ends).toEqual(['end']);
  });

  it('reads shared memory', async () => {
    const { decoder, settled, ...reading } = open('gzip');
    const compressed = zlib.gzipSync(text);
    const shared = new Uint8Array(new SharedArrayBuffer(compressed.length));
    shared.set(compressed);
    decoder.push(shared);
    shared.fill(0);
    decoder.end();
    await settled;
    expect(reading.text()).toBe(text);
  });

  it.each(['compress', 'gzip, nonsense', 'gzip,gzip,gzip,gzip,gzip'])(
    'fails once for the coding %j',
    async (encoding) => {
      const { decoder, ends, settled, ...reading } = open(encoding);
      push(decoder, zlib.gzipSync(text));
      push(decoder, Buffer.from('more'));
      decoder.end();
      await settled;
      expect(ends).toEqual(['unknown-coding']);
      expect(reading.text()).toBe('');
    },
  );

  it.each(['gzip', 'deflate', 'br', 'zstd', 'gzip, br', 'nonsense'])(
    'takes an empty body of %s as empty',
    async (encoding) => {
      const { decoder, ends, settled } = open(encoding);
      push(decoder, new Uint8Array(0));
      decoder.end();
      await settled;
      expect(ends).toEqual(['end']);
    },
  );

  it.each(compressors)('fails when %s stops early', async (encoding, compress) => {
    const compressed = compress(text);
    const { decoder, ends, settled } = open(encoding);
    push(decoder, compressed.subarray(0, compressed.length - 5));
    decoder.end();
    await settled;
    expect(ends).toEqual(['corrupt']);
  });

  it.each(['gzip', 'deflate', 'br', 'zstd', 'gzip, br'])('fails when the bytes are not %s', async (encoding) => {
    const { decoder, ends, settled } = open(encoding);
    push(decoder, Buffer.from('this is plain text, not compressed by anything'));
    push(decoder, Buffer.from('and more of it'));
    decoder.end();
    await settled;
    push(decoder, Buffer.from('too late'));
    decoder.end();
    expect(ends).toEqual(['corrupt']);
  });

  it.each([['identity', (plain: string): Buffer => Buffer.from(plain)] as const, ...compressors])(
    'stops a body of %s that decodes to too much',
    async (encoding, compress) => {
      const bomb = compress('0'.repeat(3_000_000));
      const { decoder, ends, settled, ...reading } = open(encoding, 100_000);
      push(decoder, bomb);
      push(decoder, bomb);
      decoder.end();
      if (ends.length === 0) await settled;
      push(decoder, bomb);
      expect(ends).toEqual(['too-large']);
      expect(reading.text().length).toBeLessThanOrEqual(100_000);
    },
  );

  it('bounds what waits, though not what is decoded of a stream without limit', async () => {
    const chunk = zlib.gzipSync(Buffer.alloc(10), { level: 0 });
    const { decoder, ends, settled } = open('gzip', Number.POSITIVE_INFINITY);
    const most = Math.floor((4 * 1024 * 1024) / chunk.length);
    for (let i = 0; i < most; i += 1) decoder.push(chunk);
    expect(ends).toEqual([]);
    decoder.push(chunk);
    expect(ends).toEqual(['overrun']);
    decoder.push(chunk);
    decoder.end();
    await settled;
    expect(ends).toEqual(['overrun']);
  });

  it('goes on for longer than the bound while nothing waits', async () => {
    const plain = Buffer.alloc(1024 * 1024, 'x');
    const chunk = zlib.gzipSync(plain, { level: 0 });
    const { decoder, ends, settled, reached } = open('gzip', Number.POSITIVE_INFINITY);
    for (let i = 1; i <= 6; i += 1) {
      decoder.push(chunk);
      await reached(i * plain.length);
    }
    decoder.end();
    await settled;
    expect(ends).toEqual(['end']);
  });

  it.each([
    [23, 'end'],
    [24, 'corrupt'],
  ])('reads zstd with a window of 2 to the power of %i bytes: %s', async (windowLog, expected) => {
    const { decoder, ends, settled } = open('zstd');
    // RFC 8878 3.1.1: magic, no options, window descriptor, last raw block of one byte.
    push(decoder, Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, (windowLog - 10) << 3, 9, 0, 0, 0x78));
    decoder.end();
    await settled;
    expect(ends).toEqual([expected]);
  });

  it('tells nothing more once closed', async () => {
    for (const encoding of ['gzip', 'identity', 'gzip, br']) {
      const { decoder, ends, ...reading } = open(encoding);
      push(decoder, encoding === 'gzip, br' ? zlib.brotliCompressSync(zlib.gzipSync(text)) : zlib.gzipSync(text));
      const before = reading.text();
      decoder.close();
      decoder.close();
      push(decoder, zlib.gzipSync(text));
      decoder.end();
      const later = open('gzip');
      push(later.decoder, zlib.gzipSync(text));
      later.decoder.end();
      await later.settled;
      expect(ends).toEqual([]);
      expect(reading.text()).toBe(before);
    }
  });
});
