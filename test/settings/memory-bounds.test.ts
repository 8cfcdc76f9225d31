import { describe, expect, it } from 'vitest';
import { withinMemory, type MemorySettings } from '../../src/settings/memory-bounds.ts';

const MB = 1_048_576;
const settings: MemorySettings = { spool: 'memory', 'spool-max-mb': undefined, 'observe-credit-bytes': 16 * MB };

describe('a memory limit', () => {
  it.each([undefined, 0, 2 ** 64, 9_223_372_036_854_771_712])('that is none (%s) changes nothing', (limit) => {
    expect(withinMemory(settings, limit)).toEqual({ settings, observerHeapMb: 512, spoolLowered: undefined });
  });

  it.each([
    { limit: 64, spool: 8, ring: 2, heap: 32 },
    { limit: 128, spool: 16, ring: 4, heap: 64 },
    { limit: 256, spool: 32, ring: 8, heap: 128 },
    { limit: 500, spool: 62, ring: 15.625, heap: 250 },
  ])('of $limit MB leaves $spool MB for the spool, $ring for the ring and $heap for the observer', (row) => {
    const bounds = withinMemory(settings, row.limit * MB);
    expect(bounds.settings).toEqual({
      spool: 'memory',
      'spool-max-mb': row.spool,
      'observe-credit-bytes': row.ring * MB,
    });
    expect(bounds.observerHeapMb).toBe(row.heap);
    expect(bounds.spoolLowered).toMatch(`the spool holds ${row.spool} MB, not 64`);
  });

  it('of 512 MB and more leaves the defaults as they are, and says nothing', () => {
    for (const limit of [512, 1_024, 65_536]) {
      const bounds = withinMemory(settings, limit * MB);
      expect(bounds.settings).toEqual(settings);
      expect(bounds.spoolLowered).toBeUndefined();
    }
    expect(withinMemory(settings, 4_096 * MB).observerHeapMb).toBe(512);
  });

  it('raises nothing that was asked to be low', () => {
    const low: MemorySettings = { spool: 'memory', 'spool-max-mb': 5, 'observe-credit-bytes': 65_536 };
    expect(withinMemory(low, 128 * MB)).toMatchObject({ settings: low, spoolLowered: undefined });
  });

  it('lowers what was asked for, and says so with what would help', () => {
    const high: MemorySettings = { ...settings, 'spool-max-mb': 200 };
    const { settings: lower, spoolLowered } = withinMemory(high, 1_024 * MB);
    expect(lower['spool-max-mb']).toBe(128);
    expect(spoolLowered).toBe(
      'the spool holds 128 MB, not 200: an eighth of the memory limit of this process, 1024 MB; for more, raise the limit, or name a folder with --spool',
    );
  });

  it('does not concern a spool in a folder, or none', () => {
    for (const spool of [{ path: '/x' }, 'off'] as const) {
      const bounds = withinMemory({ ...settings, spool, 'spool-max-mb': 300 }, 128 * MB);
      expect(bounds).toMatchObject({ settings: { spool, 'spool-max-mb': 300 }, spoolLowered: undefined });
    }
  });

  it('is shared by the rings of all threads, each of which holds a message', () => {
    const ring = (threads: number): number =>
      withinMemory(settings, 128 * MB, threads).settings['observe-credit-bytes'];
    expect([ring(1), ring(2), ring(8)]).toEqual([4 * MB, 2 * MB, 1 * MB]);
  });
});
