/** The latest list of one audience. */
export interface OfferedList {
  /** The hash of each tool's contract. Equal lists are one object. */
  readonly tools: ReadonlyMap<string, string>;
  readonly at: number;
  /** It was seen from its first page to its last. */
  readonly whole: boolean;
  /** Tools that a list of several pages lacked for the first time: it may have been cut in two by a release. */
  readonly doubted: ReadonlySet<string>;
}

interface SharedList {
  key: string;
  tools: ReadonlyMap<string, string>;
  users: number;
}

const MAX_AUDIENCES = 1_000;
const MAX_ENTRIES = 100_000;
const NOTHING_DOUBTED: ReadonlySet<string> = new Set();

/** What each audience was offered last. Most of them are offered the same. */
export class OfferedLists {
  /** The latest last. */
  readonly #lists = new Map<string, OfferedList & { shared: SharedList }>();
  readonly #shared = new Map<string, SharedList>();
  readonly #keys = new WeakMap<ReadonlyMap<string, string>, string>();
  #entries = 0;
  #forgotAt = Number.NEGATIVE_INFINITY;

  of(audience: string): OfferedList | undefined {
    return this.#lists.get(audience);
  }

  *all(): Generator<readonly [audience: string, OfferedList]> {
    yield* this.#lists;
  }

  set(
    audience: string,
    tools: ReadonlyMap<string, string>,
    { at, whole, doubted = NOTHING_DOUBTED }: { at: number; whole: boolean; doubted?: ReadonlySet<string> },
  ): void {
    const before = this.#lists.get(audience);
    if (
      before !== undefined &&
      before.tools === tools &&
      before.whole === whole &&
      doubted.size + before.doubted.size === 0
    ) {
      this.#lists.delete(audience);
      this.#lists.set(audience, { ...before, at });
      return;
    }
    this.#delete(audience);
    const shared = this.#share(tools);
    this.#lists.set(audience, { tools: shared.tools, at, whole, doubted, shared });
    for (const oldest of this.#lists.keys()) {
      if (this.#lists.size <= MAX_AUDIENCES && this.#entries <= MAX_ENTRIES) break;
      this.#forgotAt = Math.max(this.#forgotAt, this.#lists.get(oldest)?.at ?? 0);
      this.#delete(oldest);
    }
  }

  /** Whether any audience may have been offered a tool in its latest list since then. One that was forgotten may have been. */
  mayOffer(name: string, since: number): boolean {
    if (this.#forgotAt > since) return true;
    for (const { tools, at } of this.#lists.values()) if (at > since && tools.has(name)) return true;
    return false;
  }

  #share(tools: ReadonlyMap<string, string>): SharedList {
    const key = this.#keys.get(tools) ?? [...tools].map(([name, hash]) => `${name}\0${hash}`).join('\0');
    this.#keys.set(tools, key);
    const known = this.#shared.get(key);
    if (known !== undefined) {
      known.users++;
      return known;
    }
    const shared = { key, tools, users: 1 };
    this.#shared.set(key, shared);
    this.#entries += tools.size;
    return shared;
  }

  #delete(audience: string): void {
    const list = this.#lists.get(audience);
    if (list === undefined) return;
    this.#lists.delete(audience);
    if (--list.shared.users > 0) return;
    this.#shared.delete(list.shared.key);
    this.#entries -= list.shared.tools.size;
  }
}
