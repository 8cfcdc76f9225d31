import type { EventSink } from './event.ts';

/** Texts beyond this number are counted together: they may name what a client made up. */
const MAX_TEXTS = 50;
const OTHER_REASONS = 'other reasons';

/** Reports requests that mcpspan itself refused, by their reasons. */
export class OwnRefusals {
  readonly #texts = new Set<string>();
  readonly #emit: EventSink;

  constructor(emit: EventSink) {
    this.#emit = emit;
  }

  /** @param text why, for people; `''`: the upstream is out of reach, of which others tell */
  report(status: number, text: string, at: number): void {
    this.#emit({ kind: 'http-exchange', httpClass: 'refused', status });
    if (text === '') return;
    const isNew = !this.#texts.has(text);
    if (isNew && this.#texts.size >= MAX_TEXTS) {
      this.#emit({ kind: 'refused', at, status, text: OTHER_REASONS, isNew: false });
      return;
    }
    this.#texts.add(text);
    this.#emit({ kind: 'refused', at, status, text, isNew });
  }
}
