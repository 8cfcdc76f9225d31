import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, renameSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Spool } from '../../src/delivery/spool.ts';
import { batchOf, BLOCK, drain, openDirectory, plant, ROUND, STRANGER, temporaryFolder } from './spool-rig.ts';

interface Child extends AsyncDisposable {
  lines: string[];
  until(line: string): Promise<void>;
  go(): void;
  kill(): Promise<void>;
}

/** A process of its own with a spool. */
function start(...args: string[]): Child {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'spool-process.ts'), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines: string[] = [];
  let changed = Promise.withResolvers<void>();
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line);
    changed.resolve();
    changed = Promise.withResolvers();
  });
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  return {
    lines,
    async until(line) {
      while (!lines.includes(line)) await changed.promise;
    },
    go: () => void child.stdin.write('go\n'),
    kill,
    [Symbol.asyncDispose]: kill,
  };
}

describe('a process that is killed', () => {
  it('in the middle of a write leaves nothing torn, and what was torn is counted', async () => {
    for (let attempt = 0; ; attempt++) {
      using folder = temporaryFolder();
      await using child = start('hold', folder.path, 'big', '12', String(48 * 1_024 * 1_024));
      await child.until('kept big-0');
      while (!folder.files().some((file) => file.endsWith('.tmp'))) await turn();
      await child.kill();
      const left = folder.files();
      const torn = left.filter((file) => file.endsWith('.tmp'));
      // The write was over before the signal arrived.
      if (torn.length === 0 && attempt < 10) continue;
      expect(torn).toHaveLength(1);
      const { spool, dropped } = openDirectory(folder.path, { maxBytes: 2 ** 30 });
      expect(dropped).toEqual([`${left.length} spans`]);
      expect(folder.files().filter((file) => file.endsWith('.tmp'))).toEqual([]);
      expect(drain(spool)).toEqual(left.slice(1).map((_, index) => `big-${index}`));
      return;
    }
  });

  it('leaves its batches to one that is running, and not before', async () => {
    using folder = temporaryFolder();
    const { spool, timers, said, dropped } = openDirectory(folder.path);
    await using child = start('hold', folder.path, 'child', '3');
    await child.until('ready');
    await timers.advance(10 * ROUND);
    expect([spool.items('spans'), said]).toEqual([0, []]);
    await child.kill();
    await timers.advance(ROUND);
    expect(drain(spool)).toEqual(['child-0', 'child-1', 'child-2']);
    expect(dropped).toEqual([]);
  });
});

describe('processes that start at once on one path', () => {
  it('share out what others left, nothing lost and nothing twice', async () => {
    using folder = temporaryFolder();
    const expected: string[] = [];
    for (const name of ['x', 'y', 'z']) {
      await using holder = start('hold', folder.path, name, '40');
      await holder.until('ready');
      expected.push(...Array.from({ length: 40 }, (_, index) => `took ${name}-${index}`));
    }
    for (let index = 1; index <= 9; index++) {
      plant(folder.path, 'free', [`free-${index}`], index);
      expected.push(`took free-${index}`);
    }
    const drainers = Array.from({ length: 4 }, () => start('drain', folder.path));
    await Promise.all(drainers.map((drainer) => drainer.until('ready')));
    for (const drainer of drainers) drainer.go();
    await Promise.all(drainers.map((drainer) => drainer.until('empty')));
    const took = drainers.flatMap(({ lines }) => lines.filter((line) => /^(took|dropped) /.test(line)));
    await Promise.all(drainers.map((drainer) => drainer.kill()));
    expect(took.toSorted()).toEqual(expected.toSorted());
    expect(folder.files()).toEqual([]);
  });
});

describe('an owner of whom nothing is known', () => {
  it('is dead when it was silent for a minute and a half, by our own watch', async () => {
    using folder = temporaryFolder();
    const part = plant(folder.path, STRANGER, ['a']);
    // Its clock is wrong by a year: only that the clock moves matters.
    utimesSync(join(folder.path, part), 1, 1);
    const { spool, timers } = openDirectory(folder.path);
    await timers.advance(85_000);
    expect(spool.items('spans')).toBe(0);
    utimesSync(join(folder.path, part), 2, 2);
    await timers.advance(90_000);
    expect(spool.items('spans')).toBe(0);
    await timers.advance(ROUND);
    expect(drain(spool)).toEqual(['a']);
  });

  it('sees us live as long as something of ours waits', async () => {
    using folder = temporaryFolder();
    const { spool, timers } = openDirectory(folder.path);
    spool.put(batchOf('a'));
    const [part = ''] = readdirSync(folder.path);
    const before = statSync(join(folder.path, part)).mtimeMs;
    await timers.advance(ROUND);
    const after = statSync(join(folder.path, part)).mtimeMs;
    await timers.advance(ROUND);
    expect(new Set([before, after, statSync(join(folder.path, part)).mtimeMs]).size).toBe(3);
  });

  it('may be a thread of this process that ended: it is left alone until it is silent or has left', async () => {
    using folder = temporaryFolder();
    const first = openDirectory(folder.path);
    first.spool.put(batchOf('a'));
    const second = openDirectory(folder.path);
    await second.timers.advance(ROUND);
    expect(second.spool.items('spans')).toBe(0);
    first.spool.close();
    await second.timers.advance(ROUND);
    expect(drain(second.spool)).toEqual(['a']);
  });
});

describe('a process that was taken for dead', () => {
  it('leaves to the other what is the other’s, and goes on in a new part', async () => {
    using folder = temporaryFolder();
    const { spool, dropped, said, timers } = openDirectory(folder.path);
    for (const text of ['a', 'b']) spool.put(batchOf(text));
    const sending = spool.oldest('spans');
    const [part = ''] = readdirSync(folder.path);
    renameSync(join(folder.path, part), join(folder.path, `part-${STRANGER}-${'1'.repeat(16)}`));
    expect(spool.put(batchOf('c'))).toBe(true);
    spool.done(sending?.id ?? '');
    await timers.advance(ROUND);
    expect([spool.items('spans'), drain(spool), dropped, said]).toEqual([1, ['c'], [], []]);
    expect(folder.files()).toHaveLength(2);
  });

  it.each([
    ['reads', (spool: Spool) => expect(spool.oldest('spans')).toBe(undefined)],
    ['makes room', (spool: Spool) => expect(spool.put(batchOf('c', { size: 2 * BLOCK }))).toBe(true)],
  ])('notices it when it %s', (_, act) => {
    using folder = temporaryFolder();
    const { spool, dropped, said } = openDirectory(folder.path, { maxBytes: 2 * BLOCK });
    for (const text of ['a', 'b']) spool.put(batchOf(text));
    const [part = ''] = readdirSync(folder.path);
    renameSync(join(folder.path, part), join(folder.path, `part-${STRANGER}-${'1'.repeat(16)}`));
    act(spool);
    expect([dropped, said]).toEqual([[], []]);
  });
});

describe('the bound of a path', () => {
  it('is shared with what others have there', async () => {
    using folder = temporaryFolder();
    plant(folder.path, STRANGER, ['1', '2', '3', '4', '5', '6']);
    const { spool, dropped } = openDirectory(folder.path, { maxBytes: 10 * BLOCK });
    for (const text of ['a', 'b', 'c', 'd', 'e', 'f']) spool.put(batchOf(text));
    // There are two owners, so half of the room is ours, although less was left.
    expect([drain(spool), dropped.length]).toEqual([['b', 'c', 'd', 'e', 'f'], 1]);
  });

  it('makes whoever has more than a share give way when others come', async () => {
    using folder = temporaryFolder();
    const { spool, dropped, timers } = openDirectory(folder.path, { maxBytes: 9 * BLOCK });
    for (let index = 0; index < 9; index++) spool.put(batchOf(`${index}`));
    expect(dropped).toEqual([]);
    plant(folder.path, STRANGER, ['1', '2']);
    plant(folder.path, 'bbbbbbbbbbbb-1-1-0', ['3', '4']);
    await timers.advance(ROUND);
    expect([spool.items('spans'), dropped.length]).toEqual([5, 4]);
  });
});
