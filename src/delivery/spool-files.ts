import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SentSignal } from './senders.ts';
import { codeOf, discard, factsOf, nameOf, readName, readWhole, writeWhole, type FileFacts } from './spool-file.ts';
import { SpoolParts, type Others } from './spool-parts.ts';
import { diskBytesFor, SpoolIndex, type SpoolEntry } from './spool-index.ts';
import { SIGNALS, type OnDropped, type SpooledBatch } from './spool.ts';

export interface SpoolFilesOptions {
  path: string;
  /** The bound for everything under the path, whichever process wrote it. */
  maxBytes: number;
  onDropped: OnDropped;
  say(line: string): void;
  now(): number;
}

/** After these errors the file may be readable a moment later. */
const TRANSIENT = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM', 'EINTR', 'EBUSY']);

interface FileEntry extends SpoolEntry {
  part: string;
  facts: FileFacts;
  isLeftBehind: boolean;
}

/**
 * Keeps a file for each batch, in a folder that any number of processes share. Each living process has an equal share
 * of the bound for certain, and may use what the others leave unused.
 */
export class SpoolFiles {
  readonly #options: SpoolFilesOptions;
  readonly #index = new SpoolIndex<FileEntry>();
  readonly #parts: SpoolParts;
  readonly #said = new Set<string>();
  readonly #found: Record<SentSignal, number> = { spans: 0, logs: 0 };
  #others: Others = { owners: 0, diskBytes: 0 };
  #refusal: string | undefined;

  constructor(options: SpoolFilesOptions) {
    this.#options = options;
    this.#parts = new SpoolParts(options.path, options.now);
    this.#refusal = this.#create();
    this.look();
  }

  /** Why the latest batch could not be written: `ENOSPC` and the like. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** Makes room by dropping the oldest. False: the batch is larger than our share, or the disk refused. */
  write(spooled: SpooledBatch): boolean {
    const { id, batch, sequence } = spooled;
    if (diskBytesFor(batch.bytes.byteLength) > this.#maxOwnBytes()) return false;
    const facts = factsOf(batch, sequence);
    try {
      const part = this.#writeToPart(nameOf(facts), batch.bytes);
      this.#index.add(fileEntry(part, facts, id, spooled.isLeftBehind));
      this.#refusal = undefined;
    } catch (error) {
      this.#refusal = codeOf(error);
      return false;
    }
    this.#makeRoom();
    return true;
  }

  oldest(signal: SentSignal): SpooledBatch | undefined {
    for (;;) {
      const file = this.#index.first(signal);
      if (file === undefined) return undefined;
      const bytes = this.#read(file);
      if (bytes === 'later') return undefined;
      if (bytes === undefined) continue;
      this.#index.hold(file);
      const { id, items, sequence, facts, isLeftBehind } = file;
      return { id, sequence, isLeftBehind, batch: { signal, bytes, items, protocol: facts.protocol } };
    }
  }

  startsWithLeftBehind(signal: SentSignal): boolean {
    return this.#index.first(signal)?.isLeftBehind === true;
  }

  done(id: string): void {
    const file = this.#index.take(id);
    if (file !== undefined) this.#remove(file);
  }

  items(signal: SentSignal): number {
    return this.#index.items(signal);
  }

  bytes(signal: SentSignal): number {
    return this.#index.bytes(signal);
  }

  /** Shows others that we live, and takes over what dead processes left behind. */
  look(): void {
    this.#attempt('cannot be kept', () => {
      for (const part of this.#parts.heartbeat()) this.#forget(part);
      this.#others = this.#parts.look((part) => this.#load(part));
    });
    this.#sayFound();
    this.#makeRoom();
  }

  /** Leaves everything to the next process. */
  release(): void {
    this.#attempt('cannot be handed on', () => this.#parts.release());
  }

  /** Our share of the bound. */
  #maxOwnBytes(): number {
    const { maxBytes } = this.#options;
    return Math.max(maxBytes - this.#others.diskBytes, Math.floor(maxBytes / (this.#others.owners + 1)));
  }

  #create(): string | undefined {
    try {
      mkdirSync(this.#options.path, { recursive: true, mode: 0o700 });
      return undefined;
    } catch (error) {
      return codeOf(error);
    }
  }

  /** Adds what another process left behind to our index. */
  #load(part: string): void {
    const { onDropped, path } = this.#options;
    const folder = this.#parts.folder(part);
    const found: FileEntry[] = [];
    for (const name of this.#attempt('cannot be read', () => readdirSync(folder)) ?? []) {
      const read = readName(name);
      if (read === undefined) {
        this.#sayOnce('foreign', `the spool ${path} ignores a file that is not its own: ${join(part, name)}`);
      } else if (read.unfinished) {
        discard(join(folder, name));
        onDropped(read.facts.signal, read.facts.items);
      } else found.push(fileEntry(part, read.facts, join(part, name), true));
    }
    for (const file of found) this.#index.add(file);
    this.#clear();
    for (const { signal, items } of found) this.#found[signal] += items;
  }

  /** One line for all parts that were taken over at once. */
  #sayFound(): void {
    const { say, path } = this.#options;
    const counts = SIGNALS.filter((signal) => this.#found[signal] > 0).map((signal) => {
      const count = `${this.#found[signal]} ${signal}`;
      this.#found[signal] = 0;
      return count;
    });
    if (counts.length > 0) say(`the spool ${path} holds what another run could not deliver: ${counts.join(', ')}`);
  }

  /** Writes a file, and gives its part: a new one if another process took ours over by mistake. */
  #writeToPart(name: string, bytes: Uint8Array): string {
    const part = this.#parts.current();
    try {
      writeWhole(this.#parts.folder(part), name, bytes);
      return part;
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || !this.#parts.isGone(part)) throw error;
      this.#forget(part);
      const another = this.#parts.current();
      writeWhole(this.#parts.folder(another), name, bytes);
      return another;
    }
  }

  /** Reads a file; `undefined`: it cannot be read, and is no longer in the index. */
  #read(file: FileEntry): Uint8Array | 'later' | undefined {
    let reason: string;
    try {
      const bytes = readWhole(this.#pathOf(file), file.facts);
      if (bytes !== undefined) return bytes;
      reason = 'it is damaged';
    } catch (error) {
      reason = codeOf(error);
      if (TRANSIENT.has(reason)) return 'later';
      if (reason === 'ENOENT' && this.#isGone(file.part)) return undefined;
    }
    this.#sayOnce('read', `the spool ${this.#options.path} lost a file: ${reason}`);
    this.#drop(file);
    return undefined;
  }

  #makeRoom(): void {
    while (this.#index.diskBytes > this.#maxOwnBytes()) {
      const file = this.#index.nextToDrop();
      if (file === undefined) return;
      this.#drop(file);
    }
  }

  #drop(file: FileEntry): void {
    this.#index.take(file.id);
    if (this.#remove(file)) this.#options.onDropped(file.signal, file.items);
  }

  /** False: another process owns the file by now. */
  #remove(file: FileEntry): boolean {
    const code = discard(this.#pathOf(file));
    if (code === 'ENOENT' && this.#isGone(file.part)) return false;
    if (code !== undefined && code !== 'ENOENT') {
      this.#sayOnce('remove', `the spool ${this.#options.path} cannot remove a file, which may be sent again: ${code}`);
    }
    this.#clear();
    return true;
  }

  #clear(): void {
    if (this.#index.diskBytes === 0) this.#attempt('cannot be cleared', () => this.#parts.clear());
  }

  #isGone(part: string): boolean {
    const gone = this.#attempt('cannot be read', () => this.#parts.isGone(part)) ?? false;
    if (gone) this.#forget(part);
    return gone;
  }

  /** Forgets the files of a part that another process took over; that process sends them. */
  #forget(part: string): void {
    this.#index.removeWhere((file) => file.part === part);
  }

  #pathOf({ part, facts }: FileEntry): string {
    return join(this.#parts.folder(part), nameOf(facts));
  }

  /** Reports an error once, unless the folder cannot be written at all: `refusal` reports that. */
  #attempt<Result>(what: string, run: () => Result): Result | undefined {
    try {
      return run();
    } catch (error) {
      if (this.#refusal === undefined) {
        this.#sayOnce(what, `the spool ${this.#options.path} ${what}: ${codeOf(error)}`);
      }
      return undefined;
    }
  }

  #sayOnce(topic: string, line: string): void {
    if (this.#said.has(topic)) return;
    this.#said.add(topic);
    this.#options.say(line);
  }
}

function fileEntry(part: string, facts: FileFacts, id: string, isLeftBehind: boolean): FileEntry {
  const { signal, items, size, sequence } = facts;
  return { id, part, signal, items, size, sequence, facts, isLeftBehind };
}
