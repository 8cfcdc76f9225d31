import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { readerOf, rowsOf, startRig, temporaryFolder } from './store-rig.ts';

const SCRIPT = join(import.meta.dirname, 'store-process.ts');
const NOBODY = 65_534;

interface Child extends AsyncDisposable {
  lines: string[];
  /** Resolves once it says a line like this; rejects when it ends before. */
  until(line: RegExp): Promise<void>;
  kill(): Promise<void>;
  ended: Promise<unknown>;
}

interface StartOptions {
  /** Limits of the shell that starts it. */
  limits?: string;
  /** Its user may not do everything. */
  asNobody?: boolean;
}

/** A process of its own with a store. */
function start(args: readonly string[], { limits, asNobody = false }: StartOptions = {}): Child {
  const whole = [process.execPath, SCRIPT, ...args];
  const [program = '', ...rest] = limits === undefined ? whole : ['sh', '-c', `${limits}; exec "$@"`, 'sh', ...whole];
  const root = process.getuid?.() === 0;
  const child = spawn(program, rest, {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...(asNobody && root && { uid: NOBODY, gid: NOBODY }),
  });
  const lines: string[] = [];
  let over = false;
  let changed = Promise.withResolvers<void>();
  const announce = (): void => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line);
    announce();
  });
  const ended = once(child, 'close').then(() => {
    over = true;
    announce();
  });
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  return {
    lines,
    ended,
    kill,
    async until(line) {
      while (!lines.some((each) => line.test(each))) {
        if (over) throw new Error(`it ended before it said ${String(line)}: ${lines.join(' | ')}`);
        await changed.promise;
      }
    },
    [Symbol.asyncDispose]: kill,
  };
}

const NUMBER = /\d+/;
const lastStored = (lines: readonly string[]): number =>
  Number(NUMBER.exec(lines.findLast((line) => line.startsWith('stored')) ?? 'stored 0')?.[0]);

/** Sessions whose row does not say what its operations add up to. */
const disagreeing = (path: string) =>
  rowsOf(
    path,
    `SELECT name, operations AS told, (SELECT count(*) FROM operations WHERE session = sessions.id) AS counted
     FROM sessions WHERE told <> counted`,
  );

describe('a process that is killed under load', () => {
  it('leaves a store that is whole, with every batch that was written', { timeout: 60_000 }, async () => {
    using folder = temporaryFolder();
    const path = folder.in('store.db');
    let before = 0;
    for (let attempt = 1; attempt <= 3; attempt++) {
      await using child = start(['write', path, `session-${attempt}`, '1000000']);
      await child.until(new RegExp(`stored ${attempt}[0-9]{3}$`));
      await child.kill();
      expect(rowsOf(path, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
      expect(disagreeing(path)).toEqual([]);
      using reader = readerOf(path);
      const stored = reader.contents().operations - before;
      expect(stored).toBeGreaterThanOrEqual(lastStored(child.lines));
      expect(reader.countSessions({})).toBe(attempt);
      before += stored;
    }
    using rig = startRig(path);
    rig.talk.initialize('after');
    expect(rig.read((reader) => reader.countSessions({}))).toBe(4);
    expect(rig.said).toEqual([]);
  });
});

describe('processes on one path', () => {
  it('all write, from the moment they start at once on none', { timeout: 60_000, retry: 2 }, async () => {
    using folder = temporaryFolder();
    const path = folder.in('state/store.db');
    const names = Array.from({ length: 8 }, (_, index) => `wrapper-${index}`);
    const children = names.map((name) => start(['beside', path, name, '60']));
    await Promise.all(children.map((child) => child.ended));
    for (const { lines } of children) expect(lines).toEqual(['ready', 'lost 0']);
    using reader = readerOf(path);
    expect(reader.contents()).toMatchObject({ servers: names, sessions: 8, operations: 8 * 61, notStored: 0 });
    expect(reader.sessions({}).map(({ operations }) => operations)).toEqual(names.map(() => 61));
    expect(disagreeing(path)).toEqual([]);
    expect(rowsOf(path, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    expect(rowsOf(path, 'PRAGMA auto_vacuum')).toEqual([{ auto_vacuum: 2 }]);
  });

  it('are read while they write', { timeout: 60_000 }, async () => {
    using folder = temporaryFolder();
    const path = folder.in('store.db');
    await using child = start(['write', path, 'session', '1000000']);
    await child.until(/stored/);
    using reader = readerOf(path);
    let cursor = 0;
    let seen = 0;
    for (let round = 0; round < 20; round++) {
      await child.until(new RegExp(`stored ${seen + 1}$|stored \\d{3,}`));
      const { operations, cursor: next } = reader.after(cursor, {});
      expect(operations.map(({ id }) => id)).toEqual(operations.map((_, index) => cursor + index + 1));
      cursor = next;
      seen += operations.length;
    }
    expect(seen).toBeGreaterThan(50);
    expect(reader.sessions({})).toMatchObject([{ id: 'session' }]);
  });
});

describe('a disk that takes no more', () => {
  it('costs the store what comes then, never its owner', { timeout: 60_000 }, async () => {
    using folder = temporaryFolder();
    const path = folder.in('store.db');
    // Files may not grow beyond 256 blocks of 512 bytes; writing more fails instead of ending the process.
    const limits = "trap '' XFSZ; ulimit -f 256";
    await using child = start(['write', path, 'session', '20000'], { limits });
    await child.ended;
    const [lost = ''] = child.lines.filter((line) => line.startsWith('lost'));
    expect(Number(NUMBER.exec(lost)?.[0])).toBeGreaterThan(10_000);
    expect(child.lines.filter((line) => line.startsWith('the store waits'))).toEqual([
      expect.stringMatching(/ cannot be read or written: the disk fails; .*; traffic and telemetry go on$/),
    ]);
    expect(rowsOf(path, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    expect(disagreeing(path)).toEqual([]);
    expect(readerOf(path).contents().operations).toBeGreaterThan(0);
  });
});

describe('a user who may not write', () => {
  it('has no store, and is told what to do', { timeout: 60_000 }, async () => {
    using folder = temporaryFolder();
    chmodSync(folder.path, 0o755);
    mkdirSync(folder.in('state'));
    chmodSync(folder.in('state'), 0o555);
    await using child = start(['write', folder.in('state/store.db'), 'session', '100'], { asNobody: true });
    await child.ended;
    expect(child.lines.filter((line) => line.startsWith('the store'))).toEqual([
      expect.stringMatching(/^the store is off: .* cannot be opened: permission denied; let this user write to it/),
    ]);
    expect(child.lines.at(-1)).toBe('lost 101');
  });

  it('of the file has no store, and is told what to do', { timeout: 60_000 }, async () => {
    using folder = temporaryFolder();
    const path = folder.in('store.db');
    startRig(path).store.close();
    chmodSync(folder.path, 0o777);
    chmodSync(path, 0o444);
    await using child = start(['write', path, 'session', '100'], { asNobody: true });
    await child.ended;
    expect(child.lines.filter((line) => line.startsWith('the store'))).toEqual([
      expect.stringMatching(/^the store is off: .* cannot be opened: permission denied; let this user write to it/),
    ]);
    expect(statSync(path).mode & 0o777).toBe(0o444);
  });
});
