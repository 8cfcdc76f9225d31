import { readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Protocol, SentSignal } from './senders.ts';
import type { Batch } from './spool.ts';

/** What the name of a batch's file says: enough to count and order the waiting batches without reading them. */
export interface FileFacts {
  sequence: number;
  signal: SentSignal;
  protocol: Protocol;
  items: number;
  size: number;
  crc: string;
}

const TEMPORARY = '.tmp';
const NAME =
  /^(\d{16})\.(spans|logs)\.(grpc|http-json|http-protobuf)\.(\d{1,9})\.(\d{1,12})\.([0-9a-f]{8})\.otlp(\.tmp)?$/;
const PROTOCOLS: Readonly<Record<string, Protocol>> = {
  grpc: 'grpc',
  'http-json': 'http/json',
  'http-protobuf': 'http/protobuf',
};

export function factsOf({ signal, protocol, items, bytes }: Batch, sequence: number): FileFacts {
  return { sequence, signal, protocol, items, size: bytes.byteLength, crc: checksum(bytes) };
}

export function nameOf({ sequence, signal, protocol, items, size, crc }: FileFacts): string {
  const order = String(sequence).padStart(16, '0');
  return [order, signal, protocol.replace('/', '-'), items, size, crc, 'otlp'].join('.');
}

/** What a name says, and whether the file was never finished; undefined: the name is not one of ours. */
export function readName(name: string): { facts: FileFacts; unfinished: boolean } | undefined {
  const match = NAME.exec(name);
  if (match === null) return undefined;
  const [, sequence, signal, slug = '', items, size, crc = '', temporary] = match;
  const protocol = PROTOCOLS[slug];
  if (protocol === undefined) return undefined;
  return {
    facts: {
      sequence: Number(sequence),
      signal: signal === 'spans' ? 'spans' : 'logs',
      protocol,
      items: Number(items),
      size: Number(size),
      crc,
    },
    unfinished: temporary !== undefined,
  };
}

/**
 * Writes a file that is there whole or not at all, however this process ends. The file is not synced to the disk, since
 * that would stall the thread for each batch. A file can be torn only when the machine itself dies, and its checksum
 * reveals that. Throws the error of the file system.
 */
export function writeWhole(folder: string, name: string, bytes: Uint8Array): void {
  const temporary = join(folder, name + TEMPORARY);
  try {
    writeFileSync(temporary, bytes, { flag: 'wx', mode: 0o600 });
    renameSync(temporary, join(folder, name));
  } catch (error) {
    discard(temporary);
    throw error;
  }
}

/** A file's bytes; undefined when they are not what its name promises. Throws the error of the file system. */
export function readWhole(path: string, { size, crc }: FileFacts): Uint8Array | undefined {
  const bytes = readFileSync(path);
  return bytes.byteLength === size && checksum(bytes) === crc ? bytes : undefined;
}

/** Removes a file; gives the code of the error if that fails. */
export function discard(path: string): string | undefined {
  try {
    unlinkSync(path);
    return undefined;
  } catch (error) {
    return codeOf(error);
  }
}

/** `ENOENT` and the like. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

function checksum(bytes: Uint8Array): string {
  return crc32(bytes).toString(16).padStart(8, '0');
}
