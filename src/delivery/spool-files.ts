import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SentSignal } from './senders.ts';
import { codeOf, discard, factsOf, nameOf, readName, readWhole, writeWhole, type FileFacts } from './spool-file.ts';
import { Parts, type Others } from './spool-parts.ts';
import { roomFor, Shelf, type Shelved } from './spool-shelf.ts';
import { SIGNALS, type OnDropped, type Waiting } from './spool.ts';

export interface SpoolFilesOptions {
  path: string;
  /** Of everything under the path, whoever wrote it. */
  maxBytes: number;
  onDropped: OnDropped;
  say(line: string): void;
  now(): number;
}

/** It may be readable a moment later. */
const TRANSIENT = new Set(['EMFILE', 'ENFILE', 'EAGAIN', 'ENOMEM', 'EINTR', 'EBUSY']);

interface Filed extends Shelved {
  part: string;
  facts: FileFacts;
}

/**
 * A file for each batch, in a folder that any number of processes share. While others live on the path each has an
 * equal share of the bound for sure, and what the others leave of it.
 */
export class SpoolFiles {
  readonly #options: SpoolFilesOptions;
  readonly #shelf = new Shelf<Filed>();
  readonly #parts: Parts;
  readonly #said = new Set<string>();
  readonly #found: Record<SentSignal, number> = { spans: 0, logs: 0 };
  #others: Others = { owners: 0, room: 0 };
  #refusal: string | undefined;

  constructor(options: SpoolFilesOptions) {
    this.#options = options;
    this.#parts = new Parts(options.path, options.now);
    this.#refusal = this.#create();
    this.look();
  }

  /** Why the latest batch could not be written: `ENOSPC` and its like. */
  get refusal(): string | undefined {
    return this.#refusal;
  }

  /** Makes room by dropping the oldest. False: too large for its share of the bound, or the disk refused. */
  write(waiting: Waiting): boolean {
    const { id, batch, sequence } = waiting;
    if (roomFor(batch.bytes.byteLength) > this.#most()) return false;
    const facts = factsOf(batch, sequence);
    try {
      this.#shelf.add(filed(this.#place(nameOf(facts), batch.bytes), facts, id));
      this.#refusal = undefined;
    } catch (error) {
      this.#refusal = codeOf(error);
      return false;
    }
    this.#makeRoom();
    return true;
  }

  oldest(signal: SentSignal): Waiting | undefined {
    for (;;) {
      const file = this.#shelf.first(signal);
      if (file === undefined) return undefined;
      const bytes = this.#read(file);
      if (bytes === 'later') return undefined;
      if (bytes === undefined) continue;
      this.#shelf.hold(file);
      const { id, items, sequence, facts } = file;
      return { id, sequence, batch: { signal, bytes, items, protocol: facts.protocol } };
    }
  }

  done(id: string): void {
    const file = this.#shelf.take(id);
    if (file !== undefined) this.#remove(file);
  }

  items(signal: SentSignal): number {
    return this.#shelf.items(signal);
  }

  bytes(signal: SentSignal): number {
    return this.#shelf.bytes(signal);
  }

  /** Shows others that we live, and takes over what those left behind who do not. */
  look(): void {
    this.#attempt('cannot be kept', () => {
      for (const part of this.#parts.beat()) this.#forget(part);
      this.#others = this.#parts.look((part) => this.#load(part));
    });
    this.#sayFound();
    this.#makeRoom();
  }

  /** Leaves all to whoever comes next. */
  release(): void {
    this.#attempt('cannot be handed on', () => this.#parts.release());
  }

  /** What of the bound is ours. */
  #most(): number {
    const { maxBytes } = this.#options;
    return Math.max(maxBytes - this.#others.room, Math.floor(maxBytes / (this.#others.owners + 1)));
  }

  #create(): string | undefined {
    try {
      mkdirSync(this.#options.path, { recursive: true, mode: 0o700 });
      return undefined;
    } catch (error) {
      return codeOf(error);
    }
  }

  /** Takes in what another process left behind. */
  #load(part: string): void {
    const { onDropped, path } = this.#options;
    const folder = this.#parts.folder(part);
    const found: Filed[] = [];
    for (const name of this.#attempt('cannot be read', () => readdirSync(folder)) ?? []) {
      const read = readName(name);
      if (read === undefined) {
        this.#sayOnce('foreign', `the spool ${path} leaves alone what is not its own: ${join(part, name)}`);
      } else if (read.unfinished) {
        discard(join(folder, name));
        onDropped(read.facts.signal, read.facts.items);
      } else found.push(filed(part, read.facts, join(part, name)));
    }
    for (const file of found) this.#shelf.add(file);
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

  /** Writes a file, and gives its part: a new one, when ours was taken for left behind. */
  #place(name: string, bytes: Uint8Array): string {
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

  /** `undefined`: there is nothing to be read, and it is off the shelf. */
  #read(file: Filed): Uint8Array | 'later' | undefined {
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
    while (this.#shelf.room > this.#most()) {
      const file = this.#shelf.last();
      if (file === undefined) return;
      this.#drop(file);
    }
  }

  #drop(file: Filed): void {
    this.#shelf.take(file.id);
    if (this.#remove(file)) this.#options.onDropped(file.signal, file.items);
  }

  /** False: it is someone else's by now. */
  #remove(file: Filed): boolean {
    const code = discard(this.#pathOf(file));
    if (code === 'ENOENT' && this.#isGone(file.part)) return false;
    if (code !== undefined && code !== 'ENOENT') {
      this.#sayOnce('remove', `the spool ${this.#options.path} cannot remove a file, which may be sent again: ${code}`);
    }
    this.#clear();
    return true;
  }

  #clear(): void {
    if (this.#shelf.room === 0) this.#attempt('cannot be cleared', () => this.#parts.clear());
  }

  #isGone(part: string): boolean {
    const gone = this.#attempt('cannot be read', () => this.#parts.isGone(part)) ?? false;
    if (gone) this.#forget(part);
    return gone;
  }

  /** Whoever took a part over sends what is in it. */
  #forget(part: string): void {
    this.#shelf.removeWhere((file) => file.part === part);
  }

  #pathOf({ part, facts }: Filed): string {
    return join(this.#parts.folder(part), nameOf(facts));
  }

  /** A folder that can't be written at all is spoken of elsewhere. */
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

function filed(part: string, facts: FileFacts, id: string): Filed {
  const { signal, items, size, sequence } = facts;
  return { id, part, signal, items, size, sequence, facts };
}
