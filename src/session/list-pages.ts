import { keepNewest } from '../transport/bounded.ts';

/** One answer to a list call, as far as its place among the pages of its list is concerned. */
export interface PagePlace {
  /** Who asked. */
  audience: string;
  /** What was asked for; undefined: the first page. */
  cursor: string | undefined;
  /** What the next page is to be asked for with; undefined: there is none. */
  next: string | undefined;
}

/** A list from its first page to its last: the hash of each tool's contract. */
export interface WholeList {
  tools: ReadonlyMap<string, string>;
  /** It took several answers, so the server may have changed in between. */
  paged: boolean;
}

interface ListedName {
  readonly name: string;
  readonly contract: { readonly hash: string };
}

const MAX_OPEN = 64;
const MAX_NAMES = 5_000;

/**
 * Puts the pages of lists together. A request names its page by the cursor of the page before it: so lists that are read
 * at the same time stay apart, whether they belong to a session or not.
 */
export class ListPages {
  readonly #open = new Map<string, Map<string, string>>();
  /** Lists of one page: most answers repeat an earlier one, and are the same object then. */
  readonly #single = new WeakMap<object, WholeList>();

  /** Returns the list that is complete now. A list with a page that was not seen, or too long to keep, is never complete. */
  add({ audience, cursor, next }: PagePlace, tools: readonly ListedName[]): WholeList | undefined {
    if (cursor === undefined && next === undefined) return this.#ofOnePage(tools);
    const before = cursor === undefined ? new Map<string, string>() : this.#take(audience, cursor);
    if (before === undefined || before.size + tools.length > MAX_NAMES) return undefined;
    for (const { name, contract } of tools) before.set(name, contract.hash);
    if (next === undefined) return { tools: before, paged: true };
    this.#open.set(keyOf(audience, next), before);
    keepNewest(this.#open, MAX_OPEN);
    return undefined;
  }

  #ofOnePage(tools: readonly ListedName[]): WholeList {
    const known = this.#single.get(tools);
    if (known !== undefined) return known;
    const whole = { tools: new Map(tools.map(({ name, contract }) => [name, contract.hash])), paged: false };
    this.#single.set(tools, whole);
    return whole;
  }

  #take(audience: string, cursor: string): Map<string, string> | undefined {
    const key = keyOf(audience, cursor);
    const tools = this.#open.get(key);
    this.#open.delete(key);
    return tools;
  }
}

const keyOf = (audience: string, cursor: string): string => `${audience}\0\0${cursor}`;
