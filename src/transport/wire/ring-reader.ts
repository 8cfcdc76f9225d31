import { Buffer } from 'node:buffer';
import { UPSTREAM_FAULTS } from '../upstream-fault.ts';
import { align, CELL, CONTROL_BYTES, KIND, REASONS, RECORD_BYTES, type SharedRing } from './ring-writer.ts';
import type { Carrier, SpanChoice, Tap, WireEvent } from './wire-event.ts';

const HTTP_SLASH = 'HTTP/'.length;
const HEX_SPAN = 16;
const HEX_TRACE = 32;

/** What a ring had no room for so far. The counts are in shared memory, so they outlive an observer. */
export interface RingCounts {
  copiesDropped: number;
  exchangesDropped: number;
}

/** The observer's end of a ring. */
export class RingReader {
  readonly #cells: Int32Array;
  readonly #data: Buffer;
  readonly #words: Uint32Array;
  readonly #floats: Float64Array;

  constructor(ring: SharedRing) {
    this.#cells = new Int32Array(ring.memory, 0, CONTROL_BYTES / 4);
    this.#data = Buffer.from(ring.memory, CONTROL_BYTES);
    this.#words = new Uint32Array(ring.memory, CONTROL_BYTES);
    this.#floats = new Float64Array(ring.memory, CONTROL_BYTES);
    // A record that killed the last observer was claimed by it, and is not read again.
    Atomics.store(this.#cells, CELL.released, Atomics.load(this.#cells, CELL.claimed));
  }

  /** Hands at most `max` records to `tap`, and returns how many. A record is claimed before it is handled. */
  drain(tap: Tap, max: number): number {
    let position = Atomics.load(this.#cells, CELL.claimed);
    let handled = 0;
    while (handled < max && position !== Atomics.load(this.#cells, CELL.write)) {
      const offset = position;
      const length = this.#words[offset >> 2] ?? 0;
      const end = offset + align(length);
      position = end >= this.#data.length ? 0 : end;
      Atomics.store(this.#cells, CELL.claimed, position);
      try {
        const event = this.#event(offset, length);
        if (event !== undefined) {
          handled++;
          tap(event);
        }
      } finally {
        Atomics.store(this.#cells, CELL.released, position);
      }
    }
    return handled;
  }

  /** Resolves when there is something to read, or after `milliseconds`. */
  async sleep(milliseconds: number): Promise<void> {
    Atomics.store(this.#cells, CELL.sleeping, 1);
    if (Atomics.load(this.#cells, CELL.write) === Atomics.load(this.#cells, CELL.claimed)) {
      const waiting = Atomics.waitAsync(this.#cells, CELL.sleeping, 1, milliseconds);
      if (waiting.async) await waiting.value;
    }
    Atomics.store(this.#cells, CELL.sleeping, 0);
  }

  /** Ends a `sleep`. */
  wake(): void {
    Atomics.store(this.#cells, CELL.sleeping, 0);
    Atomics.notify(this.#cells, CELL.sleeping);
  }

  counts(): RingCounts {
    return {
      copiesDropped: Atomics.load(this.#cells, CELL.copiesDropped),
      exchangesDropped: Atomics.load(this.#cells, CELL.exchangesDropped),
    };
  }

  #event(offset: number, length: number): WireEvent | undefined {
    const word = offset >> 2;
    const kind = this.#words[word + 1];
    if (kind === KIND.skip) return undefined;
    const at = this.#floats[(offset >> 3) + 1] ?? 0;
    const exchange = this.#words[word + 4] ?? 0;
    const a = this.#words[word + 5] ?? 0;
    const b = this.#words[word + 6] ?? 0;
    const extra = this.#floats[(offset >> 3) + 4] ?? 0;
    const from = offset + RECORD_BYTES;
    switch (kind) {
      case KIND.opened: {
        const { line, headers } = this.#head(from, offset + length);
        const [method = '', target = '', version = ''] = line.split(' ');
        const httpVersion = version.slice(HTTP_SLASH);
        const carrier: Carrier = { kind: 'http', method, target, httpVersion, headers, ...(a !== 0 && { peer: a }) };
        return { kind: 'opened', exchange, at, ...(b > 0 && { server: b }), carrier };
      }
      case KIND.wrapped: {
        const program = this.#data.toString('latin1', from, offset + length);
        return { kind: 'opened', exchange, at, carrier: { kind: 'stdio', program } };
      }
      case KIND.bytesToServer:
      case KIND.bytesToClient: {
        const direction = kind === KIND.bytesToServer ? 'to-server' : 'to-client';
        return { kind: 'bytes', exchange, at, direction, bytes: this.#data.subarray(from, from + a) };
      }
      case KIND.requested: {
        const span = b === 0 ? undefined : this.#span(b, this.#data.toString('latin1', from, offset + length));
        return { kind: 'requested', exchange, at, sentAt: extra, size: a, span };
      }
      case KIND.answered:
        return { kind: 'answered', exchange, at, status: a, headers: this.#head(from, offset + length).headers };
      case KIND.refused: {
        const text = this.#data.toString('latin1', from, offset + length);
        return { kind: 'refused', exchange, at, ...(b > 0 && { server: b - 1 }), status: a, text };
      }
      case KIND.closed: {
        const fault = UPSTREAM_FAULTS[b - 1];
        const reason = REASONS[a] ?? 'complete';
        return { kind: 'closed', exchange, at, reason, size: extra, ...(fault !== undefined && { fault }) };
      }
      default:
        return undefined;
    }
  }

  /** A head as the relay read it: it is well-formed. */
  #head(from: number, to: number): { line: string; headers: string[] } {
    const [line = '', ...fields] = this.#data.toString('latin1', from, to).split('\r\n');
    const headers: string[] = [];
    for (const field of fields) {
      const colon = field.indexOf(':');
      if (colon > 0) headers.push(field.slice(0, colon), trimmed(field, colon + 1));
    }
    return { line, headers };
  }

  #span(flags: number, ids: string): SpanChoice {
    const rest = ids.slice(HEX_SPAN);
    return {
      spanId: ids.slice(0, HEX_SPAN),
      propagated: (flags & 2) !== 0,
      session:
        (flags & 4) === 0
          ? undefined
          : {
              traceId: rest.slice(0, HEX_TRACE),
              rootSpanId: rest.slice(HEX_TRACE, HEX_TRACE + HEX_SPAN),
              segment: Number(rest.slice(HEX_TRACE + HEX_SPAN)),
            },
    };
  }
}

/** Without the spaces and tabs around it. `trim` takes more for white space, which is a part of a value. */
function trimmed(field: string, from: number): string {
  let start = from;
  let end = field.length;
  while (start < end && (field[start] === ' ' || field[start] === '\t')) start++;
  while (end > start && (field[end - 1] === ' ' || field[end - 1] === '\t')) end--;
  return field.slice(start, end);
}
