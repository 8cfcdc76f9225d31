import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { RingReader } from '../../../src/transport/wire/ring-reader.ts';
import { createRing, RingWriter } from '../../../src/transport/wire/ring-writer.ts';
import type { WireEvent } from '../../../src/transport/wire/wire-event.ts';
import { TLS_FAULTS } from '../../../src/transport/tls/tls-fault.ts';

const head = (text: string): Buffer => Buffer.from(text, 'latin1');

const MIN_BYTES = 65_536;

function startRing(bytes = MIN_BYTES) {
  const ring = createRing(bytes);
  const writer = new RingWriter(ring);
  const reader = new RingReader(ring);
  /** Everything there is, with copies of the bytes. */
  const drain = (from = reader, most = Number.POSITIVE_INFINITY): WireEvent[] => {
    const events: WireEvent[] = [];
    from.drain((event) => {
      events.push(event.kind === 'bytes' ? { ...event, bytes: Uint8Array.from(event.bytes) } : event);
    }, most);
    return events;
  };
  const body = (length: number, exchange = 1) => writer.bytes(exchange, 0, 'to-client', Buffer.alloc(length, 'x'));
  /** Bodies until none fits; returns how many bytes that were. */
  const fillWithBodies = (): number => {
    let sum = 0;
    for (const size of [4_000, 200, 0 + 8]) while (body(size)) sum += size;
    return sum;
  };
  /** Heads until none fits. */
  const fill = (): void => {
    fillWithBodies();
    for (const size of [1_000, 0]) while (writer.opened(9, 0, head('x'.repeat(size))));
  };
  return { ring, writer, reader, drain, body, fillWithBodies, fill };
}

describe('the ring', () => {
  it('hands on every kind of event as it was written', () => {
    const { writer, drain } = startRing();
    const span = { spanId: '0123456789abcdef', propagated: true, session: undefined };
    const session = { traceId: 'a'.repeat(32), rootSpanId: 'b'.repeat(16), segment: 12 };
    writer.opened(
      7,
      1.25,
      head('POST /mcp?a=b HTTP/1.1\r\nHost:localhost\r\nX-Empty: \r\nX-Latin: \t caf\xe9\xa0 \r\n'),
    );
    writer.bytes(7, 2, 'to-server', Uint8Array.of(0, 255, 10));
    writer.requested(7, 3.5, 4.75, 3, undefined);
    writer.requested(8, 3.5, 4.75, 2 ** 31, span);
    writer.requested(9, 3.5, 4.75, 3, { ...span, propagated: false, session });
    writer.answered(7, 5, 200, head('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n'));
    writer.answered(8, 5, 204, head('HTTP/1.1 204 No Content\r\n'));
    writer.bytes(7, 6, 'to-client', Buffer.from('data: é\n\n'));
    writer.closed(7, 1_767_225_600_000.123, 'upstream-failed', 2 ** 40);
    writer.closed(4_294_967_295, 7, 'timeout', 0);
    expect(drain()).toEqual([
      {
        kind: 'opened',
        exchange: 7,
        at: 1.25,
        carrier: {
          kind: 'http',
          method: 'POST',
          target: '/mcp?a=b',
          httpVersion: '1.1',
          headers: ['Host', 'localhost', 'X-Empty', '', 'X-Latin', 'caf\xe9\xa0'],
        },
      },
      { kind: 'bytes', exchange: 7, at: 2, direction: 'to-server', bytes: Uint8Array.of(0, 255, 10) },
      { kind: 'requested', exchange: 7, at: 3.5, sentAt: 4.75, size: 3, span: undefined },
      { kind: 'requested', exchange: 8, at: 3.5, sentAt: 4.75, size: 2 ** 31, span },
      {
        kind: 'requested',
        exchange: 9,
        at: 3.5,
        sentAt: 4.75,
        size: 3,
        span: { ...span, propagated: false, session },
      },
      { kind: 'answered', exchange: 7, at: 5, status: 200, headers: ['Content-Type', 'text/event-stream'] },
      { kind: 'answered', exchange: 8, at: 5, status: 204, headers: [] },
      { kind: 'bytes', exchange: 7, at: 6, direction: 'to-client', bytes: Uint8Array.from(Buffer.from('data: é\n\n')) },
      { kind: 'closed', exchange: 7, at: 1_767_225_600_000.123, reason: 'upstream-failed', size: 2 ** 40 },
      { kind: 'closed', exchange: 4_294_967_295, at: 7, reason: 'timeout', size: 0 },
    ]);
  });

  it('goes round and round, with records of any size', () => {
    const { writer, drain, reader } = startRing();
    for (let round = 0; round < 2_000; round++) {
      const bytes = Buffer.alloc((round * 37) % 5_000, round);
      expect(writer.bytes(round, round, 'to-client', bytes)).toBe(true);
      expect(writer.closed(round, round, 'complete', bytes.length)).toBe(true);
      const events = drain();
      // An empty piece is no record.
      expect(events).toHaveLength(bytes.length === 0 ? 1 : 2);
      if (bytes.length > 0) expect(events[0]).toMatchObject({ exchange: round, bytes: Uint8Array.from(bytes) });
    }
    expect(reader.counts()).toEqual({ copiesDropped: 0, exchangesDropped: 0 });
  });

  it('hands on no more than it is asked for', () => {
    const { writer, drain, reader } = startRing();
    for (let exchange = 1; exchange <= 5; exchange++) writer.opened(exchange, 0, head('x'));
    expect([drain(reader, 2).length, drain(reader, 2).length, drain(reader, 2).length]).toEqual([2, 2, 1]);
  });

  it('cuts a large body into pieces', () => {
    const { drain, body } = startRing(1_048_576);
    expect(body(200_000)).toBe(true);
    const sizes = drain().map((event) => (event.kind === 'bytes' ? event.bytes.length : 0));
    expect(sizes).toEqual([65_536, 65_536, 65_536, 3_392]);
  });
});

describe('a full ring', () => {
  it('takes no more bodies, and counts them, while heads and ends still fit', () => {
    const { writer, reader, drain, body, fillWithBodies } = startRing();
    const held = fillWithBodies();
    expect(held).toBeGreaterThan(MIN_BYTES / 2);
    const dropped = reader.counts().copiesDropped;
    expect([body(8), body(8)]).toEqual([false, false]);
    expect(reader.counts()).toEqual({ copiesDropped: dropped + 2, exchangesDropped: 0 });
    // An eighth is kept for them.
    for (let exchange = 1; exchange <= 50; exchange++) {
      expect(writer.opened(exchange, 0, head('POST /mcp HTTP/1.1'))).toBe(true);
      expect(writer.closed(exchange, 0, 'complete', 0)).toBe(true);
    }
    expect(drain().filter(({ kind }) => kind === 'closed')).toHaveLength(50);
  });

  it('counts the heads that do not fit', () => {
    const { writer, reader, fill } = startRing();
    fill();
    const { exchangesDropped } = reader.counts();
    expect(writer.opened(1, 0, head(''))).toBe(false);
    expect(reader.counts().exchangesDropped).toBe(exchangesDropped + 1);
  });

  it('hands over every fault of TLS, and none where there was none', () => {
    const { writer, drain } = startRing();
    for (const fault of TLS_FAULTS) writer.closed(1, 0, 'upstream-unreachable', 0, fault);
    writer.closed(1, 0, 'upstream-unreachable', 0);
    const told = drain().map((event) => ('fault' in event ? event.fault : undefined));
    expect(told).toEqual([...TLS_FAULTS, undefined]);
  });

  it('writes the ends that found no room as soon as there is some', () => {
    const { writer, drain, fill } = startRing();
    writer.opened(1, 0, head('POST /mcp HTTP/1.1'));
    fill();
    expect(writer.closed(1, 5, 'upstream-unreachable', 100, TLS_FAULTS[3])).toBe(false);
    drain();
    writer.opened(2, 0, head('POST /mcp HTTP/1.1'));
    expect(drain()).toMatchObject([
      { kind: 'closed', exchange: 1, at: 5, reason: 'upstream-unreachable', fault: TLS_FAULTS[3] },
      { kind: 'opened', exchange: 2 },
    ]);
    writer.opened(3, 0, head('x'));
    expect(drain()).toHaveLength(1);
  });

  // Was: 2^n tries for n ends that found no room; thirty held the relay up for minutes.
  it('counts an end that finds no room again and again once', () => {
    const { writer, reader, fill } = startRing();
    fill();
    const { exchangesDropped } = reader.counts();
    for (let exchange = 1; exchange <= 12; exchange++) writer.closed(exchange, 0, 'complete', 0);
    expect(reader.counts().exchangesDropped - exchangesDropped).toBeLessThanOrEqual(12 * 12);
  });

  it('is never written over before it is read', () => {
    const { writer, drain, body } = startRing();
    const sent: number[] = [];
    for (let exchange = 1; exchange <= 500; exchange++)
      if (writer.opened(exchange, 0, head('y'.repeat(500)))) sent.push(exchange);
    while (body(100));
    expect(drain().flatMap((event) => (event.kind === 'opened' ? event.exchange : []))).toEqual(sent);
  });

  it('refuses what could never fit', () => {
    const { writer, reader, drain } = startRing();
    expect(writer.opened(1, 0, head('x'.repeat(MIN_BYTES)))).toBe(false);
    expect(reader.counts().exchangesDropped).toBe(1);
    expect(drain()).toEqual([]);
    expect(writer.opened(2, 0, head('x'))).toBe(true);
  });
});

describe('a reader that died', () => {
  it('is followed by one that goes on after the record that killed it', () => {
    const { ring, writer, reader, drain } = startRing();
    for (let exchange = 1; exchange <= 3; exchange++) writer.opened(exchange, 0, head('x'));
    const seen: number[] = [];
    expect(() =>
      reader.drain(({ exchange }) => {
        seen.push(exchange);
        if (exchange === 2) throw new Error('killed');
      }, 10),
    ).toThrow('killed');
    expect(seen).toEqual([1, 2]);
    expect(drain(new RingReader(ring))).toMatchObject([{ exchange: 3 }]);
  });

  it('leaves its counts, and the room that it claimed', () => {
    const { ring, writer, reader, fill, drain } = startRing();
    fill();
    const counts = reader.counts();
    const restarted = new RingReader(ring);
    expect(restarted.counts()).toEqual(counts);
    drain(restarted);
    expect(writer.opened(1, 0, head('x'.repeat(30_000)))).toBe(true);
    expect(drain(restarted)).toMatchObject([{ exchange: 1 }]);
  });
});

describe('sleep', () => {
  it('ends at the next record', async () => {
    const { writer, reader, drain } = startRing();
    const slept = reader.sleep(60_000);
    writer.opened(1, 0, head('x'));
    await slept;
    expect(drain()).toHaveLength(1);
  });

  it('does not begin where there is something to read', async () => {
    const { writer, reader } = startRing();
    writer.opened(1, 0, head('x'));
    await reader.sleep(60_000);
  });

  it('ends when it is told to, and by itself', async () => {
    const { reader } = startRing();
    const slept = reader.sleep(60_000);
    reader.wake();
    await slept;
    await reader.sleep(1);
  });
});

describe('between two threads', () => {
  it('every record arrives whole and in order, or is counted', async () => {
    const { ring, reader } = startRing();
    const worker = new Worker(new URL('./ring-worker.ts', import.meta.url), { workerData: ring });
    const exited = once(worker, 'exit');
    let done = false;
    void exited.then(() => {
      done = true;
      reader.wake();
    });
    let last = 0;
    let bodies = 0;
    const wrong: string[] = [];
    const take = (event: WireEvent): void => {
      if (event.exchange < last) wrong.push(`${event.exchange} after ${last}`);
      last = event.exchange;
      if (event.kind !== 'bytes') return;
      bodies++;
      const byte = event.exchange & 0xff;
      if (event.bytes.length !== event.at || !event.bytes.every((one) => one === byte))
        wrong.push(`${event.exchange} torn`);
    };
    while (!done) if (reader.drain(take, 100) === 0) await reader.sleep(1_000);
    reader.drain(take, Number.POSITIVE_INFINITY);
    const [written] = (await exited) as [number];
    expect(wrong).toEqual([]);
    expect(written).toBe(0);
    expect(bodies + reader.counts().copiesDropped).toBe(20_000);
    expect(bodies).toBeGreaterThan(100);
    expect(last).toBe(20_001);
  });
});
