import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSpool } from '../../src/delivery/open-spool.ts';
import type { SentSignal } from '../../src/delivery/senders.ts';
import { factsOf, nameOf } from '../../src/delivery/spool-file.ts';
import type { Batch, Spool } from '../../src/delivery/spool.ts';
import { manualTimers } from '../support/timers.ts';

/** A batch that says `text`, padded to a size in bytes. */
export function batchOf(text: string, { signal = 'spans' as SentSignal, items = 1, size = 1_000 } = {}): Batch {
  return { signal, items, protocol: 'http/protobuf', bytes: Buffer.alloc(size, `${text} `) };
}

export function textOf({ bytes }: Batch): string {
  return Buffer.from(bytes.subarray(0, 64)).toString().split(' ')[0] ?? '';
}

/** Takes everything out, oldest first. */
export function drain(spool: Spool, signal: SentSignal = 'spans'): string[] {
  const texts: string[] = [];
  for (let next = spool.oldest(signal); next !== undefined; next = spool.oldest(signal)) {
    texts.push(textOf(next.batch));
    spool.done(next.id);
  }
  return texts;
}

export interface Folder extends Disposable {
  path: string;
  /** Every file in it, from there. */
  files(): string[];
}

export function temporaryFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'mcpspan-spool-'));
  return {
    path,
    files: () =>
      readdirSync(path, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
        .toSorted(),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

/** What a batch takes at least. */
export const BLOCK = 4_096;
/** Milliseconds between looks at others. */
export const ROUND = 5_000;

export function openDirectory(path: string, { maxBytes = 100 * BLOCK, timers = manualTimers() } = {}) {
  const dropped: string[] = [];
  const said: string[] = [];
  const spool = openSpool({
    where: { kind: 'directory', path },
    maxBytes,
    onDropped: (signal, items) => dropped.push(`${items} ${signal}`),
    say: (line) => said.push(line),
    timers,
  });
  return { spool, dropped, said, timers };
}

/** A part as some other process would have it. */
export function plant(path: string, owner: string, texts: readonly string[], sequence = 1): string {
  const part = `part-${owner}-${'0'.repeat(15)}${sequence}`;
  mkdirSync(join(path, part), { recursive: true });
  for (const [index, text] of texts.entries()) {
    const batch = batchOf(text);
    writeFileSync(join(path, part, nameOf(factsOf(batch, sequence + index * 10))), batch.bytes);
  }
  return part;
}

/** On another machine, or in another container: its process id says nothing here. */
export const STRANGER = 'aaaaaaaaaaaa-1-1-0';
