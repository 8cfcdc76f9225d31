import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** A larger file is no configuration. */
const MAX_CONFIG_BYTES = 64_000_000;

/** Reads a file; undefined: it is not there. Throws where it cannot be read, or is no text. */
export function readText(path: string): string | undefined {
  try {
    const { size } = statSync(path);
    if (size > MAX_CONFIG_BYTES) throw new Error(`it has ${size} bytes`);
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(readFileSync(path));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if ('code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
    throw error instanceof TypeError ? new Error('it is no UTF-8 text', { cause: error }) : error;
  }
}

/**
 * Replaces a file at once: whoever reads it sees the old text or the new one. A symbolic link stays, and its target is
 * replaced. Returns false, and changes nothing, where somebody else has changed the file since it was read.
 */
export function replaceText(path: string, before: string, after: string): boolean {
  const target = realpathSync(path);
  const { mode } = statSync(target);
  const beside = join(dirname(target), `.mcpspan-${randomUUID()}.tmp`);
  try {
    writeWhole(beside, after, mode);
    if (readText(target) !== before) return false;
    renameSync(beside, target);
    return true;
  } finally {
    rmSync(beside, { force: true });
  }
}

function writeWhole(path: string, text: string, mode: number): void {
  // Others must not read it, not even for a moment: it may hold keys.
  const file = openSync(path, 'wx', 0o600);
  try {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  chmodSync(path, mode & 0o7777);
}
