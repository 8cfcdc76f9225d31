import { keepNewest } from '../transport/bounded.ts';

/** The tools that one session, or activity, was offered. */
export interface OfferedTools {
  /** Of a list that was seen from its first page to its last; undefined: there is none, or it is being read. */
  whole: ReadonlySet<string> | undefined;
  /** Of the pages so far of a list that goes on; undefined: none is under way. */
  pages: string[] | undefined;
}

const MAX_NAME_CHARS = 128;
const MAX_NAMES = 2_000;
const MAX_SHARED = 100;

/** The tools each session was offered. Kept by session, because users have different tools and pages of lists interleave. */
export class ToolLists {
  /** Most sessions are offered the same. */
  readonly #shared = new Map<string, ReadonlySet<string>>();

  /** One page of a list: what is offered then. @param first it is the first page. @param last no page follows. */
  after(
    offered: OfferedTools | undefined,
    { names, first, last }: { names: readonly string[]; first: boolean; last: boolean },
  ): OfferedTools | undefined {
    // A page in the middle of a list whose beginning was not seen, or that is too long to keep, makes no list.
    const before = first ? [] : offered?.pages;
    if (before === undefined || before.length + names.length > MAX_NAMES) return undefined;
    const all = [...before, ...names.map((name) => name.slice(0, MAX_NAME_CHARS))];
    return last ? { whole: this.#share(all), pages: undefined } : { whole: undefined, pages: all };
  }

  #share(names: readonly string[]): ReadonlySet<string> {
    const key = names.join('\0');
    const list = this.#shared.get(key) ?? new Set(names);
    this.#shared.delete(key);
    this.#shared.set(key, list);
    keepNewest(this.#shared, MAX_SHARED);
    return list;
  }
}

/** Whether this tool is among those offered; undefined: no whole list is known. */
export const isOffered = (offered: OfferedTools | undefined, name: string): boolean | undefined =>
  offered?.whole?.has(name.slice(0, MAX_NAME_CHARS));
