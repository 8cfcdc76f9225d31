import type { EventSink, NoticeKind } from './event.ts';

const MAX_DETAIL_CHARS = 200;

/** Tells of each kind once: it concerns the server, not the session in which it was seen. */
export class Notices {
  readonly #told = new Set<NoticeKind>();
  readonly #emit: EventSink;

  constructor(emit: EventSink) {
    this.#emit = emit;
  }

  /** @param detail what was seen; shapes and names of hosts, never contents */
  tell(what: NoticeKind, detail: string, at: number): void {
    if (this.#told.has(what)) return;
    this.#told.add(what);
    this.#emit({ kind: 'notice', at, what, detail: detail.slice(0, MAX_DETAIL_CHARS) });
  }
}
