import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { batchOf, BLOCK, drain, openDirectory, plant, ROUND, temporaryFolder, textOf } from './spool-rig.ts';

describe('a spool in a directory', () => {
  it('lets nobody else read it', () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'deep', 'spool');
    openDirectory(path).spool.put(batchOf('a'));
    const [part = ''] = readdirSync(path);
    const [file = ''] = readdirSync(join(path, part));
    const modes = [path, join(path, part), join(path, part, file)].map((one) => statSync(one).mode & 0o777);
    expect(modes).toEqual([0o700, 0o700, 0o600]);
  });

  it('names its files for what is in them', () => {
    using folder = temporaryFolder();
    openDirectory(folder.path).spool.put(batchOf('a', { items: 512, size: 84_213, signal: 'logs' }));
    expect(folder.files()[0]).toMatch(
      /^part-[0-9a-f-]+\/1767225600000000\.logs\.http-protobuf\.512\.84213\.[0-9a-f]{8}\.otlp$/,
    );
  });

  it('leaves no folder behind when nothing waits', () => {
    using folder = temporaryFolder();
    const { spool } = openDirectory(folder.path);
    for (const text of ['a', 'b']) spool.put(batchOf(text));
    drain(spool);
    expect(readdirSync(folder.path)).toEqual([]);
    spool.put(batchOf('c'));
    spool.close();
    expect(folder.files()).toHaveLength(1);
  });

  it('is taken up by the next process, in order, which says so once', async () => {
    using folder = temporaryFolder();
    const first = openDirectory(folder.path);
    for (const text of ['a', 'b']) first.spool.put(batchOf(text, { items: 20 }));
    first.spool.put(batchOf('log', { signal: 'logs', items: 2 }));
    first.spool.close();
    await first.timers.advance(1);
    const next = openDirectory(folder.path, first);
    expect(next.said).toEqual([`the spool ${folder.path} holds what another run could not deliver: 40 spans, 2 logs`]);
    next.spool.put(batchOf('c'));
    expect(drain(next.spool)).toEqual(['a', 'b', 'c']);
    expect([next.dropped, next.spool.items('logs')]).toEqual([[], 2]);
  });

  it('orders what several processes left by its age', () => {
    using folder = temporaryFolder();
    plant(folder.path, 'free', ['a', 'd'], 1);
    plant(folder.path, 'free', ['b', 'e'], 2);
    plant(folder.path, 'free', ['c'], 3);
    const { spool, said } = openDirectory(folder.path);
    expect(drain(spool)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(said).toHaveLength(1);
  });

  it('holds its bound when what was left is more', () => {
    using folder = temporaryFolder();
    plant(folder.path, 'free', ['a', 'b', 'c', 'd', 'e']);
    const { spool, dropped } = openDirectory(folder.path, { maxBytes: 3 * BLOCK });
    expect(dropped).toEqual(['1 spans', '1 spans']);
    expect(drain(spool)).toEqual(['c', 'd', 'e']);
  });
});

describe('what does not belong in a spool', () => {
  it('is left alone, and said once', () => {
    using folder = temporaryFolder();
    writeFileSync(join(folder.path, 'notes.txt'), 'mine');
    mkdirSync(join(folder.path, 'part-of-something'));
    const part = plant(folder.path, 'free', ['a']);
    writeFileSync(join(folder.path, part, 'odd'), 'odd');
    writeFileSync(join(folder.path, part, '1.spans.soap.1.1.00000000.otlp'), 'odd');
    const { spool, said } = openDirectory(folder.path);
    expect(drain(spool)).toEqual(['a']);
    spool.close();
    expect(said.filter((line) => line.includes('ignores a file'))).toHaveLength(1);
    expect(folder.files().map((file) => file.split('/').at(-1))).toEqual(
      expect.arrayContaining(['notes.txt', 'odd', '1.spans.soap.1.1.00000000.otlp']),
    );
  });

  it('is a damaged batch, which is counted and not sent', () => {
    using folder = temporaryFolder();
    const first = openDirectory(folder.path);
    for (const text of ['a', 'b', 'c', 'd']) first.spool.put(batchOf(text, { items: 7 }));
    first.spool.close();
    const [short = '', flipped = '', gone = ''] = folder.files();
    truncateSync(join(folder.path, short), 100);
    writeFileSync(join(folder.path, flipped), Buffer.alloc(1_000, 'x'));
    rmSync(join(folder.path, gone));
    const next = openDirectory(folder.path);
    const [released = ''] = readdirSync(folder.path);
    rmSync(join(folder.path, released, gone), { force: true });
    expect(drain(next.spool)).toEqual(['d']);
    expect(next.dropped).toEqual(['7 spans', '7 spans']);
    expect(next.said).toHaveLength(2);
    expect(next.said[1]).toMatch(/lost a file: it is damaged$/);
  });

  it('is counted when someone removed it', () => {
    using folder = temporaryFolder();
    const { spool, dropped, said } = openDirectory(folder.path);
    for (const text of ['a', 'b']) spool.put(batchOf(text, { items: 4 }));
    rmSync(join(folder.path, folder.files()[0] ?? ''));
    expect([drain(spool), dropped, said.length]).toEqual([['b'], ['4 spans'], 1]);
  });
});

describe('a disk that refuses', () => {
  it.each([
    ['is a file', (path: string) => writeFileSync(path, ''), ''],
    ['is below a file', (path: string) => writeFileSync(path, ''), '/below'],
  ])('as the path %s, is said once while memory takes over', async (_, spoil, below) => {
    using folder = temporaryFolder();
    spoil(join(folder.path, 'spool'));
    const path = join(folder.path, `spool${below}`);
    const { spool, dropped, said, timers } = openDirectory(path, { maxBytes: 3 * BLOCK });
    for (const text of ['a', 'b', 'c', 'd']) expect(spool.put(batchOf(text))).toBe(true);
    await timers.advance(3 * ROUND);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/spool\S* cannot be written \((EEXIST|ENOTDIR)\): memory keeps up to 1 MB instead$/);
    expect([spool.durable, spool.items('spans'), dropped]).toEqual([false, 3, ['1 spans']]);
    spool.close();
    expect(dropped).toEqual(['1 spans', '3 spans']);
  });

  it('and takes again later gets what memory had, in order', async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'spool');
    writeFileSync(path, '');
    const { spool, dropped, timers, said } = openDirectory(path);
    for (const text of ['a', 'b']) spool.put(batchOf(text));
    const sending = spool.oldest('spans');
    rmSync(path);
    spool.put(batchOf('c'));
    await timers.advance(ROUND);
    expect([spool.durable, readdirSync(path).length]).toEqual([true, 1]);
    // It was in memory when it was given out.
    spool.done(sending?.id ?? '');
    expect([drain(spool), dropped, said.length]).toEqual([['b', 'c'], [], 1]);
  });

  it('is found again at the end', () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'spool');
    writeFileSync(path, '');
    const { spool, dropped } = openDirectory(path);
    spool.put(batchOf('a'));
    rmSync(path);
    spool.close();
    expect([dropped, drain(openDirectory(path).spool)]).toEqual([[], ['a']]);
  });

  it('is not one whose folder was removed', () => {
    using folder = temporaryFolder();
    const path = join(folder.path, 'spool');
    const { spool, said } = openDirectory(path);
    spool.put(batchOf('a'));
    rmSync(path, { recursive: true });
    expect(spool.put(batchOf('b'))).toBe(true);
    expect([spool.durable, drain(spool), said]).toEqual([true, ['b'], []]);
  });

  it.skipIf(!canMount())('as it is full, keeps everything in order', async () => {
    using folder = temporaryFolder();
    using mounted = mount(folder.path);
    const { spool, dropped, said, timers } = openDirectory(mounted.path, { maxBytes: 2 ** 30 });
    const texts = Array.from({ length: 30 }, (_, index) => `${index}`);
    for (const text of texts) expect(spool.put(batchOf(text, { size: 16 * 1_024 }))).toBe(true);
    expect(said).toEqual([`the spool ${mounted.path} cannot be written (ENOSPC): memory keeps up to 16 MB instead`]);
    expect([spool.durable, spool.items('spans')]).toEqual([false, 30]);
    const taken: string[] = [];
    for (let next = spool.oldest('spans'); next !== undefined; next = spool.oldest('spans')) {
      taken.push(textOf(next.batch));
      spool.done(next.id);
      await timers.advance(ROUND);
    }
    expect([taken, dropped, said.length, spool.durable]).toEqual([texts, [], 1, true]);
    spool.close();
  });
});

function canMount(): boolean {
  return process.platform === 'linux' && process.getuid?.() === 0;
}

/** A file system of 256 kB. */
function mount(path: string): Disposable & { path: string } {
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'none', path]);
  return { path, [Symbol.dispose]: () => void execFileSync('umount', [path]) };
}
