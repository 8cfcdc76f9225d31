import type { RingWriter } from '../wire/ring-writer.ts';
import type { Slots } from '../wire/slots.ts';
import type { CloseReason, Direction, SpanChoice } from '../wire/wire-event.ts';

/**
 * The copies of one exchange, on their way to the observer. An exchange whose head found no room is not copied at
 * all. Of a body that is not an event stream at most `most` bytes are copied: one message has no more than that.
 */
export class Copier {
  readonly #ring: RingWriter;
  readonly #slots: Slots;
  readonly #exchange: number;
  readonly #most: number;
  #live: boolean;
  #copied = { 'to-server': 0, 'to-client': 0 };
  #streaming = false;
  requestBytes = 0;
  answerBytes = 0;

  constructor(ring: RingWriter, slots: Slots, most: number, at: number, head: string) {
    this.#ring = ring;
    this.#slots = slots;
    this.#exchange = slots.take();
    this.#most = most;
    this.#live = ring.opened(this.#exchange, at, head);
  }

  bytes(at: number, direction: Direction, bytes: Uint8Array): void {
    if (direction === 'to-server') this.requestBytes += bytes.length;
    else this.answerBytes += bytes.length;
    if (!this.#live) return;
    const unlimited = this.#streaming && direction === 'to-client';
    const room = unlimited ? bytes.length : this.#most - this.#copied[direction];
    if (room <= 0) return;
    const copy = bytes.length <= room ? bytes : bytes.subarray(0, room);
    if (this.#ring.bytes(this.#exchange, at, direction, copy)) this.#copied[direction] += copy.length;
  }

  /** The request is this long: of one that is too large to be read nothing is copied. */
  announce(size: number): void {
    if (size > this.#most) this.#copied['to-server'] = this.#most;
  }

  requested(at: number, sentAt: number, span: SpanChoice | undefined): void {
    if (this.#live) this.#ring.requested(this.#exchange, at, sentAt, this.requestBytes, span);
  }

  /**
   * @param streaming the body is an event stream: many messages, copied without end.
   * @param size of the body as announced, -1: not told; of one that is too large to be read nothing is copied.
   */
  answered(at: number, status: number, headers: readonly string[], streaming: boolean, size: number): void {
    this.#streaming = streaming;
    if (size > this.#most) this.#copied['to-client'] = this.#most;
    if (this.#live) this.#ring.answered(this.#exchange, at, status, headers.join('\n'));
  }

  closed(at: number, reason: CloseReason): void {
    if (this.#live) this.#ring.closed(this.#exchange, at, reason, this.answerBytes);
    this.#live = false;
    this.#slots.free(this.#exchange);
  }
}
