import type { Socket } from 'node:net';

const DIGIT_ONE = 0x31;
/** Where the status stands in a status line. */
const STATUS_AT = 9;
const MAX_INTERIM_BYTES = 65_536;
const END_OF_HEAD = '\r\n\r\n';

/**
 * Takes each `100 Continue` out of what is read from an upstream. Nobody asked for it, as `Expect` is answered by us,
 * but a client has to be able to take one (RFC 9110, 15.2): undici closes the connection, though the request was
 * understood.
 */
export class InterimFilter {
  #awaitsAnswer = false;
  #held: Buffer | undefined;

  /** A request has been sent: the next bytes are the head of an answer. */
  await(): void {
    this.#awaitsAnswer = true;
    this.#held = undefined;
  }

  /** Has `socket.read()` without a size, as undici calls it, leave them out. */
  install(socket: Socket): void {
    // A socket without an encoding yields buffers.
    const read = socket.read.bind(socket) as (size?: number) => Buffer | null;
    socket.read = (size?: number) => {
      // Node itself calls `read(0)` to have more fetched, and throws away what that returns.
      if (size !== undefined) return read(size);
      for (;;) {
        const piece = read();
        if (piece === null || !this.#awaitsAnswer) return piece;
        const passed = this.#filter(piece);
        if (passed !== undefined) return passed;
      }
    };
  }

  /** What goes on of this piece; undefined: nothing yet. */
  #filter(piece: Buffer): Buffer | undefined {
    let rest = this.#held === undefined ? piece : Buffer.concat([this.#held, piece]);
    this.#held = undefined;
    const passed: Buffer[] = [];
    for (;;) {
      if (rest.length > STATUS_AT && rest[STATUS_AT] !== DIGIT_ONE) {
        this.#awaitsAnswer = false;
        return passed.length === 0 ? rest : Buffer.concat([...passed, rest]);
      }
      const end = rest.indexOf(END_OF_HEAD);
      if (end === -1) break;
      const head = rest.subarray(0, end + END_OF_HEAD.length);
      if (!/^HTTP\/1\.[01] 100[ \r]/.test(head.toString('latin1', 0, STATUS_AT + 4))) passed.push(head);
      rest = rest.subarray(head.length);
    }
    if (rest.length > MAX_INTERIM_BYTES) {
      this.#awaitsAnswer = false;
      passed.push(rest);
    } else if (rest.length > 0) this.#held = rest;
    return passed.length === 0 ? undefined : Buffer.concat(passed);
  }
}
