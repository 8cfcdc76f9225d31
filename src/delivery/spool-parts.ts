import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, renameSync, rmdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, readName } from './spool-file.ts';
import { stateOf, thisOwner, type Owner } from './spool-owner.ts';
import { diskBytesFor } from './spool-index.ts';

/**
 * How long an owner must be silent to count as dead, if nothing else is known of it. An NFS client may show a time of
 * last change that is a minute old.
 */
export const SILENCE_MS = 90_000;

const PART = /^part-(?:free|([0-9a-f]{12})-(\d+)-(\d+)-(\d+))-[0-9a-f]{16}$/;

interface Seen {
  heartbeat: number;
  since: number;
}

/** What other processes and threads have on the same path. */
export interface Others {
  /** Threads, of any process on any machine, that seem to be alive. */
  owners: number;
  diskBytes: number;
}

/**
 * Any number of processes share a spool's folder. Each works in its own parts: folders whose names identify their
 * owner. A part whose owner is gone is taken over by renaming it, and only one process can succeed. Where process ids
 * mean the same, its process shows whether an owner is gone. Elsewhere its silence does: a living owner keeps updating
 * the time of its part's last change, which is compared only with its own earlier value, never with the clock of
 * another machine. Every function throws the error of the file system.
 */
export class SpoolParts {
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

  /** The part for new files; it is created if there is none. */
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

  /** Another process has taken the part over, or removed it. */
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
        // Some of our files are left, or someone has put something else there.
        if (code === 'ENOTEMPTY' || code === 'EEXIST') continue;
        if (code !== 'ENOENT') throw error;
      }
      this.#forget(part);
    }
  }

  /** Shows the others that we live. Gives the parts that are no longer ours. */
  heartbeat(): string[] {
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

  /** Checks what others have here, and takes over what was left behind. */
  look(onTaken: (part: string) => void): Others {
    const owners = new Set<string>();
    let diskBytes = 0;
    const present = this.#list();
    for (const { part, owner } of present) {
      if (this.#isAbandoned(part, owner)) {
        const ours = this.#takeOver(part);
        if (ours !== undefined) onTaken(ours);
        continue;
      }
      if (owner !== undefined) owners.add(`${owner.pidSpace} ${owner.pid} ${owner.start} ${owner.thread}`);
      diskBytes += this.#diskBytesOf(part);
    }
    const parts = new Set(present.map(({ part }) => part));
    for (const part of this.#seen.keys()) if (!parts.has(part)) this.#seen.delete(part);
    return { owners: owners.size, diskBytes };
  }

  /** Leaves our parts to the next process. */
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
      const [, pidSpace, pid, start = '0', thread] = match;
      found.push({
        part,
        owner: pidSpace === undefined ? undefined : { pidSpace, pid: Number(pid), start, thread: Number(thread) },
      });
    }
    return found;
  }

  #isAbandoned(part: string, owner: Owner | undefined): boolean {
    if (owner === undefined) return true;
    const state = stateOf(owner, this.#us);
    if (state !== 'unknown') return state === 'dead';
    const heartbeat = statSync(this.folder(part), { throwIfNoEntry: false })?.mtimeMs;
    if (heartbeat === undefined) return false;
    const seen = this.#seen.get(part);
    if (seen?.heartbeat === heartbeat) return this.#now() - seen.since >= SILENCE_MS;
    this.#seen.set(part, { heartbeat, since: this.#now() });
    return false;
  }

  /** Takes a part over, and gives its new name; undefined: another process was faster. */
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

  #diskBytesOf(part: string): number {
    let diskBytes = 0;
    for (const name of namesIn(this.folder(part))) diskBytes += diskBytesFor(readName(name)?.facts.size ?? 0);
    return diskBytes;
  }

  #ownName(): string {
    const { pidSpace, pid, start, thread } = this.#us;
    return `part-${pidSpace}-${pid}-${start}-${thread}-${nonce()}`;
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
