import type { Attributes } from '@opentelemetry/api';
import { OTHER } from '../session/client.ts';
import { ATTR } from './semconv.ts';

/** Label sets per instrument. The SDK's own limit is higher, so that all folding happens here and is counted. */
export const MAX_LABEL_SETS = 4_000;
export const SDK_LABEL_SETS = MAX_LABEL_SETS + 500;

/** Bounds the label sets of each instrument: beyond the bound, names become `_OTHER`. */
export class LabelSets {
  readonly #seen = new Map<string, Set<string>>();
  readonly #onFolded: () => void;

  constructor(onFolded: () => void) {
    this.#onFolded = onFolded;
  }

  bounded(instrument: string, labels: Attributes): Attributes {
    let seen = this.#seen.get(instrument);
    if (seen === undefined) {
      seen = new Set();
      this.#seen.set(instrument, seen);
    }
    let key = '';
    for (const name in labels) key += `${String(labels[name])}\0`;
    if (seen.has(key)) return labels;
    if (seen.size < MAX_LABEL_SETS) {
      seen.add(key);
      return labels;
    }
    this.#onFolded();
    const folded = { ...labels };
    for (const name of [ATTR.client, ATTR.toolName, ATTR.promptName]) if (name in folded) folded[name] = OTHER;
    return folded;
  }
}
