import { changesBetween, type ChangeKind } from './contract-change.ts';
import type { Contract } from './contract.ts';
import { KnownTool, type Version } from './known-tool.ts';
import { ListPages, type PagePlace, type WholeList } from './list-pages.ts';
import { OfferedLists, type OfferedList } from './offered-lists.ts';
import type { ListedPage } from './surface.ts';

/** A change of one tool. */
export interface ToolChange {
  tool: string;
  kinds: readonly ChangeKind[];
  /** Undefined: the tool was not offered before. */
  before: Contract | undefined;
  /** Undefined: the tool is gone. */
  after: Contract | undefined;
}

/** One answer to `tools/list`, and who got it. */
export interface ListAnswer extends PagePlace {
  page: ListedPage;
}

/** What earlier runs knew of the tools of a server. */
export interface RememberedTools {
  tools: readonly {
    name: string;
    /** The present contract first. */
    versions: readonly { contract: Contract; lastAt: number }[];
  }[];
  /** Lists of audiences that sent no credential: the hash of each tool's contract. */
  lists: readonly { audience: string; tools: ReadonlyMap<string, string>; at: number }[];
}

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
const MAX_TOOLS = 2_000;
const MAX_CHARS = 4_000_000;
/** So many audiences that sign in must have lost a tool before the silence of others means that it is gone. */
const MIN_LOSERS = 3;

/**
 * Says when a server's tools changed. It says so only where it is certain: an audience (one caller, as far as requests
 * tell) was offered one thing, and then another. A tool that some are not offered is not removed, a version that some
 * others are offered is no change, and two versions that come in turns are told once.
 */
export class ToolChanges {
  readonly #tools = new Map<string, KnownTool>();
  readonly #lists = new OfferedLists();
  readonly #pages = new ListPages();
  /** Tools that are missing from the list of somebody who had them. */
  readonly #missing = new Set<string>();
  readonly #onDropped: () => void;
  #chars = 0;

  /** @param onDropped called when there was no room to follow something */
  constructor(onDropped: () => void) {
    this.#onDropped = onDropped;
  }

  /** Lists of audiences that sent no credential. */
  *anonymousLists(): Generator<{ audience: string; tools: ReadonlyMap<string, string> }> {
    for (const [audience, { tools, whole }] of this.#lists.all())
      if (whole && isAnonymous(audience)) yield { audience, tools };
  }

  remember({ tools, lists }: RememberedTools): void {
    for (const { name, versions } of tools) {
      const [present, ...older] = versions;
      if (present === undefined || this.#tools.size >= MAX_TOOLS) continue;
      const known = new KnownTool(this.#kept(present.contract), present.lastAt, Number.NEGATIVE_INFINITY);
      // The only one in the record is the one for everybody.
      if (older.length === 0) known.present.makeCommon();
      for (const { contract, lastAt } of older) this.#add(known, contract, lastAt).wasPresent = true;
      this.#tools.set(name, known);
    }
    for (const { audience, tools: listed, at } of lists) this.#lists.set(audience, listed, { at, whole: true });
  }

  /** What changed, as this answer shows. */
  listed({ page, ...place }: ListAnswer, at: number): ToolChange[] {
    const { audience } = place;
    const before = this.#lists.of(audience);
    const changes: ToolChange[] = [];
    let full = false;
    for (const { name, contract } of page.tools) {
      const known = this.#tools.get(name);
      if (known === undefined && this.#tools.size >= MAX_TOOLS) full = true;
      else this.#offered(name, known, contract, { audience, had: before?.tools.get(name), at, changes });
    }
    if (full) this.#onDropped();
    const whole = page.cut ? undefined : this.#pages.add(place, page.tools);
    if (whole !== undefined) this.#whole(audience, before, whole, at, changes);
    else if (before?.whole !== true && place.cursor === undefined) {
      const first = new Map(page.tools.map(({ name, contract }) => [name, contract.hash]));
      this.#lists.set(audience, first, { at, whole: false });
    }
    changes.push(...this.sweep(at));
    return changes;
  }

  /** Tools that are gone by now: those that were missing, and that nobody was offered since. */
  sweep(at: number): ToolChange[] {
    const gone: ToolChange[] = [];
    for (const name of this.#missing) {
      const known = this.#tools.get(name);
      if (known !== undefined && known.losers.size > 0 && !this.#isGone(name, known, at)) continue;
      this.#missing.delete(name);
      if (known === undefined || known.losers.size === 0) continue;
      known.removed(at);
      gone.push({ tool: name, kinds: ['removed'], before: known.present.contract, after: undefined });
    }
    return gone;
  }

  #isGone(name: string, known: KnownTool, at: number): boolean {
    const others = this.#lists.mayOffer(name, at - DAY_MS);
    if (at - known.lastAt >= HOUR_MS)
      return !others || known.losers.size >= MIN_LOSERS || [...known.losers].some(isAnonymous);
    // What has just come, or comes and goes, is missing from the lists of an older release.
    return !others && at - known.firstAt >= HOUR_MS && !known.isAlternating(at);
  }

  #offered(name: string, known: KnownTool | undefined, contract: Contract, seen: Seen): void {
    const { audience, at, changes } = seen;
    if (known === undefined) {
      const first = new KnownTool(this.#kept(contract), at);
      first.present.offered(audience, at);
      first.isUntold = true;
      this.#tools.set(name, first);
      if (contract.hidden.length > 0)
        changes.push({ tool: name, kinds: ['hidden-characters'], before: undefined, after: first.present.contract });
      return;
    }
    const returned = known.offered(audience, at);
    const version = known.versions.get(contract.hash) ?? this.#add(known, contract, at);
    version.offered(audience, at);
    const after = version.contract;
    if (returned !== undefined) changes.push({ tool: name, kinds: [returned], before: undefined, after });
    if (version === known.present) return;
    const hidden = contract.hidden.filter((kind) => !known.hidden.has(kind));
    for (const kind of hidden) known.hidden.add(kind);
    const { kinds, before } = this.#versionChange(known, version, seen);
    const all: readonly ChangeKind[] = hidden.length > 0 ? [...kinds, 'hidden-characters'] : kinds;
    if (all.length > 0) changes.push({ tool: name, kinds: all, before, after });
  }

  /** An audience was offered another version than the present one. */
  #versionChange(
    known: KnownTool,
    version: Version,
    { had, at }: Seen,
  ): { kinds: readonly ChangeKind[]; before: Contract } {
    const { present } = known;
    const moved = had !== undefined && had !== version.contract.hash;
    const before = (moved ? known.versions.get(had) : undefined) ?? present;
    const nothing = { kinds: [], before: before.contract };
    // It means the same.
    if (changesBetween(present.contract, version.contract).length === 0) {
      known.become(version);
      return nothing;
    }
    const outdated = at - present.lastAt >= HOUR_MS;
    if (version.wasPresent && !outdated)
      return moved && known.alternates(at) ? { kinds: ['two-versions'], before: present.contract } : nothing;
    const settled = outdated && (version.wasPresent ? known.hasAlternated : present.isCommon && version.isCommon);
    if (!moved && !settled) return nothing;
    known.become(version);
    const kinds = changesBetween(before.contract, version.contract);
    const admitted = known.admits(kinds, before === present, at);
    if (admitted === 'too-often') this.#onDropped();
    return admitted === 'told' ? { kinds, before: before.contract } : nothing;
  }

  #add(known: KnownTool, contract: Contract, at: number): Version {
    const { version, dropped } = known.add(this.#kept(contract), at);
    this.#chars -= dropped?.text?.length ?? 0;
    return version;
  }

  /** Compares a whole list with the one that its audience had before. */
  #whole(audience: string, before: OfferedList | undefined, list: WholeList, at: number, changes: ToolChange[]): void {
    if (before?.whole !== true || (before.tools === list.tools && before.doubted.size === 0)) {
      this.#lists.set(audience, list.tools, { at, whole: true });
      return;
    }
    const missing = [...before.tools].filter(([name]) => !list.tools.has(name));
    const doubted = list.paged ? missing.filter(([name]) => !before.doubted.has(name)) : [];
    const doubtedNames = new Set(doubted.map(([name]) => name));
    for (const [name] of missing) {
      const known = this.#tools.get(name);
      // That it is gone is told once, however many learn of it later.
      if (doubtedNames.has(name) || known === undefined || known.isRemoved) continue;
      known.losers.add(audience);
      this.#missing.add(name);
    }
    const tools = doubted.length === 0 ? list.tools : new Map([...list.tools, ...doubted]);
    this.#lists.set(audience, tools, { at, whole: true, doubted: doubtedNames });
    for (const name of list.tools.keys()) {
      const known = this.#tools.get(name);
      if (before.tools.has(name) || known?.isUntold !== true || at - known.firstAt >= HOUR_MS) continue;
      known.isUntold = false;
      changes.push({ tool: name, kinds: ['added'], before: undefined, after: known.present.contract });
    }
  }

  /** The contract, without its text where there is no room. */
  #kept(contract: Contract): Contract {
    if (contract.text === undefined) {
      this.#onDropped();
      return contract;
    }
    if (this.#chars + contract.text.length > MAX_CHARS) {
      this.#onDropped();
      return { ...contract, text: undefined };
    }
    this.#chars += contract.text.length;
    return contract;
  }
}

interface Seen {
  audience: string;
  /** The version that the audience was offered before. */
  had: string | undefined;
  at: number;
  changes: ToolChange[];
}

const ANONYMOUS = 'anonymous\0';

/** Names who asked, as far as requests tell. */
export const audienceOf = (principal: string | undefined, about: readonly (string | undefined)[]): string =>
  `${principal === undefined ? ANONYMOUS : `principal\0${principal}\0`}${about.map((part) => part ?? '').join('\0')}`;

const isAnonymous = (audience: string): boolean => audience.startsWith(ANONYMOUS);
