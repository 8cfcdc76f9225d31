import type { Attributes } from '@opentelemetry/api';
import { OTHER } from '../session/client.ts';
import { ATTR } from './semconv.ts';

/** Label sets of a metric that keep their names, for each server. */
export const MAX_LABEL_SETS = 4_000;
/** Label sets of a metric and a server in all. Beyond them, everything counts as overflow, as in the SDK. */
const MAX_SERIES = MAX_LABEL_SETS + 500;
/** Label sets of a metric that keep their names, of all servers together. */
const MAX_LABEL_SETS_IN_ALL = 40_000;
/** A server may always have so many, whatever the others have: 20 tools of which 10 clients call each, and both directions. */
const MIN_LABEL_SETS = 400;
const OVERFLOW = 'otel.metric.overflow';

/** The label sets of one server. */
interface OfServer<Series> {
  readonly named: Map<string, Series>;
  readonly folded: Map<string, Series>;
}

/**
 * Bounds the label sets of one metric: beyond the bound, names become `_OTHER`. Each set has one series. A server with many
 * names takes none from another.
 */
export class LabelSets<Series> {
  readonly #make: (labels: Attributes) => Series;
  readonly #onFolded: () => void;
  readonly #servers = new Map<unknown, OfServer<Series>>();
  #named = 0;

  constructor(make: (labels: Attributes) => Series, onFolded: () => void) {
    this.#make = make;
    this.#onFolded = onFolded;
  }

  of(labels: Attributes): Series {
    const own = this.#of(labels[ATTR.server]);
    const key = keyOf(labels);
    const known = own.named.get(key);
    if (known !== undefined) return known;
    if (this.#hasRoom(own.named.size)) {
      this.#named++;
      return this.#added(own.named, key, labels);
    }
    this.#onFolded();
    const folded = { ...labels };
    for (const name of [ATTR.client, ATTR.toolName, ATTR.promptName]) if (name in folded) folded[name] = OTHER;
    return this.#ofFolded(own, folded);
  }

  /** Server by server, in the order in which they were first met. */
  *all(): Generator<Series> {
    for (const { named, folded } of this.#servers.values()) {
      yield* named.values();
      yield* folded.values();
    }
  }

  #of(server: unknown): OfServer<Series> {
    let own = this.#servers.get(server);
    if (own === undefined) {
      own = { named: new Map(), folded: new Map() };
      this.#servers.set(server, own);
    }
    return own;
  }

  #hasRoom(own: number): boolean {
    return own < MIN_LABEL_SETS || (own < MAX_LABEL_SETS && this.#named < MAX_LABEL_SETS_IN_ALL);
  }

  #ofFolded(own: OfServer<Series>, labels: Attributes): Series {
    const key = keyOf(labels);
    const known = own.named.get(key) ?? own.folded.get(key);
    if (known !== undefined) return known;
    const isFull = own.named.size + own.folded.size >= MAX_SERIES - 1;
    return isFull ? this.#overflow(own, labels[ATTR.server]) : this.#added(own.folded, key, labels);
  }

  /** It names the server, so that two servers with an overflow are not the same series. */
  #overflow(own: OfServer<Series>, server: Attributes[string]): Series {
    const labels: Attributes = { [OVERFLOW]: true, ...(server !== undefined && { [ATTR.server]: server }) };
    const key = keyOf(labels);
    return own.folded.get(key) ?? this.#added(own.folded, key, labels);
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
