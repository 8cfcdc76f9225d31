import type { UpstreamFault } from '../upstream-fault.ts';
import type { RingWriter } from '../wire/ring-writer.ts';
import type { Slots } from '../wire/slots.ts';
import type { CloseReason, Direction, SpanChoice } from '../wire/wire-event.ts';

const NOBODY = { peer: 0, server: 0 };

/**
 * Copies one exchange for the observer. When the ring has no room for the head, nothing of the exchange is copied. Of a
 * body that is not an event stream, at most `maxBytes` are copied, as no message is read that is longer.
 */
export class Copier {
  readonly #ring: RingWriter;
  readonly #slots: Slots;
  readonly #exchange: number;
  readonly #maxBytes: number;
  #live: boolean;
  #copied = { 'to-server': 0, 'to-client': 0 };
  #streaming = false;
  requestBytes = 0;
  answerBytes = 0;

  constructor(
    ring: RingWriter,
    slots: Slots,
    maxBytes: number,
    at: number,
    head: Uint8Array,
    { peer, server }: { /** Stands for the client's address; 0: unknown. */ peer: number; server: number } = NOBODY,
  ) {
    this.#ring = ring;
    this.#slots = slots;
    this.#exchange = slots.take();
    this.#maxBytes = maxBytes;
    this.#live = ring.opened(this.#exchange, at, head, peer, server);
  }

  bytes(at: number, direction: Direction, bytes: Uint8Array): void {
    if (direction === 'to-server') this.requestBytes += bytes.length;
    else this.answerBytes += bytes.length;
    if (!this.#live) return;
    const unlimited = this.#streaming && direction === 'to-client';
    const room = unlimited ? bytes.length : this.#maxBytes - this.#copied[direction];
    if (room <= 0) return;
    const copy = bytes.length <= room ? bytes : bytes.subarray(0, room);
    if (this.#ring.bytes(this.#exchange, at, direction, copy)) this.#copied[direction] += copy.length;
  }

  /** Tells how long the request is. Nothing is copied of one that is too large to be read. */
  announce(size: number): void {
    if (size > this.#maxBytes) this.#copied['to-server'] = this.#maxBytes;
  }

  requested(at: number, sentAt: number, span: SpanChoice | undefined): void {
    if (this.#live) this.#ring.requested(this.#exchange, at, sentAt, this.requestBytes, span);
  }

  /**
   * @param head as it came, without its empty line
   * @param streaming the body is an event stream: it has many messages, and all of it is copied.
   * @param size the announced length of the body, -1 where there is none. Nothing is copied of one that is too large to
   *   be read.
   */
  answered(at: number, status: number, head: Uint8Array, streaming: boolean, size: number): void {
    this.#streaming = streaming;
    if (size > this.#maxBytes) this.#copied['to-client'] = this.#maxBytes;
    if (this.#live) this.#ring.answered(this.#exchange, at, status, head);
  }

  closed(at: number, reason: CloseReason, fault?: UpstreamFault): void {
    if (this.#live) this.#ring.closed(this.#exchange, at, reason, this.answerBytes, fault);
    this.#live = false;
    this.#slots.free(this.#exchange);
  }
}
