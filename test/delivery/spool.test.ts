import { describe, expect, it } from 'vitest';
import { openSpool } from '../../src/delivery/open-spool.ts';
import type { Spool } from '../../src/delivery/spool.ts';
import { manualTimers } from '../support/timers.ts';
import { batchOf, BLOCK, drain, temporaryFolder, textOf } from './spool-rig.ts';

interface Opened extends Disposable {
  spool: Spool;
  dropped: string[];
  said: string[];
}

function open(kind: 'memory' | 'directory', maxBytes: number): Opened {
  const folder = temporaryFolder();
  const dropped: string[] = [];
  const said: string[] = [];
  const spool = openSpool({
    where: kind === 'memory' ? { kind } : { kind, path: folder.path },
    maxBytes,
    onDropped: (signal, items) => dropped.push(`${items} ${signal}`),
    say: (line) => said.push(line),
    timers: manualTimers(),
  });
  return { spool, dropped, said, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

describe.each(['memory', 'directory'] as const)('a spool in a %s', (kind) => {
  it('gives back what was put in, byte for byte, oldest first and each signal for itself', () => {
    using opened = open(kind, 100 * BLOCK);
    const { spool, said } = opened;
    const bytes = Uint8Array.from({ length: 70_000 }, (_, index) => index % 251);
    expect(spool.put({ signal: 'spans', bytes, items: 12, protocol: 'grpc' })).toBe(true);
    spool.put(batchOf('log', { signal: 'logs', items: 3, size: 10 }));
    spool.put(batchOf('second'));
    expect([spool.items('spans'), spool.bytes('spans')]).toEqual([13, 71_000]);
    expect([spool.items('logs'), spool.bytes('logs')]).toEqual([3, 10]);
    const first = spool.oldest('spans');
    expect(first?.batch).toMatchObject({ signal: 'spans', items: 12, protocol: 'grpc' });
    expect(Buffer.from(first?.batch.bytes ?? []).equals(bytes)).toBe(true);
    expect(spool.oldest('spans')?.id).toBe(first?.id);
    spool.done(first?.id ?? '');
    expect(drain(spool)).toEqual(['second']);
    expect(drain(spool, 'logs')).toEqual(['log']);
    expect([spool.items('spans'), spool.bytes('spans'), spool.items('logs')]).toEqual([0, 0, 0]);
    expect(said).toEqual([]);
  });

  it('lets the oldest make room, and counts them', () => {
    using opened = open(kind, 10 * BLOCK);
    const { spool, dropped } = opened;
    spool.put(batchOf('log', { signal: 'logs', items: 40 }));
    for (let index = 0; index < 11; index++) expect(spool.put(batchOf(`${index}`, { items: index }))).toBe(true);
    expect(dropped).toEqual(['40 logs', '0 spans']);
    expect(spool.put(batchOf('large', { size: 3 * BLOCK, items: 99 }))).toBe(true);
    expect(dropped.slice(2)).toEqual(['1 spans', '2 spans', '3 spans']);
    expect(spool.bytes('spans')).toBeLessThanOrEqual(10 * BLOCK);
    expect(drain(spool)).toEqual(['4', '5', '6', '7', '8', '9', '10', 'large']);
  });

  it('throws nothing out for a batch that would never fit', () => {
    using opened = open(kind, 10 * BLOCK);
    const { spool, dropped } = opened;
    spool.put(batchOf('small'));
    expect(spool.put(batchOf('huge', { size: 10 * BLOCK + 1 }))).toBe(false);
    expect(spool.put(batchOf('full', { size: 10 * BLOCK }))).toBe(true);
    expect(dropped).toEqual(['1 spans']);
  });

  it('keeps the batch that is being sent before others', () => {
    using opened = open(kind, 3 * BLOCK);
    const { spool, dropped } = opened;
    for (const text of ['a', 'b', 'c']) spool.put(batchOf(text));
    const sending = spool.oldest('spans');
    for (const text of ['d', 'e']) spool.put(batchOf(text));
    expect(dropped).toEqual(['1 spans', '1 spans']);
    spool.done(sending?.id ?? '');
    expect(drain(spool)).toEqual(['d', 'e']);
  });

  it('does not mind being told of what it no longer has', () => {
    using opened = open(kind, 3 * BLOCK);
    const { spool } = opened;
    spool.put(batchOf('a'));
    spool.done('nothing');
    expect(spool.items('spans')).toBe(1);
  });

  it('takes nothing after its end', () => {
    using opened = open(kind, 3 * BLOCK);
    opened.spool.close();
    expect(opened.spool.put(batchOf('late'))).toBe(false);
    opened.spool.close();
  });
});

describe('what waits at the end', () => {
  it('in memory, is dropped and counted', () => {
    using opened = open('memory', 10 * BLOCK);
    const { spool, dropped } = opened;
    spool.put(batchOf('a', { items: 5 }));
    spool.put(batchOf('b', { items: 6, signal: 'logs' }));
    spool.close();
    expect(dropped).toEqual(['5 spans', '6 logs']);
    expect(spool.durable).toBe(false);
  });

  it('in a directory, stays and is still counted as waiting', () => {
    using opened = open('directory', 10 * BLOCK);
    const { spool, dropped } = opened;
    spool.put(batchOf('a', { items: 5 }));
    spool.close();
    expect(dropped).toEqual([]);
    expect([spool.durable, spool.items('spans')]).toEqual([true, 5]);
  });
});

describe('a spool of many small batches', () => {
  it('is bounded in number too', () => {
    using opened = open('memory', 100 * BLOCK);
    const { spool, dropped } = opened;
    for (let index = 0; index < 150; index++) spool.put(batchOf(`${index}`, { size: 4 }));
    expect([spool.items('spans'), dropped.length]).toEqual([100, 50]);
    const oldest = spool.oldest('spans');
    expect(oldest && textOf(oldest.batch)).toBe('50');
  });
});
