import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, renameSync, rmdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, readName } from './spool-file.ts';
import { stateOf, thisOwner, type Owner } from './spool-owner.ts';
import { roomFor } from './spool-shelf.ts';

/**
 * How long an owner of whom nothing else is known must be silent to count as dead, in milliseconds. An NFS client may
 * show a time of last change that is a minute old.
 */
export const SILENCE_MS = 90_000;

const PART = /^part-(?:free|([0-9a-f]{12})-(\d+)-(\d+)-(\d+))-[0-9a-f]{16}$/;

interface Seen {
  beat: number;
  since: number;
}

/** What others have on the same path. */
export interface Others {
  /** Threads, of any process on any machine, that seem to be alive. */
  owners: number;
  room: number;
}

/**
 * A spool's folder is shared by any number of processes: each works in parts of its own, folders whose names say whose
 * they are. A part whose owner is gone is taken over by renaming it, which only one can do. That an owner is gone is
 * known by its process, where process ids mean the same; else by its silence: the time of a part's last change is moved
 * on while its owner lives, and is only ever compared with itself, never with a clock of another machine.
 * Every function throws what the file system says.
 */
export class Parts {
  readonly #path: string;
  readonly #now: () => number;
  readonly #us: Owner = thisOwner();
  readonly #ours = new Set<string>();
  readonly #seen = new Map<string, Seen>();
  #current: string | undefined;

  constructor(path: string, now: () => number) {
    this.#path = path;
    this.#now = now;
  }

  /** The folder for what is written now; made when there is none. */
  current(): string {
    if (this.#current === undefined) {
      mkdirSync(this.#path, { recursive: true, mode: 0o700 });
      const part = this.#ownName();
      mkdirSync(this.folder(part), { mode: 0o700 });
      this.#ours.add(part);
      this.#current = part;
    }
    return this.#current;
  }

  folder(part: string): string {
    return join(this.#path, part);
  }

  /** It was taken over, or removed, by someone else. */
  isGone(part: string): boolean {
    const gone = statSync(this.folder(part), { throwIfNoEntry: false }) === undefined;
    if (gone) this.#forget(part);
    return gone;
  }

  /** Removes our parts in which nothing is left. */
  clear(): void {
    for (const part of this.#ours) {
      try {
        rmdirSync(this.folder(part));
      } catch (error) {
        const code = codeOf(error);
        // Something is left, or someone put something strange there.
        if (code === 'ENOTEMPTY' || code === 'EEXIST') continue;
        if (code !== 'ENOENT') throw error;
      }
      this.#forget(part);
    }
  }

  /** Shows the others that we live. Gives the parts that are ours no more. */
  beat(): string[] {
    const lost: string[] = [];
    for (const part of this.#ours) {
      try {
        utimesSync(this.folder(part), this.#now() / 1_000, this.#now() / 1_000);
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw error;
        this.#forget(part);
        lost.push(part);
      }
    }
    return lost;
  }

  /** Looks at what others have here, and takes over what was left behind. */
  look(onTaken: (part: string) => void): Others {
    const owners = new Set<string>();
    let room = 0;
    const present = this.#list();
    for (const { part, owner } of present) {
      if (this.#isAbandoned(part, owner)) {
        const ours = this.#takeOver(part);
        if (ours !== undefined) onTaken(ours);
        continue;
      }
      if (owner !== undefined) owners.add(`${owner.place} ${owner.pid} ${owner.start} ${owner.thread}`);
      room += this.#roomOf(part);
    }
    const parts = new Set(present.map(({ part }) => part));
    for (const part of this.#seen.keys()) if (!parts.has(part)) this.#seen.delete(part);
    return { owners: owners.size, room };
  }

  /** Leaves our parts to whoever comes next. */
  release(): void {
    this.clear();
    for (const part of this.#ours) {
      renameSync(this.folder(part), this.folder(`part-free-${nonce()}`));
      this.#forget(part);
    }
  }

  /** The parts of this user that are not ours. */
  #list(): { part: string; owner: Owner | undefined }[] {
    const found: { part: string; owner: Owner | undefined }[] = [];
    for (const part of namesIn(this.#path)) {
      const match = PART.exec(part);
      if (match === null || this.#ours.has(part)) continue;
      const stat = lstatSync(this.folder(part), { throwIfNoEntry: false });
      if (stat === undefined || !stat.isDirectory() || stat.uid !== (process.getuid?.() ?? stat.uid)) continue;
      const [, place, pid, start = '0', thread] = match;
      found.push({
        part,
        owner: place === undefined ? undefined : { place, pid: Number(pid), start, thread: Number(thread) },
      });
    }
    return found;
  }

  #isAbandoned(part: string, owner: Owner | undefined): boolean {
    if (owner === undefined) return true;
    const state = stateOf(owner, this.#us);
    if (state !== 'unknown') return state === 'dead';
    const beat = statSync(this.folder(part), { throwIfNoEntry: false })?.mtimeMs;
    if (beat === undefined) return false;
    const seen = this.#seen.get(part);
    if (seen?.beat === beat) return this.#now() - seen.since >= SILENCE_MS;
    this.#seen.set(part, { beat, since: this.#now() });
    return false;
  }

  /** Its name from now on, or undefined when someone else was faster. */
  #takeOver(part: string): string | undefined {
    const ours = this.#ownName();
    try {
      renameSync(this.folder(part), this.folder(ours));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return undefined;
      throw error;
    }
    this.#ours.add(ours);
    return ours;
  }

  #roomOf(part: string): number {
    let room = 0;
    for (const name of namesIn(this.folder(part))) room += roomFor(readName(name)?.facts.size ?? 0);
    return room;
  }

  #ownName(): string {
    const { place, pid, start, thread } = this.#us;
    return `part-${place}-${pid}-${start}-${thread}-${nonce()}`;
  }

  #forget(part: string): void {
    this.#ours.delete(part);
    if (this.#current === part) this.#current = undefined;
  }
}

function nonce(): string {
  return randomBytes(8).toString('hex');
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}
