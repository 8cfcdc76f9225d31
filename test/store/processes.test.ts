import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { openToWrite } from '../../src/store/database.ts';
import { Pruning } from '../../src/store/pruning.ts';
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

/** Each session with what its row says, and what its operations add up to. */
const TOLD_AND_STORED = `
  SELECT name, operations AS told, (SELECT count(*) FROM operations WHERE session = sessions.id) AS stored
  FROM sessions ORDER BY id`;

const disagreeing = (path: string) => rowsOf(path, `SELECT * FROM (${TOLD_AND_STORED}) WHERE told <> stored`);

describe('a process that is killed under load', () => {
  it('leaves a store that is whole, with every batch that was written', async () => {
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
  it('all write, from the moment they start at once on none', async () => {
    using folder = temporaryFolder();
    const path = folder.in('state/store.db');
    const names = Array.from({ length: 8 }, (_, index) => `wrapper-${index}`);
    const children = names.map((name) => start(['beside', path, name, '60']));
    await Promise.all(children.map((child) => child.ended));
    const rows = rowsOf(path, TOLD_AND_STORED);
    expect(
      names.map((name, index) => ({
        ...(rows.find((row) => row['name'] === name) ?? { name }),
        said: children[index]?.lines,
      })),
    ).toEqual(names.map((name) => ({ name, told: 61, stored: 61, said: ['ready', 'lost 0'] })));
    using reader = readerOf(path);
    expect(reader.contents()).toMatchObject({ servers: names, sessions: 8, operations: 8 * 61, notStored: 0 });
    expect(rowsOf(path, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
    expect(rowsOf(path, 'PRAGMA auto_vacuum')).toEqual([{ auto_vacuum: 2 }]);
  });

  it('spare what another one writes first of all while they look for what is old', () => {
    for (let moment = 1, over = false; !over; moment++) {
      using folder = temporaryFolder();
      using rig = startRig(folder.in('store.db'));
      using db = openToWrite(rig.path);
      rig.talk.initialize('first-of-all');
      let asked = 0;
      new Pruning({
        db,
        maxBytes: 2 ** 29,
        days: 7,
        now: rig.timers.now,
        elapsed() {
          if (++asked === moment) rig.store.flush();
          return 0;
        },
      }).round();
      over = asked < moment;
      rig.store.flush();
      expect({ moment, operations: rig.rows('SELECT count(*) AS n FROM operations') }).toEqual({
        moment,
        operations: [{ n: 1 }],
      });
    }
  });

  it('keep what they write though one of them reads it, too', async () => {
    using folder = temporaryFolder();
    using rig = startRig(folder.in('store.db'));
    for (const name of ['theirs', 'later']) {
      rig.talk.initialize(`ours, before ${name}`);
      expect(rig.read((reader) => reader.contents().notStored)).toBe(0);
      await using child = start(['write', rig.path, name, '50']);
      await child.ended;
      expect(child.lines).toEqual(['ready', 'stored 51', 'lost 0']);
      expect(existsSync(`${rig.path}-wal`)).toBe(true);
    }
    rig.store.close();
    expect(rowsOf(rig.path, TOLD_AND_STORED)).toEqual([
      { name: 'ours, before theirs', told: 1, stored: 1 },
      { name: 'theirs', told: 51, stored: 51 },
      { name: 'ours, before later', told: 1, stored: 1 },
      { name: 'later', told: 51, stored: 51 },
    ]);
    expect(rowsOf(rig.path, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);
  });

  it('are read while they write', async () => {
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

describe('a process that ends while the file was locked a moment ago', () => {
  it('tries once more at once', () => {
    using folder = temporaryFolder();
    const rig = startRig(folder.in('store.db'));
    using other = new DatabaseSync(rig.path);
    other.exec('BEGIN EXCLUSIVE');
    rig.talk.initialize('a-session');
    rig.store.flush();
    other.exec('COMMIT');
    rig.store.close();
    expect([rig.said, rig.lost(), rowsOf(rig.path, TOLD_AND_STORED)]).toEqual([
      [],
      0,
      [{ name: 'a-session', told: 1, stored: 1 }],
    ]);
  });

  it('and still is says once what is lost', () => {
    using folder = temporaryFolder();
    const rig = startRig(folder.in('store.db'));
    using other = new DatabaseSync(rig.path);
    other.exec('BEGIN EXCLUSIVE');
    rig.talk.initialize('a-session');
    rig.store.flush();
    rig.store.close();
    expect(rig.said).toEqual([expect.stringMatching(/^1 operation is not in the store: .* is locked by another/)]);
    expect(rig.lost()).toBe(1);
  });
});

describe('a disk that takes no more', () => {
  it('costs the store what comes then, never its owner', async () => {
    using folder = temporaryFolder();
    const path = folder.in('store.db');
    // No file may grow beyond 448 blocks of 512 bytes: a write then fails and does not end the process.
    const limits = "trap '' XFSZ; ulimit -f 448";
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
  it('has no store, and is told what to do', async () => {
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

  it('of the file has no store, and is told what to do', async () => {
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
