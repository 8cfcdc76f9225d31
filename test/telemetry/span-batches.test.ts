import { describe, expect, it } from 'vitest';
import type { SpanFacts } from '../../src/telemetry/finished-span.ts';
import { SpanBatches } from '../../src/telemetry/span-batches.ts';
import { manualTimers } from '../support/timers.ts';

/** Batches of named spans, whose bytes are the names. */
function startBatches() {
  const names: string[] = [];
  const delivered: string[] = [];
  const timers = manualTimers();
  const batches = new SpanBatches({
    requests: {
      get count() {
        return names.length;
      },
      add: ({ name }: SpanFacts) => void names.push(name),
      take: () => Buffer.from(names.splice(0).join(' ')),
    },
    batchSize: 3,
    delayMs: 5_000,
    timers,
    deliver: (bytes, items) => void delivered.push(`${items}: ${Buffer.from(bytes).toString()}`),
  });
  // Batches look at nothing of a span; its name is for the test.
  const write = (...spans: string[]): void => spans.forEach((name) => batches.write({ name } as SpanFacts));
  return { batches, delivered, write, timers };
}

describe('batches of spans', () => {
  it('go out when they are full', () => {
    const { write, delivered } = startBatches();
    write('a', 'b');
    expect(delivered).toEqual([]);
    write('c', 'd');
    expect(delivered).toEqual(['3: a b c']);
  });

  it('go out after a while when they are not', async () => {
    const { write, delivered, timers } = startBatches();
    write('a');
    await timers.advance(4_000);
    write('b');
    await timers.advance(999);
    expect(delivered).toEqual([]);
    await timers.advance(1);
    expect(delivered).toEqual(['2: a b']);
    await timers.advance(60_000);
    expect(delivered).toHaveLength(1);
  });

  it('begin their wait anew with each batch', async () => {
    const { write, delivered, timers } = startBatches();
    write('a');
    await timers.advance(4_000);
    write('b', 'c', 'd');
    await timers.advance(1_000);
    expect(delivered).toEqual(['3: a b c']);
    await timers.advance(4_000);
    expect(delivered).toEqual(['3: a b c', '1: d']);
  });

  it('are handed on by a flush, the last and smallest too, and an empty one is none', () => {
    const { write, delivered, batches, timers } = startBatches();
    write('a', 'b', 'c', 'd');
    batches.flush();
    batches.flush();
    expect(delivered).toEqual(['3: a b c', '1: d']);
    expect(timers.waiting()).toBe(0);
  });
});
