import { afterEach, describe, expect, it, vi } from 'vitest';
import type { SpanFacts } from '../../src/telemetry/finished-span.ts';
import { SpanBatches } from '../../src/telemetry/span-batches.ts';

afterEach(() => vi.useRealTimers());

/** Batches of named spans, whose bytes are the names. */
function startBatches({ most = 100, batchSize = 3, hold = false } = {}) {
  const names: string[] = [];
  const requests = {
    get count() {
      return names.length;
    },
    add: ({ name }: SpanFacts) => void names.push(name),
    take: () => Buffer.from(names.splice(0).join(' ')),
  };
  const delivered: string[] = [];
  const gates: (() => void)[] = [];
  let dropped = 0;
  const batches = new SpanBatches({
    requests,
    batchSize,
    delay: 5_000,
    most,
    deliver: async (bytes, items) => {
      delivered.push(`${items}: ${Buffer.from(bytes).toString()}`);
      if (hold) await new Promise<void>((resolve) => gates.push(resolve));
    },
    onDropped: () => dropped++,
  });
  return {
    batches,
    delivered,
    dropped: () => dropped,
    // Batches look at nothing but the name, and that only here.
    write: (...spans: string[]) => spans.forEach((name) => batches.write({ name } as SpanFacts)),
    /** The delivery under way is over. */
    done: async () => {
      gates.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('batches of spans', () => {
  it('go out when they are full', () => {
    const { write, delivered } = startBatches();
    write('a', 'b');
    expect(delivered).toEqual([]);
    write('c', 'd');
    expect(delivered).toEqual(['3: a b c']);
  });

  it('go out after a while when they are not', () => {
    vi.useFakeTimers();
    const { write, delivered } = startBatches();
    write('a');
    vi.advanceTimersByTime(4_000);
    write('b');
    vi.advanceTimersByTime(999);
    expect(delivered).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(delivered).toEqual(['2: a b']);
    vi.advanceTimersByTime(60_000);
    expect(delivered).toHaveLength(1);
  });

  it('go out one after the other, in order', async () => {
    const { write, delivered, done, batches } = startBatches({ batchSize: 1, hold: true });
    write('a', 'b', 'c');
    expect([delivered, batches.waiting]).toEqual([['1: a'], 2]);
    await done();
    expect([delivered, batches.waiting]).toEqual([['1: a', '1: b'], 1]);
    await done();
    await done();
    write('d');
    expect(delivered).toEqual(['1: a', '1: b', '1: c', '1: d']);
  });

  it('are refused and counted beyond the room there is, and taken again when there is some', async () => {
    const { write, dropped, done, batches } = startBatches({ most: 3, batchSize: 2, hold: true });
    write('a', 'b', 'c', 'd', 'e', 'f', 'g');
    expect([batches.waiting, dropped()]).toEqual([3, 2]);
    await done();
    write('h');
    expect([batches.waiting, dropped()]).toEqual([2, 2]);
  });

  it('are all handed on by a flush, the last and smallest too', async () => {
    const { write, delivered, batches } = startBatches({ batchSize: 2 });
    write('a', 'b', 'c');
    await batches.flush();
    expect(delivered).toEqual(['2: a b', '1: c']);
    await batches.flush();
    expect(delivered).toHaveLength(2);
  });
});
