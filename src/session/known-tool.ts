import type { ChangeKind } from './contract-change.ts';
import type { Contract } from './contract.ts';
import type { HiddenKind } from './hidden-characters.ts';

const HOUR_MS = 3_600_000;
/** A version that so many audiences were offered is not made for one of them. */
const MANY_AUDIENCES = 10;
const MAX_VERSIONS = 4;
/** So often an hour the changes of one tool are told. */
const MAX_TOLD = 6;

/** One definition of a tool. */
export class Version {
  readonly contract: Contract;
  lastAt: number;
  /** It is, or was, what the tool is said to be. */
  wasPresent = false;
  #audiences: Set<string> | 'many' = new Set();

  constructor(contract: Contract, at: number) {
    this.contract = contract;
    this.lastAt = at;
  }

  get isCommon(): boolean {
    return this.#audiences === 'many';
  }

  makeCommon(): void {
    this.#audiences = 'many';
  }

  offered(audience: string, at: number): void {
    this.lastAt = at;
    if (this.#audiences === 'many') return;
    this.#audiences.add(audience);
    if (this.#audiences.size >= MANY_AUDIENCES) this.#audiences = 'many';
  }
}

/** What is known of one tool. Times: milliseconds since the epoch. */
export class KnownTool {
  readonly firstAt: number;
  /** When it was last offered to anybody. */
  lastAt: number;
  /** By the hash of their contracts. */
  readonly versions = new Map<string, Version>();
  /** What the tool is said to be. */
  present: Version;
  /** Nobody was told that it is there. */
  isUntold = false;
  /** Audiences whose latest list lacks it, though they had it; since it was last offered to anybody. */
  readonly losers = new Set<string>();
  /** Kinds of hidden characters in it that were told. */
  readonly hidden: Set<HiddenKind>;
  /** Two versions of it came in turns. */
  hasAlternated = false;
  #alternatedAt = Number.NEGATIVE_INFINITY;
  #removedAt: number | undefined;
  #told: { at: number; what: string }[] = [];

  constructor(contract: Contract, at: number, firstAt = at) {
    this.firstAt = firstAt;
    this.lastAt = at;
    this.hidden = new Set(contract.hidden);
    this.present = new Version(contract, at);
    this.present.wasPresent = true;
    this.versions.set(contract.hash, this.present);
  }

  /** Returns the version, and the contract that had to make room for it. */
  add(contract: Contract, at: number): { version: Version; dropped: Contract | undefined } {
    const version = new Version(contract, at);
    this.versions.set(contract.hash, version);
    if (this.versions.size <= MAX_VERSIONS) return { version, dropped: undefined };
    const others = [...this.versions.values()].filter((each) => each !== version && each !== this.present);
    const [oldest] = others.toSorted((a, b) => a.lastAt - b.lastAt);
    if (oldest !== undefined) this.versions.delete(oldest.contract.hash);
    return { version, dropped: oldest?.contract };
  }

  become(version: Version): void {
    version.wasPresent = true;
    this.present = version;
  }

  /** It was told that nobody is offered it any more. */
  get isRemoved(): boolean {
    return this.#removedAt !== undefined;
  }

  removed(at: number): void {
    this.#removedAt = at;
    this.losers.clear();
  }

  /** It was offered. Returns what that means for a tool that was missing. */
  offered(audience: string, at: number): 'added' | 'two-versions' | undefined {
    const [removedAt, lost] = [this.#removedAt, this.losers.has(audience)];
    this.lastAt = at;
    this.losers.clear();
    this.#removedAt = undefined;
    if (removedAt !== undefined && at - removedAt >= HOUR_MS) return 'added';
    return (lost || removedAt !== undefined) && this.alternates(at) ? 'two-versions' : undefined;
  }

  isAlternating(at: number): boolean {
    return at - this.#alternatedAt < HOUR_MS;
  }

  /** Two versions came in turns. Returns whether that is news. */
  alternates(at: number): boolean {
    const isNews = !this.isAlternating(at);
    this.#alternatedAt = at;
    this.hasAlternated = true;
    return isNews;
  }

  /**
   * Whether a change is told. The same change of a version that is not the present one was made for another audience, and
   * is told once.
   */
  admits(kinds: readonly ChangeKind[], ofPresent: boolean, at: number): 'told' | 'repeated' | 'too-often' {
    const what = kinds.join();
    this.#told = this.#told.filter((told) => at - told.at < HOUR_MS);
    if (!ofPresent && this.#told.some((told) => told.what === what)) return 'repeated';
    if (this.#told.length >= MAX_TOLD) return 'too-often';
    this.#told.push({ at, what });
    return 'told';
  }
}
