import type { Transform } from 'node:stream';
import zlib from 'node:zlib';

/**
 * Why a body could not be read. `unknown-coding`: a coding is unknown, or there are too many. `corrupt`: the bytes do
 * not follow the coding, or stop early. `too-large`: more decoded bytes than allowed. `overrun`: more compressed bytes
 * wait than are kept.
 */
export type ContentFailure = 'unknown-coding' | 'corrupt' | 'too-large' | 'overrun';

/** Takes decoded bytes; each chunk is valid only during the call. Either `end` or `failed` is called once. */
interface ContentSink {
  data(chunk: Uint8Array): void;
  end(): void;
  failed(reason: ContentFailure): void;
}

/** Takes the bytes of a body as they were sent; each chunk has to be valid only during the call. */
export interface Decoder {
  push(chunk: Uint8Array): void;
  end(): void;
  /** Frees the decoder early; the sink is not called again, not even with an end. */
  close(): void;
}

type OpenCoding = (first: Uint8Array) => Transform;

const MAX_QUEUED_BYTES = 4 * 1024 * 1024;
const MAX_CODINGS = 4;

// RFC 9659: zstd as a content coding needs no window above 8 MiB. By default a few bytes can ask for 128 MiB.
const ZSTD_OPTIONS: zlib.ZstdOptions = { params: { [zlib.constants.ZSTD_d_windowLogMax]: 23 } };

const CODINGS: ReadonlyMap<string, OpenCoding> = new Map<string, OpenCoding>([
  ['gzip', () => zlib.createGunzip()],
  ['x-gzip', () => zlib.createGunzip()],
  ['deflate', (first) => (isZlibHeader(first) ? zlib.createInflate() : zlib.createInflateRaw())],
  ['br', () => zlib.createBrotliDecompress()],
  ['zstd', () => zlib.createZstdDecompress(ZSTD_OPTIONS)],
]);

/**
 * Undoes the content codings of a body; `encoding` is the value of Content-Encoding. Without a coding the bytes are
 * passed on at once and uncopied, else when they have been decoded. It fails after `maxBytes` decoded bytes in all, or
 * when 4 MiB of compressed bytes wait. An empty body is valid in every coding.
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
  // The last coding in the list was applied last, so bytes enter at the stage that is made last.
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

/** RFC 1950 2.2: the low bits of the first byte say "deflate". Raw deflate, which some senders use, never begins so. */
function isZlibHeader(first: Uint8Array): boolean {
  return ((first[0] ?? 0) & 0x0f) === 8;
}
