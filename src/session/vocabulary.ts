import { OTHER } from './client.ts';

/** How many unproven names may become labels until a complete list is known. */
const MAX_UNPROVEN = 32;
const MAX_NAME_CHARS = 128;

/**
 * The names of one kind (tools, or prompts) that may be labels: offered in a list, answered without an error, named by
 * the operator. A scanner's inventions are `_OTHER`.
 */
export class Vocabulary {
  readonly #most: number;
  readonly #onFolded: () => void;
  readonly #names: Set<string>;
  readonly #maxUnproven: number;
  readonly #unproven = new Set<string>();
  #complete = false;

  constructor(most: number, known: readonly string[], onFolded: () => void) {
    this.#most = most;
    this.#onFolded = onFolded;
    this.#names = new Set(known);
    this.#maxUnproven = known.length === 0 ? MAX_UNPROVEN : 0;
  }

  /** One page of a list. @param last no page follows. */
  offer(names: readonly string[], last: boolean): void {
    for (const name of names) if (this.#names.size < this.#most) this.#names.add(name.slice(0, MAX_NAME_CHARS));
    if (!last) return;
    this.#complete = true;
    this.#unproven.clear();
  }

  /** @param answered the operation that names it ended without any error. */
  label(whole: string, answered: boolean): string {
    const name = whole.slice(0, MAX_NAME_CHARS);
    if (this.#names.has(name)) return name;
    if (answered && this.#names.size < this.#most) {
      this.#names.add(name);
      this.#unproven.delete(name);
      return name;
    }
    if (!this.#complete && (this.#unproven.has(name) || this.#unproven.size < this.#maxUnproven)) {
      this.#unproven.add(name);
      return name;
    }
    this.#onFolded();
    return OTHER;
  }
}
