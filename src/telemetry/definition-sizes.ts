import { OTHER } from '../session/client.ts';
import { OFFERED_MS, type ListedTool } from '../session/surface.ts';

/** As many tools as one list is read for. */
const MAX_DEFINITIONS = 1_000;

/** The size of the definition of each tool that a server offers, as its latest lists have it. */
export class DefinitionSizes {
  readonly #sizes = new Map<string, { bytes: number; at: number }>();
  readonly #onFolded: () => void;
  #other = 0;
  #latest = 0;

  /** @param onFolded called when a tool finds no room under its own name */
  constructor(onFolded: () => void) {
    this.#onFolded = onFolded;
  }

  listed(tools: readonly ListedTool[], at: number): void {
    this.#latest = Math.max(this.#latest, at);
    for (const [name, size] of this.#sizes) if (size.at < this.#latest - OFFERED_MS) this.#sizes.delete(name);
    this.#other = 0;
    for (const { name, bytes } of tools) {
      if (this.#sizes.has(name) || this.#sizes.size < MAX_DEFINITIONS) this.#sizes.set(name, { bytes, at });
      else {
        this.#other += bytes;
        this.#onFolded();
      }
    }
  }

  *all(): Generator<readonly [tool: string, bytes: number]> {
    for (const [name, { bytes }] of this.#sizes) yield [name, bytes];
    if (this.#other > 0) yield [OTHER, this.#other];
  }
}
