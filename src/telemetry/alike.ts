import { methodLabel } from '../session/labels.ts';
import type { EndedOperation } from '../session/operation.ts';

const MAX_MADE = 4_000;
/** Of one client and target: few, because they are searched one by one. */
const MAX_ALIKE = 32;

/**
 * Makes something once for all operations that are alike, within bounds. Comparing an operation with the few of the same
 * client and target takes a third of the time of a text made of all that matters.
 */
export class Alike<Made> {
  readonly #make: (operation: EndedOperation) => Made;
  readonly #fits: (made: Made, operation: EndedOperation) => boolean;
  readonly #byClient = new Map<string, Map<string, Made[]>>();
  #size = 0;

  /** @param fits whether it was made for an operation like this one, of the same client, and of the same target or method */
  constructor(make: (operation: EndedOperation) => Made, fits: (made: Made, operation: EndedOperation) => boolean) {
    this.#make = make;
    this.#fits = fits;
  }

  of(operation: EndedOperation): Made {
    const about = operation.targetLabel ?? methodLabel(operation.method);
    const byTarget = this.#byClient.get(operation.clientLabel);
    const alike = byTarget?.get(about);
    if (alike !== undefined) for (const made of alike) if (this.#fits(made, operation)) return made;
    const made = this.#make(operation);
    if (alike !== undefined) {
      if (alike.push(made) > MAX_ALIKE) alike.shift();
    } else if (byTarget !== undefined) byTarget.set(about, [made]);
    else this.#byClient.set(operation.clientLabel, new Map([[about, [made]]]));
    if (++this.#size > MAX_MADE) this.#forget();
    return made;
  }

  #forget(): void {
    this.#byClient.clear();
    this.#size = 0;
  }
}
