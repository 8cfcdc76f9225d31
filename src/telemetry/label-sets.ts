import type { Attributes } from '@opentelemetry/api';
import { OTHER } from '../session/client.ts';
import { ATTR } from './semconv.ts';

/** Label sets of a metric that keep their names. */
export const MAX_LABEL_SETS = 4_000;
/** Label sets of a metric in all. Beyond them, everything counts as overflow, as the specification of SDKs asks. */
export const MAX_SERIES = MAX_LABEL_SETS + 500;
const OVERFLOW: Attributes = { 'otel.metric.overflow': true };

/** Bounds the label sets of one metric: beyond the bound, names become `_OTHER`. Each set has one series. */
export class LabelSets<Series> {
  readonly #make: (labels: Attributes) => Series;
  readonly #onFolded: () => void;
  readonly #named = new Map<string, Series>();
  readonly #folded = new Map<string, Series>();

  constructor(make: (labels: Attributes) => Series, onFolded: () => void) {
    this.#make = make;
    this.#onFolded = onFolded;
  }

  of(labels: Attributes): Series {
    const key = keyOf(labels);
    const known = this.#named.get(key);
    if (known !== undefined) return known;
    if (this.#named.size < MAX_LABEL_SETS) return this.#added(this.#named, key, labels);
    this.#onFolded();
    const folded = { ...labels };
    for (const name of [ATTR.client, ATTR.toolName, ATTR.promptName]) if (name in folded) folded[name] = OTHER;
    return this.#ofFolded(keyOf(folded), folded);
  }

  /** In the order in which they were first met. */
  *all(): Generator<Series> {
    yield* this.#named.values();
    yield* this.#folded.values();
  }

  #ofFolded(key: string, labels: Attributes): Series {
    const known = this.#named.get(key) ?? this.#folded.get(key);
    if (known !== undefined) return known;
    const isFull = this.#named.size + this.#folded.size >= MAX_SERIES - 1;
    return isFull ? this.#overflow() : this.#added(this.#folded, key, labels);
  }

  #overflow(): Series {
    const key = keyOf(OVERFLOW);
    return this.#folded.get(key) ?? this.#added(this.#folded, key, OVERFLOW);
  }

  #added(sets: Map<string, Series>, key: string, labels: Attributes): Series {
    const series = this.#make(labels);
    sets.set(key, series);
    return series;
  }
}

export function keyOf(labels: Attributes): string {
  let key = '';
  for (const name in labels) key += `${name}\0${String(labels[name])}\0`;
  return key;
}
