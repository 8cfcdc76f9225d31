import { Buffer } from 'node:buffer';
import { UPSTREAM_FAULTS, type UpstreamFault } from '../upstream-fault.ts';
import { asBuffer, copyInto } from './copy.ts';
import type { CloseReason, Direction, SpanChoice } from './wire-event.ts';

/**
 * A ring in shared memory, with one writer and one reader, through which wire events get from a relay thread to the
 * observer. It is bounded, allocates nothing per event, and outlives an observer that died.
 *
 * Memory: a control block of 32-bit cells (`CELL`), then the data. A record is 8-byte aligned and never wraps: when
 * it does not fit before the end, a `skip` record fills the rest. Record: u32 length, u32 kind, f64 at, u32 exchange,
 * two u32 of the kind's own, a gap of four bytes, f64 extra, payload.
 */
export interface SharedRing {
  memory: SharedArrayBuffer;
}

/** Up to this size a loop in JavaScript beats a call into native code. */
const MAX_SMALL_BYTES = 256;

export const CELL = {
  /** Where the next record will be written. */
  write: 0,
  /** How far the reader has taken records, handled or not. A restarted reader goes on here, so none is read twice. */
  claimed: 1,
  /** How far memory may be overwritten. */
  released: 2,
  /** 1 while the reader sleeps and wants to be woken. */
  sleeping: 3,
  /** Body copies that found no room. */
  copiesDropped: 4,
  /** Exchanges whose head or end found no room. */
  exchangesDropped: 5,
} as const;

export const CONTROL_BYTES = 64;
export const RECORD_BYTES = 40;
export const KIND = {
  skip: 0,
  opened: 1,
  bytesToServer: 2,
  bytesToClient: 3,
  requested: 4,
  answered: 5,
  closed: 6,
  wrapped: 7,
  refused: 8,
} as const;
export const REASONS: readonly CloseReason[] = [
  'complete',
  'client-left',
  'upstream-failed',
  'upstream-unreachable',
  'timeout',
  'cut-off',
];

/** @param bytes room for records; an eighth of it is kept for heads and ends, and bodies can't take it. */
export function createRing(bytes: number): SharedRing {
  return { memory: new SharedArrayBuffer(CONTROL_BYTES + align(bytes)) };
}

const placeOf = (fault: UpstreamFault | undefined): number =>
  fault === undefined ? 0 : UPSTREAM_FAULTS.indexOf(fault) + 1;

export const align = (bytes: number): number => (bytes + 7) & ~7;

/** The most that one record has of a body; longer pieces are cut. */
const MAX_PIECE_BYTES = 65_536;

const MAX_LATE_ENDS = 65_536;
const MAX_TEXT_CHARS = 300;

/** The relay's end of a ring. Every method copies and returns at once; `false` means that there was no room. */
export class RingWriter {
  readonly #cells: Int32Array;
  readonly #data: Buffer;
  readonly #words: Uint32Array;
  readonly #floats: Float64Array;
  readonly #capacity: number;
  readonly #reserve: number;
  #head: number;
  #late: { exchange: number; at: number; reason: CloseReason; fault: UpstreamFault | undefined }[] = [];

  constructor(ring: SharedRing) {
    this.#cells = new Int32Array(ring.memory, 0, CONTROL_BYTES / 4);
    this.#data = Buffer.from(ring.memory, CONTROL_BYTES);
    this.#words = new Uint32Array(ring.memory, CONTROL_BYTES);
    this.#floats = new Float64Array(ring.memory, CONTROL_BYTES);
    this.#capacity = this.#data.length;
    this.#reserve = this.#capacity >> 3;
    this.#head = Atomics.load(this.#cells, CELL.write);
  }

  /**
   * @param head the head of the request as it came: lines that end with CRLF
   * @param peer stands for the client's address; 0: unknown
   * @param server which of the servers behind the relay it is for
   */
  opened(exchange: number, at: number, head: Uint8Array, peer = 0, server = 0): boolean {
    return this.#record(KIND.opened, exchange, at, peer, server, 0, head);
  }

  /** A wrapped process has started. */
  wrapped(exchange: number, at: number, program: string): boolean {
    return this.#record(KIND.wrapped, exchange, at, 0, 0, 0, program);
  }

  bytes(exchange: number, at: number, direction: Direction, bytes: Uint8Array): boolean {
    const kind = direction === 'to-server' ? KIND.bytesToServer : KIND.bytesToClient;
    for (let from = 0; from < bytes.length; from += MAX_PIECE_BYTES) {
      const piece = bytes.length <= MAX_PIECE_BYTES ? bytes : bytes.subarray(from, from + MAX_PIECE_BYTES);
      const offset = this.#claim(RECORD_BYTES + piece.length, this.#reserve);
      if (offset < 0) {
        Atomics.add(this.#cells, CELL.copiesDropped, 1);
        return false;
      }
      this.#header(offset, kind, exchange, at, piece.length, 0, 0);
      this.#put(piece, offset + RECORD_BYTES);
      this.#publish(offset, RECORD_BYTES + piece.length);
    }
    return true;
  }

  requested(exchange: number, at: number, sentAt: number, size: number, span: SpanChoice | undefined): boolean {
    if (span === undefined) return this.#record(KIND.requested, exchange, at, size, 0, sentAt, '');
    const { session } = span;
    const flags = 1 | (span.propagated ? 2 : 0) | (session === undefined ? 0 : 4);
    const ids =
      session === undefined ? span.spanId : `${span.spanId}${session.traceId}${session.rootSpanId}${session.segment}`;
    return this.#record(KIND.requested, exchange, at, size, flags, sentAt, ids);
  }

  /** @param head the head of the answer as it came: lines that end with CRLF */
  answered(exchange: number, at: number, status: number, head: Uint8Array): boolean {
    return this.#record(KIND.answered, exchange, at, status, 0, 0, head);
  }

  /**
   * An end that finds no room is kept and written before the next record; else the exchange would stay open for the
   * observer. The record has the places of the reason and of the fault in their tables, the latter from 1 on: 0 is none.
   */
  closed(exchange: number, at: number, reason: CloseReason, size: number, fault?: UpstreamFault): boolean {
    const written = this.#record(KIND.closed, exchange, at, REASONS.indexOf(reason), placeOf(fault), size, '');
    if (!written && this.#late.length < MAX_LATE_ENDS) this.#late.push({ exchange, at, reason, fault });
    return written;
  }

  /**
   * @param text why, for people; cut to a length that any ring has room for
   * @param server which it was for; undefined: that is not known. The record has it from 1 on
   */
  refused(exchange: number, at: number, status: number, text: string, server?: number): boolean {
    const place = server === undefined ? 0 : server + 1;
    return this.#record(KIND.refused, exchange, at, status, place, 0, text.slice(0, MAX_TEXT_CHARS));
  }

  #record(
    kind: number,
    exchange: number,
    at: number,
    a: number,
    b: number,
    extra: number,
    payload: string | Uint8Array,
  ): boolean {
    if (this.#late.length > 0) this.#writeLate();
    // Nothing may overtake an end: the next exchange with the same number would seem to have ended.
    if (this.#late.length === 0 && this.#write(kind, exchange, at, a, b, extra, payload)) return true;
    Atomics.add(this.#cells, CELL.exchangesDropped, 1);
    return false;
  }

  #write(
    kind: number,
    exchange: number,
    at: number,
    a: number,
    b: number,
    extra: number,
    payload: string | Uint8Array,
  ): boolean {
    const offset = this.#claim(RECORD_BYTES + payload.length, 0);
    if (offset < 0) return false;
    this.#header(offset, kind, exchange, at, a, b, extra);
    if (typeof payload !== 'string') this.#put(payload, offset + RECORD_BYTES);
    else if (payload !== '') this.#data.write(payload, offset + RECORD_BYTES, 'latin1');
    this.#publish(offset, RECORD_BYTES + payload.length);
    return true;
  }

  #put(bytes: Uint8Array, at: number): void {
    if (bytes.length < MAX_SMALL_BYTES) this.#data.set(bytes, at);
    else copyInto(this.#data, at, asBuffer(bytes));
  }

  /** Ends that found no room before, oldest first, as far as there is room now. */
  #writeLate(): void {
    let written = 0;
    for (const { exchange, at, reason, fault } of this.#late) {
      if (!this.#write(KIND.closed, exchange, at, REASONS.indexOf(reason), placeOf(fault), 0, '')) break;
      written++;
    }
    if (written > 0) this.#late.splice(0, written);
  }

  /** Finds room for `bytes` that leaves `spare` free; -1 when there is none. */
  #claim(bytes: number, spare: number): number {
    const needed = align(bytes);
    const released = Atomics.load(this.#cells, CELL.released);
    const head = this.#head;
    const used = head >= released ? head - released : head - released + this.#capacity;
    const rest = this.#capacity - head;
    const skipped = needed > rest ? rest : 0;
    // One cell stays free, so that a full ring and an empty one differ.
    if (used + skipped + needed + spare + 8 > this.#capacity) return -1;
    if (skipped === 0) return head;
    this.#words[head >> 2] = skipped;
    this.#words[(head >> 2) + 1] = KIND.skip;
    return 0;
  }

  #header(offset: number, kind: number, exchange: number, at: number, a: number, b: number, extra: number): void {
    const word = offset >> 2;
    this.#words[word + 1] = kind;
    this.#floats[(offset >> 3) + 1] = at;
    this.#words[word + 4] = exchange;
    this.#words[word + 5] = a;
    this.#words[word + 6] = b;
    this.#floats[(offset >> 3) + 4] = extra;
  }

  #publish(offset: number, bytes: number): void {
    this.#words[offset >> 2] = bytes;
    const end = offset + align(bytes);
    this.#head = end === this.#capacity ? 0 : end;
    Atomics.store(this.#cells, CELL.write, this.#head);
    if (Atomics.load(this.#cells, CELL.sleeping) === 1) {
      Atomics.store(this.#cells, CELL.sleeping, 0);
      Atomics.notify(this.#cells, CELL.sleeping);
    }
  }
}
