import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClientFile } from './client-files.ts';
import { readText } from './config-file.ts';

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** What is kept about the last change of a file by `install`. */
interface Receipt {
  path: string;
  /** Digest of the text that was written. */
  after: string;
  /** The path of the mcpspan that was put in. */
  script: string;
}

/**
 * Copies of configuration files as they were before `install` changed them, in a folder that only the user can read: they
 * may hold keys. Not beside the files, where a project's would be shared.
 */
export interface Backups {
  /** Keeps what a file was. Returns the path of the copy. */
  keep(file: ClientFile, before: string, after: string, script: string): string;
  /** The text before `install`, if the file is still exactly what that wrote. */
  original(file: ClientFile, now: string): string | undefined;
  /** Forgets that a file was changed. The copy stays. */
  forget(file: ClientFile): void;
  /** The paths of each mcpspan that was put in. */
  scripts(): string[];
}

export function backupsIn(folder: string): Backups {
  const place = ({ client, path }: ClientFile): string => join(folder, `${client}-${digestOf(path).slice(0, 12)}`);
  return {
    keep(file, before, after, script) {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const copy = `${place(file)}.backup`;
      const receipt: Receipt = { path: file.path, after: digestOf(after), script };
      rmSync(copy, { force: true });
      writeFileSync(copy, before, { mode: 0o600 });
      writeFileSync(`${place(file)}.json`, JSON.stringify(receipt), { mode: 0o600 });
      return copy;
    },
    original(file, now) {
      const receipt = receiptAt(`${place(file)}.json`);
      return receipt?.path === file.path && receipt.after === digestOf(now)
        ? readText(`${place(file)}.backup`)
        : undefined;
    },
    forget: (file) => rmSync(`${place(file)}.json`, { force: true }),
    scripts: () =>
      filesIn(folder)
        .filter((name) => name.endsWith('.json'))
        .flatMap((name) => receiptAt(join(folder, name))?.script ?? []),
  };
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Undefined: there is none, or none of ours. */
function receiptAt(path: string): Receipt | undefined {
  const text = readText(path);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { path: of, after, script } = value as Partial<Record<keyof Receipt, unknown>>; // Any object may have these.
  return typeof of === 'string' && typeof after === 'string' && typeof script === 'string'
    ? { path: of, after, script }
    : undefined;
}
