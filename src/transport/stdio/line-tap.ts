import { Buffer } from 'node:buffer';
import type { RingWriter } from '../wire/ring-writer.ts';
import type { Slots } from '../wire/slots.ts';
import type { Direction } from '../wire/wire-event.ts';

const LF = 0x0a;
const END_OF_LINE = Buffer.of(LF);

/** One direction of traffic. */
interface LineState {
  /** The last byte that passed was not a line feed. */
  inLine: boolean;
  /** A part of the line was not copied. */
  torn: boolean;
}

/**
 * Copies the traffic of one wrapped process for the observer, which reads it line by line. When a copy finds no room,
 * the rest of that line is not copied either; a line feed before the next line ends the part that was.
 */
export class LineCopier {
  readonly #ring: RingWriter;
  readonly #slots: Slots;
  readonly #exchange: number;
  readonly #program: string;
  readonly #lines: Readonly<Record<Direction, LineState>> = {
    'to-server': { inLine: false, torn: false },
    'to-client': { inLine: false, torn: false },
  };
  #bytesToClient = 0;

  /** @param program the name by which people call what runs. */
  constructor(ring: RingWriter, slots: Slots, program: string, at: number) {
    this.#ring = ring;
    this.#slots = slots;
    this.#exchange = slots.take();
    // The ring holds latin-1.
    this.#program = program.replaceAll(/[^\u0020-\u007e\u00a0-\u00ff]/g, '?');
    ring.wrapped(this.#exchange, at, this.#program);
  }

  bytes(at: number, direction: Direction, bytes: Uint8Array): void {
    if (direction === 'to-client') this.#bytesToClient += bytes.length;
    const line = this.#lines[direction];
    const skipped = line.torn && line.inLine ? bytes.indexOf(LF) + 1 || bytes.length : 0;
    line.inLine = bytes.at(-1) !== LF;
    if (skipped === bytes.length) return;
    const ring = this.#ring;
    line.torn = !(
      (!line.torn || ring.bytes(this.#exchange, at, direction, END_OF_LINE)) &&
      ring.bytes(this.#exchange, at, direction, bytes.subarray(skipped))
    );
  }

  /** An observer was started again: it does not know of the process, nor of the lines that have begun. */
  reopened(at: number): void {
    this.#ring.wrapped(this.#exchange, at, this.#program);
    for (const line of Object.values(this.#lines)) line.torn = line.inLine;
  }

  closed(at: number): void {
    this.#ring.closed(this.#exchange, at, 'complete', this.#bytesToClient);
    this.#slots.free(this.#exchange);
  }
}
