import type { EventSink, NoticeKind } from './event.ts';

const MAX_DETAIL_CHARS = 200;

/** Emits each kind of notice once, because a notice concerns the server, not one session. */
export class Notices {
  readonly #emitted = new Set<NoticeKind>();
  readonly #emit: EventSink;

  constructor(emit: EventSink) {
    this.#emit = emit;
  }

  /** @param detail what was seen; shapes and names of hosts, never contents */
  report(what: NoticeKind, detail: string, at: number): void {
    if (this.#emitted.has(what)) return;
    this.#emitted.add(what);
    this.#emit({ kind: 'notice', at, what, detail: detail.slice(0, MAX_DETAIL_CHARS) });
  }
}
