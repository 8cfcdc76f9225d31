import type { Transform } from 'node:stream';
import zlib from 'node:zlib';

/**
 * Why a body could not be read: a coding that is not known (or too many of them), bytes that are not of that coding or
 * stop early, more decoded bytes than allowed, more compressed bytes waiting than are kept.
 */
export type ContentFailure = 'unknown-coding' | 'corrupt' | 'too-large' | 'overrun';

/** Takes decoded bytes; each chunk is valid only during the call. Either `end` or `failed` is called, once. */
interface ContentSink {
  data(chunk: Uint8Array): void;
  end(): void;
  failed(reason: ContentFailure): void;
}

/** Takes the bytes of a body as sent; each chunk needs to be valid only during the call. */
export interface Decoder {
  push(chunk: Uint8Array): void;
  end(): void;
  /** Frees it early: the sink hears nothing more, not even an end. */
  close(): void;
}

type OpenCoding = (first: Uint8Array) => Transform;

const MAX_QUEUED_BYTES = 4 * 1024 * 1024;
const MAX_CODINGS = 4;

// RFC 9659: as a content coding zstd needs no window above 8 MiB; by default a few bytes can ask for 128 MiB.
const ZSTD_OPTIONS: zlib.ZstdOptions = { params: { [zlib.constants.ZSTD_d_windowLogMax]: 23 } };

const CODINGS: ReadonlyMap<string, OpenCoding> = new Map<string, OpenCoding>([
  ['gzip', () => zlib.createGunzip()],
  ['x-gzip', () => zlib.createGunzip()],
  ['deflate', (first) => (isZlibHeader(first) ? zlib.createInflate() : zlib.createInflateRaw())],
  ['br', () => zlib.createBrotliDecompress()],
  ['zstd', () => zlib.createZstdDecompress(ZSTD_OPTIONS)],
]);

/**
 * Undoes the content codings of a body, `encoding` being the value of Content-Encoding. Without one, bytes are passed on
 * at once and uncopied; else later, as soon as the coding lets them be known. It fails after `maxBytes` decoded bytes in
 * all, or when 4 MiB of compressed ones wait. An empty body is fine in any coding.
 */
export function openDecoder(encoding: string | undefined, sink: ContentSink, maxBytes: number): Decoder {
  const stages: Decoder[] = [];
  let decodedBytes = 0;
  let isSettled = false;

  const close = (): void => {
    isSettled = true;
    for (const stage of stages) stage.close();
  };
  const settle = (tell: () => void): void => {
    if (isSettled) return;
    close();
    tell();
  };
  const fail = (reason: ContentFailure): void => settle(() => sink.failed(reason));

  let entry: Decoder = {
    push: (chunk) => {
      if (isSettled) return;
      decodedBytes += chunk.length;
      if (decodedBytes > maxBytes) fail('too-large');
      else sink.data(chunk);
    },
    end: () => settle(() => sink.end()),
    close,
  };
  const codings = codingsOf(encoding);
  // The last coding of the list was applied last, so the last stage made is where bytes go in.
  for (const coding of codings.slice(0, MAX_CODINGS)) {
    const open = codings.length > MAX_CODINGS ? undefined : CODINGS.get(coding);
    entry = openStage(open, entry, fail);
    stages.push(entry);
  }

  return {
    push: (chunk) => {
      if (!isSettled && chunk.length > 0) entry.push(chunk);
    },
    end: () => {
      if (!isSettled) entry.end();
    },
    close,
  };
}

function openStage(open: OpenCoding | undefined, next: Decoder, fail: (reason: ContentFailure) => void): Decoder {
  let stream: Transform | undefined;
  let queuedBytes = 0;
  const start = (opened: Transform): Transform =>
    opened
      .on('data', (chunk: Buffer) => next.push(chunk))
      .on('end', () => next.end())
      .on('error', () => fail('corrupt'));
  return {
    push: (chunk) => {
      if (open === undefined) {
        fail('unknown-coding');
        return;
      }
      stream ??= start(open(chunk));
      const { length } = chunk;
      queuedBytes += length;
      if (queuedBytes > MAX_QUEUED_BYTES) fail('overrun');
      else stream.write(Buffer.from(chunk), () => (queuedBytes -= length));
    },
    end: () => {
      if (stream === undefined) next.end();
      else stream.end();
    },
    close: () => stream?.destroy(),
  };
}

function codingsOf(encoding: string | undefined): string[] {
  const names = (encoding ?? '').split(',').map((name) => name.trim().toLowerCase());
  return names.filter((name) => name !== '' && name !== 'identity');
}

/** RFC 1950 2.2: the low bits of the first byte say "deflate"; those who send raw deflate never begin like that. */
function isZlibHeader(first: Uint8Array): boolean {
  return ((first[0] ?? 0) & 0x0f) === 8;
}
